"""What makes and measures the project, and no build of it needs: run from the root as ``python -m tools.…``."""
