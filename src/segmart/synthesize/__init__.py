"""Synthetic copies of the raw files: same layout, same warts, invented names and a planted truth."""

from segmart.synthesize.chips import ChipsSample, ChipsTruth, synthesize_chips, write_chips

WRITERS = {"chips": write_chips}
"""Name of a dataset -> the function that writes its files below a directory."""

__all__ = ["WRITERS", "ChipsSample", "ChipsTruth", "synthesize_chips", "write_chips"]
