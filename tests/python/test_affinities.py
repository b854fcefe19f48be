"""Affinities against the truth planted in the sample: what is there is found, and what is not there is not."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from dbt_runs import DbtRun

from segmart.statistics.inference import add_p_and_q_values
from tools.synthesize import ChipsSample
from tools.synthesize.chips import Affinity, Segment
