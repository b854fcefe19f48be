"""Kills, full disks, missing rights and readers around loading and publishing: `python -m tools.torture`."""
