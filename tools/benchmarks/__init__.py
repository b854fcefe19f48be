"""Measurements against other tools: each is one command, runs every side in a process of its own and writes a table."""
