"""Macros with which dbt-spark runs Segmart's Python models and contracts."""

from pathlib import Path

PACKAGE_PATH = str(Path(__file__).parent)
