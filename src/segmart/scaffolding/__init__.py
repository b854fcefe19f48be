"""Writes files that people go on with: a whole project, a segmentation, a dataset."""

from __future__ import annotations


class ScaffoldingError(Exception):
    """What was asked for can't be written; nothing was. The message is a sentence with the cure."""
