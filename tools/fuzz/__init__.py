"""Damages the sample's files in many ways, and judges what a build makes of each: `python -m tools.fuzz`."""
