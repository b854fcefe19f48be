"""The grocery customers of the sample and of the public file against pandas, scikit-learn and the planted personas."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from analyses import segments_of, settings_of, units_of
from dbt_runs import REAL_DATA, SAMPLE_DATA, DbtRun
from sklearn.metrics import adjusted_rand_score, pairwise_distances

from segmart.statistics.two_stage import centroid_table
from tools.synthesize import GrocerySample, synthesize_grocery
