"""Synthetic shop customers, with a planted truth.

The tables at the top say all that is planted: groups, shares of the categories and quirks. The code below them only
draws from these tables.

The model: a customer belongs to one of three groups. Given the group, age, income, spending score, work experience,
family size and profession are independent of each other; gender does not depend on the group either.

The same seed gives the same bytes with any numpy version and on any machine.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from tools.synthesize._draws import Bell, Integers, Mask, draw, draw_bells, generator, pick, require_size, same
from tools.synthesize._files import write_table

DEFAULT_CUSTOMERS = 1_500
DEFAULT_SEED = 3
MIN_CUSTOMERS = 500
"""With fewer customers a quirk may be missing."""

FIRST_CUSTOMER = 10_001
"""The public file has customers 1 to 2000: no CustomerID here is one of its."""


# Groups --------------------------------------------------------------------------------------------------------

PROFESSIONS = (
    "Artist", "Healthcare", "Entertainment", "Engineer", "Doctor", "Executive", "Lawyer", "Marketing", "Homemaker",
)  # fmt: skip


@dataclass(frozen=True)
class Group:
    """One planted cluster.

    Attributes:
        name: What a marketer would call it.
        percent: Share of all customers.
        age: Age in years.
        income: Annual income in dollars.
        score: Spending score.
        experience: Years of work; nobody starts before ``FIRST_WORKING_AGE``.
        family: Family size.
        professions: Share of each of ``PROFESSIONS`` in per cent, before some are left empty.
    """

    name: str
    percent: int
    age: Bell
    income: Bell
    score: Bell
    experience: Bell
    family: Bell
    professions: tuple[int, ...]


GROUPS = (
    Group(
        name="Young high spenders",
        percent=45,
        age=Bell(30, 8, low=18),
        income=Bell(88_000, 21_000),
        score=Bell(77, 13, low=1, high=100),
        experience=Bell(3.6, 1.9),
        family=Bell(2, 0.8, low=1),
        professions=(30, 10, 25, 10, 4, 4, 3, 10, 4),
    ),
    Group(
        name="Experienced high earners",
        percent=33,
        age=Bell(56, 9),
        income=Bell(146_000, 18_000),
        score=Bell(21, 12, low=1, high=100),
        experience=Bell(8.6, 2.4),
        family=Bell(2.6, 1, low=1),
        professions=(15, 15, 5, 12, 17, 20, 12, 2, 2),
    ),
    Group(
        name="Large families",
        percent=22,
        age=Bell(43, 8, low=18),
        income=Bell(104_000, 21_000),
        score=Bell(50, 12, low=1, high=100),
        experience=Bell(5.4, 2),
        family=Bell(6.2, 1.1, low=1, high=9),
        professions=(20, 32, 6, 10, 6, 4, 6, 4, 12),
    ),
)

FIRST_WORKING_AGE = 16

GENDERS = {"Female": 58, "Male": 42}
"""Share of each gender in per cent, the same in all groups."""


# Quirks --------------------------------------------------------------------------------------------------------

EMPTY_PROFESSIONS_PER_1000 = 15
ZERO_AGES_PER_1000 = 5
ZERO_INCOMES_PER_1000 = 2
ZERO_SCORES_PER_1000 = 3
WORKING_CHILDREN_PER_1000 = 5
EXPERIENCE_OVER_AGE_PER_1000 = 5

WORKING_CHILD_AGES = (5, 12)
"""Youngest and oldest of the children that have a profession."""


# Results -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Quirks:
    """CustomerIDs of the rows that were made implausible, in ascending order; no customer has two quirks.

    Attributes:
        empty_profession: Profession is empty.
        zero_age: Age is 0; as experience stays as it was, it mostly exceeds the age here too.
        zero_income: Annual income is 0.
        zero_score: Spending score is 0, outside the range that its name states.
        working_child: A child of 5 to 12 that has a profession.
        experience_over_age: More years of work than of life, at an age of at least 1.
    """

    empty_profession: tuple[int, ...]
    zero_age: tuple[int, ...]
    zero_income: tuple[int, ...]
    zero_score: tuple[int, ...]
    working_child: tuple[int, ...]
    experience_over_age: tuple[int, ...]


@dataclass(frozen=True)
class ShopTruth:
    """What was planted, for tests of the pipeline that reads the file.

    Attributes:
        groups: The planted clusters.
        group: Name of each customer's group, categorical, by CustomerID.
        professions: The professions in the order of the groups' shares.
        genders: Share of each gender in per cent.
        quirks: Where the warts are.
    """

    groups: tuple[Group, ...]
    group: pd.Series
    professions: tuple[str, ...]
    genders: tuple[tuple[str, int], ...]
    quirks: Quirks


@dataclass(frozen=True)
class ShopSample:
    """One synthetic data set.

    Attributes:
        customers: The columns of ``shop_customers.csv`` in their order, by CustomerID; Gender and Profession are
            categorical, all others are integers.
        truth: What was planted.
    """

    customers: pd.DataFrame
    truth: ShopTruth


def synthesize_shop(customers: int = DEFAULT_CUSTOMERS, seed: int = DEFAULT_SEED) -> ShopSample:
    """Draw a data set.

    Args:
        customers: Rows of the file.
        seed: Seed of the random generator, 0 or more.

    Raises:
        ValueError: If ``customers`` is below ``MIN_CUSTOMERS`` or ``seed`` is negative.
    """
    require_size("customers", customers, MIN_CUSTOMERS)
    rng = generator(seed)
    group = draw(rng, [[group.percent for group in GROUPS]], same(customers))
    table = _draw_customers(rng, group)
    quirks = _add_quirks(rng, table)
    names = pd.Categorical.from_codes(group, [group.name for group in GROUPS])
    return ShopSample(
        customers=table,
        truth=ShopTruth(
            groups=GROUPS,
            group=pd.Series(names, index=pd.Index(table["CustomerID"]), name="group"),
            professions=PROFESSIONS,
            genders=tuple(GENDERS.items()),
            quirks=quirks,
        ),
    )


def write_shop(
    out: Path | str, customers: int = DEFAULT_CUSTOMERS, seed: int = DEFAULT_SEED, parquet: bool = False
) -> ShopSample:
    """Draw a data set and write its file into ``<out>/shop``, which is made if it is not there.

    The file, CSV or Parquet, appears only when it is complete; only those of the committed sample are replaced.

    Raises:
        ValueError: If ``customers`` or ``seed`` is out of range.
        OSError: If the file can't be written.
    """
    sample = synthesize_shop(customers, seed)
    folder = Path(out) / "shop"
    folder.mkdir(parents=True, exist_ok=True)
    write_table(sample.customers, folder / "shop_customers.csv", line_end="\n", parquet=parquet)
    return sample


def _draw_customers(rng: np.random.Generator, group: Integers) -> pd.DataFrame:
    """Draw customers without quirks, in the layout of the raw file.

    Args:
        rng: Random generator.
        group: Group of each customer, shape (n,).
    """
    # Each column is made as small as it can be before the next is drawn: millions of customers fit into memory.
    gender = draw(rng, [list(GENDERS.values())], same(len(group))).astype(np.int8)
    age = draw_bells(rng, [group.age for group in GROUPS], group).astype(np.int8)
    income = draw_bells(rng, [group.income for group in GROUPS], group).astype(np.int32)
    score = draw_bells(rng, [group.score for group in GROUPS], group).astype(np.int8)
    profession = draw(rng, [group.professions for group in GROUPS], group).astype(np.int8)
    experience = draw_bells(rng, [group.experience for group in GROUPS], group).astype(np.int8)
    family = draw_bells(rng, [group.family for group in GROUPS], group).astype(np.int8)
    return pd.DataFrame(
        {
            "CustomerID": np.arange(FIRST_CUSTOMER, FIRST_CUSTOMER + len(group), dtype=np.int32),
            "Gender": pd.Categorical.from_codes(gender, list(GENDERS)),
            "Age": age,
            "Annual Income ($)": income,
            "Spending Score (1-100)": score,
            "Profession": pd.Categorical.from_codes(profession, PROFESSIONS),
            "Work Experience": np.minimum(experience, age - FIRST_WORKING_AGE),
            "Family Size": family,
        }
    )


def _add_quirks(rng: np.random.Generator, table: pd.DataFrame) -> Quirks:
    """Make some customers implausible; the table is changed."""
    free = np.full(len(table), True)

    def rows(per_1000: int, eligible: Mask | Literal[True] = True) -> Integers:
        return pick(rng, free, len(table) * per_1000 // 1000, eligible)

    # Of those that are low in the column anyway, or young, so that the customers stay near their group.
    income, score = table["Annual Income ($)"].to_numpy(), table["Spending Score (1-100)"].to_numpy()
    experience = table["Work Experience"].to_numpy()
    is_new_at_work = experience < WORKING_CHILD_AGES[0]
    empty_profession = rows(EMPTY_PROFESSIONS_PER_1000)
    zero_age = rows(ZERO_AGES_PER_1000, is_new_at_work)
    zero_income = rows(ZERO_INCOMES_PER_1000, income < 80_000)
    zero_score = rows(ZERO_SCORES_PER_1000, score < 40)
    working_child = rows(WORKING_CHILDREN_PER_1000, is_new_at_work)
    experience_over_age = rows(EXPERIENCE_OVER_AGE_PER_1000, is_new_at_work & (experience >= 2))

    youngest, oldest = WORKING_CHILD_AGES
    child_age = youngest + rng.random(len(working_child)) * (oldest - youngest + 1)
    short_age = 1 + rng.random(len(experience_over_age)) * (experience[experience_over_age] - 1)
    for column, places, values in (
        ("Profession", empty_profession, None),
        ("Age", zero_age, 0),
        ("Annual Income ($)", zero_income, 0),
        ("Spending Score (1-100)", zero_score, 0),
        ("Age", working_child, child_age.astype(np.int8)),
        ("Age", experience_over_age, short_age.astype(np.int8)),
    ):
        table.loc[places, column] = values
    ids = table["CustomerID"].to_numpy()
    return Quirks(
        empty_profession=tuple(ids[empty_profession].tolist()),
        zero_age=tuple(ids[zero_age].tolist()),
        zero_income=tuple(ids[zero_income].tolist()),
        zero_score=tuple(ids[zero_score].tolist()),
        working_child=tuple(ids[working_child].tolist()),
        experience_over_age=tuple(ids[experience_over_age].tolist()),
    )
