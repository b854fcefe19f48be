"""Damages the sample's files in many ways, and judges what becomes of each: `python -m tools.fuzz`."""
