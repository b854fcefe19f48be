"""Fits and tests on bounded samples, each a function from data frames to a data frame; SQL does everything else."""
