"""Marts about baskets against the files they come from, mlxtend and the planted truth."""

from __future__ import annotations

import ast
import json
import math
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np
import pandas as pd
import pytest
import yaml
from dbt_runs import REAL_DATA, ROOT, SAMPLE_DATA, DbtRun, run_dbt
from mining import Miner, compile_macros, exact
from mlxtend.frequent_patterns import apriori, association_rules

from segmart.statistics.association import judge_independence
from tools.synthesize import GrocerySample, synthesize_grocery
