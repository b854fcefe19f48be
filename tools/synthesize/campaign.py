"""Synthetic customers of a retailer and their answers to six campaigns, with a planted truth.

The tables at the top say all that is planted: groups, response rates, shares of the categories and quirks. The code
below them only draws from these tables.

The model: a customer belongs to one of six groups, and has a size: how much the household spends, and by how much its
income differs from the group's. Given group and size, all columns are independent of each other. Marital status,
country, complaints, recency and the day of enrolment do not depend on the group; education does.

The same seed gives the same bytes with any numpy version and on any machine.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from tools.synthesize._draws import (
    Bell,
    Integers,
    Mask,
    draw,
    draw_bells,
    draw_ids,
    generator,
    pick,
    require_size,
    same,
)
from tools.synthesize._files import write_table

DEFAULT_CUSTOMERS = 2_000
DEFAULT_SEED = 5
MIN_CUSTOMERS = 500
"""With fewer customers a quirk may be missing, or spoil a group."""

FIRST_CUSTOMER = 20_002
"""The public file has customers 0 to 11191: no ID here is one of its."""

FIRST_DAY = date(2012, 7, 30)
LAST_DAY = date(2014, 6, 29)
DAYS = tuple(FIRST_DAY + timedelta(days=n) for n in range((LAST_DAY - FIRST_DAY).days + 1))

COLUMNS = (
    "ID", "Year_Birth", "Education", "Marital_Status", " Income ", "Kidhome", "Teenhome", "Dt_Customer", "Recency",
    "MntWines", "MntFruits", "MntMeatProducts", "MntFishProducts", "MntSweetProducts", "MntGoldProds",
    "NumDealsPurchases", "NumWebPurchases", "NumCatalogPurchases", "NumStorePurchases", "NumWebVisitsMonth",
    "AcceptedCmp3", "AcceptedCmp4", "AcceptedCmp5", "AcceptedCmp1", "AcceptedCmp2", "Response", "Complain", "Country",
)  # fmt: skip
"""The columns of the data file, as it spells them."""


# Groups --------------------------------------------------------------------------------------------------------

CATEGORIES = ("MntWines", "MntFruits", "MntMeatProducts", "MntFishProducts", "MntSweetProducts", "MntGoldProds")
CHANNELS = ("NumDealsPurchases", "NumWebPurchases", "NumCatalogPurchases", "NumStorePurchases", "NumWebVisitsMonth")
CAMPAIGNS = ("AcceptedCmp1", "AcceptedCmp2", "AcceptedCmp3", "AcceptedCmp4", "AcceptedCmp5", "Response")
"""In the order in which they ran; Response is the last one."""
EDUCATIONS = ("Graduation", "PhD", "Master", "2n Cycle", "Basic")


@dataclass(frozen=True)
class Group:
    """One planted cluster.

    Attributes:
        name: What a marketer would call it.
        percent: Share of all customers.
        birth_year: Year of birth.
        income: Yearly income of the household in dollars, at the usual size.
        kids: Share of households with 0, 1 and 2 children, in per cent.
        teens: Share of households with 0, 1 and 2 teenagers, in per cent.
        spend: Mean amount spent on each of ``CATEGORIES``.
        channels: Each of ``CHANNELS``: purchases with a discount, by web, catalogue and store, and visits to the web
            site.
        response_percent: Share that accepts each of ``CAMPAIGNS``.
        educations: Share of each of ``EDUCATIONS`` in per cent.
    """

    name: str
    percent: int
    birth_year: Bell
    income: Bell
    kids: tuple[int, int, int]
    teens: tuple[int, int, int]
    spend: tuple[int, int, int, int, int, int]
    channels: tuple[Bell, Bell, Bell, Bell, Bell]
    response_percent: tuple[int, int, int, int, int, int]
    educations: tuple[int, int, int, int, int]


GROUPS = (
    Group(
        name="Wine lovers",
        percent=18,
        birth_year=Bell(1961, 9),
        income=Bell(72_000, 5_000),
        kids=(97, 3, 0),
        teens=(60, 40, 0),
        spend=(820, 14, 170, 20, 14, 40),
        channels=(Bell(1.8, 0.8), Bell(5.5, 1.3), Bell(4, 1.2), Bell(9, 1.5), Bell(4, 1.1)),
        response_percent=(20, 6, 4, 25, 22, 15),
        educations=(35, 40, 20, 5, 0),
    ),
    Group(
        name="Catalogue gourmets",
        percent=14,
        birth_year=Bell(1966, 10),
        income=Bell(84_000, 5_000),
        kids=(98, 2, 0),
        teens=(95, 5, 0),
        spend=(420, 70, 560, 110, 70, 70),
        channels=(Bell(1, 0.5), Bell(4.5, 1.2), Bell(8, 1.5), Bell(8, 1.5), Bell(2, 0.8)),
        response_percent=(18, 2, 6, 10, 20, 48),
        educations=(56, 16, 16, 10, 2),
    ),
    Group(
        name="Web families with teenagers",
        percent=20,
        birth_year=Bell(1963, 7),
        income=Bell(50_000, 5_000),
        kids=(75, 25, 0),
        teens=(0, 90, 10),
        spend=(360, 12, 90, 16, 12, 60),
        channels=(Bell(5, 1.3), Bell(8, 1.5), Bell(2.5, 0.9), Bell(6, 1.3), Bell(6.5, 1.1)),
        response_percent=(4, 1, 7, 8, 2, 8),
        educations=(50, 24, 18, 7, 1),
    ),
    Group(
        name="Fruit and fish in the store",
        percent=12,
        birth_year=Bell(1970, 10),
        income=Bell(61_000, 5_000),
        kids=(90, 10, 0),
        teens=(80, 20, 0),
        spend=(110, 120, 120, 170, 120, 50),
        channels=(Bell(2, 0.8), Bell(3.5, 1), Bell(2.5, 0.9), Bell(11, 1.3), Bell(4, 1.1)),
        response_percent=(5, 1, 5, 3, 2, 10),
        educations=(58, 8, 14, 18, 2),
    ),
    Group(
        name="Young families on a budget",
        percent=24,
        birth_year=Bell(1975, 8, high=1996),
        income=Bell(36_000, 4_500),
        kids=(0, 85, 15),
        teens=(65, 35, 0),
        spend=(36, 4, 22, 6, 4, 9),
        channels=(Bell(2.5, 0.9), Bell(2, 0.8), Bell(0.5, 0.5), Bell(3.2, 0.8), Bell(7.5, 1)),
        response_percent=(1, 1, 8, 2, 0, 9),
        educations=(50, 20, 18, 9, 3),
    ),
    Group(
        name="Gold bargain hunters",
        percent=12,
        birth_year=Bell(1978, 8, high=1996),
        income=Bell(25_000, 4_000),
        kids=(80, 20, 0),
        teens=(90, 10, 0),
        spend=(14, 8, 16, 9, 10, 62),
        channels=(Bell(1.5, 0.7), Bell(3, 0.9), Bell(0.7, 0.6), Bell(3, 0.8), Bell(6, 1.1)),
        response_percent=(1, 0, 24, 0, 0, 12),
        educations=(52, 10, 12, 14, 12),
    ),
)

SIZE_PERCENT = Bell(100, 16)
"""How much a household spends, in per cent of its group."""
CATEGORY_PERCENT = Bell(100, 28)
"""How much it spends on one category, in per cent of its size's."""
INCOME_PER_SIZE_PERCENT = 250
"""Dollars of income for one per cent of size."""

MARITAL_STATUSES = {"Married": 40, "Together": 26, "Single": 20, "Divorced": 10, "Widow": 4}
COUNTRIES = {
    "Spain": 49, "Saudi Arabia": 15, "Canada": 12, "Australia": 8, "India": 6, "Germany": 5, "USA": 4, "Mexico": 1,
}  # fmt: skip
"""Share of each country in per cent, the same in all groups; the statuses likewise."""
COMPLAINTS_PERCENT = 1
RECENCY_DAYS = 100
"""The last purchase was 0 to 99 days ago, each as likely as the other."""


# Quirks --------------------------------------------------------------------------------------------------------

DUPLICATES_PER_1000 = 20
MISSING_INCOMES_PER_1000 = 10
DOLLAR_INCOMES_PERCENT = 10
"""So many incomes are written as $84,835.00 with a blank after it."""
US_DATES_PERCENT = 10
"""So many dates are written as 6/16/14."""
EARLY_BIRTH_YEARS = (1893, 1897, 1900)
OUTLIER_INCOME = 666_666
ODD_MARITAL_STATUSES = ("Alone", "Alone", "Alone", "YOLO", "YOLO", "Absurd", "Absurd")
ALL_MARITAL_STATUSES = (*MARITAL_STATUSES, *dict.fromkeys(ODD_MARITAL_STATUSES))


# Data dictionary -----------------------------------------------------------------------------------------------

DICTIONARY = {
    "ID": "Number of the customer",
    "Year_Birth": "Year in which the customer was born",
    "Education": "Highest degree of the customer",
    "Marital_Status": "With whom the customer lives",
    "Income ": "Income of the household in a year, in dollars",
    "Kidhome": "How many small children live in the household",
    "Teenhome": "How many teenagers live in the household",
    "Dt_Customer": "Day on which the customer enrolled",
    "Recency": "Days that passed since the customer bought something",
    "MntWines": "Spent on wine in two years",
    "MntFruits": "Spent on fruit in two years",
    "MntMeatProducts": "Spent on meat in two years",
    "MntFishProducts": "Spent on fish in two years",
    "MntSweetProducts": "Spent on sweets in two years",
    "MntGoldProds": "Spent on gold products in two years",
    "NumDealsPurchases": "Purchases at a reduced price",
    "NumWebPurchases": "Purchases on the web site",
    "NumCatalogPurchases": "Purchases from the catalogue",
    "NumStorePurchases": "Purchases in a store",
    "AcceptedCmp3": "Third campaign: 1 if the customer took up the offer, else 0",
    "AcceptedCmp4": "Fourth campaign: 1 if the customer took up the offer, else 0",
    "AcceptedCmp5": "Fifth campaign: 1 if the customer took up the offer, else 0",
    "AcceptedCmp1": "First campaign: 1 if the customer took up the offer, else 0",
    "AcceptedCmp2": "Second campaign: 1 if the customer took up the offer, else 0",
    "Response": "Last campaign: 1 if the customer took up the offer, else 0",
    "Complain": "1 if the customer complained within two years, else 0",
}
"""Field, as the dictionary spells it -> description; two columns of the data have no entry."""


# Results -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CampaignTruth:
    """What was planted, for tests of the pipeline that reads the files.

    No customer has two of the quirks that are listed here.

    Attributes:
        groups: The planted clusters, with their response rates.
        campaigns: The columns of the campaigns in the order of the groups' rates.
        group: Name of each customer's group, categorical, by ID.
        missing_incomes: The true income of each customer whose income is empty, by ID.
        duplicates: The ID of the earlier customer, by the ID of the customer that repeats it. The repeating one
            comes later in the file and has the greater ID.
        early_births: IDs of the customers with an implausible year of birth, in the order of
            ``EARLY_BIRTH_YEARS``.
        outlier_income: ID of the customer with the implausible income.
        odd_marital_statuses: IDs of the customers with an odd marital status, in the order of
            ``ODD_MARITAL_STATUSES``.
        undescribed: Columns without an entry in the data dictionary, in the order of the file.
    """

    groups: tuple[Group, ...]
    campaigns: tuple[str, ...]
    group: pd.Series
    missing_incomes: pd.Series
    duplicates: pd.Series
    early_births: tuple[int, ...]
    outlier_income: int
    odd_marital_statuses: tuple[int, ...]
    undescribed: tuple[str, ...]


@dataclass(frozen=True)
class CampaignSample:
    """One synthetic data set.

    Attributes:
        customers: The columns of ``marketing_data.csv`` in their order and spelling. The IDs are in no order.
            `` Income `` and ``Dt_Customer`` are categorical texts, as are all other texts; the rest are integers.
        dictionary: The columns of ``marketing_data_dictionary.csv``.
        truth: What was planted.
    """

    customers: pd.DataFrame
    dictionary: pd.DataFrame
    truth: CampaignTruth


def synthesize_campaign(customers: int = DEFAULT_CUSTOMERS, seed: int = DEFAULT_SEED) -> CampaignSample:
    """Draw a data set.

    Args:
        customers: Rows of the data file, duplicates included.
        seed: Seed of the random generator, 0 or more.

    Raises:
        ValueError: If ``customers`` is below ``MIN_CUSTOMERS`` or ``seed`` is negative.
    """
    require_size("customers", customers, MIN_CUSTOMERS)
    rng = generator(seed)
    group = draw(rng, [[group.percent for group in GROUPS]], same(customers))
    ids = draw_ids(rng, customers, FIRST_CUSTOMER, widest_gap=8)
    columns = _draw_columns(rng, group)

    free = np.full(customers, True)
    early_births = pick(rng, free, len(EARLY_BIRTH_YEARS))
    columns["Year_Birth"][early_births] = EARLY_BIRTH_YEARS
    outlier_income = pick(rng, free, 1)
    columns[" Income "][outlier_income] = OUTLIER_INCOME
    odd_marital = pick(rng, free, len(ODD_MARITAL_STATUSES))
    columns["Marital_Status"][odd_marital] = [ALL_MARITAL_STATUSES.index(name) for name in ODD_MARITAL_STATUSES]
    missing = pick(rng, free, customers * MISSING_INCOMES_PER_1000 // 1000)
    pairs = _draw_pairs(rng, free, customers * DUPLICATES_PER_1000 // 1000)
    earlier, later = pairs.T
    for values in (group, *columns.values()):
        values[later] = values[earlier]
    ids[pairs] = np.sort(ids[pairs], axis=1)

    true_incomes = pd.Series(columns[" Income "][missing], index=pd.Index(ids[missing], name="ID"), name="income")
    table = _customers_frame(ids, columns, missing)
    dictionary = pd.DataFrame(DICTIONARY.items(), columns=["Field", "Description"])
    described = set(dictionary["Field"].str.strip())
    return CampaignSample(
        customers=table,
        dictionary=dictionary,
        truth=CampaignTruth(
            groups=GROUPS,
            campaigns=CAMPAIGNS,
            group=pd.Series(
                pd.Categorical.from_codes(group, [group.name for group in GROUPS]),
                index=pd.Index(table["ID"]),
                name="group",
            ),
            missing_incomes=true_incomes,
            duplicates=pd.Series(ids[earlier], index=pd.Index(ids[later], name="ID"), name="repeats"),
            early_births=tuple(ids[early_births].tolist()),
            outlier_income=int(ids[outlier_income[0]]),
            odd_marital_statuses=tuple(ids[odd_marital].tolist()),
            undescribed=tuple(name for name in table.columns if name.strip() not in described),
        ),
    )


def write_campaign(
    out: Path | str, customers: int = DEFAULT_CUSTOMERS, seed: int = DEFAULT_SEED, parquet: bool = False
) -> CampaignSample:
    """Draw a data set and write its two files into ``<out>/campaign``, which is made if it is not there.

    A file, CSV or Parquet, appears only when it is complete; only those of the committed sample are replaced.

    Raises:
        ValueError: If ``customers`` or ``seed`` is out of range.
        OSError: If a file can't be written.
    """
    sample = synthesize_campaign(customers, seed)
    folder = Path(out) / "campaign"
    folder.mkdir(parents=True, exist_ok=True)
    layout = {"line_end": "\r\n", "encoding": "utf-8-sig", "parquet": parquet}
    write_table(sample.customers, folder / "marketing_data.csv", **layout)
    write_table(sample.dictionary, folder / "marketing_data_dictionary.csv", **layout)
    return sample


# Draws ---------------------------------------------------------------------------------------------------------


def _draw_pairs(rng: np.random.Generator, free: Mask, n: int) -> Integers:
    """Draw pairs of different free places, and take them; the earlier place of each pair comes first, shape (n, 2)."""
    places = pick(rng, free, 2 * n)
    mixed = places[np.argsort(rng.random(2 * n), kind="stable")]
    return np.sort(mixed.reshape(n, 2), axis=1)


def _draw_columns(rng: np.random.Generator, group: Integers) -> dict[str, np.ndarray]:
    """Draw all columns but the ID, without quirks.

    Args:
        rng: Random generator.
        group: Group of each customer, shape (n,).

    Returns:
        Name -> values, shape (n,). Texts are numbers of their names, and a day of enrolment is its number in ``DAYS``.
        Two columns more than in the file tell whether income and day are in the rarer spelling.
    """
    # Each column is made as small as it can be before the next is drawn: millions of customers fit into memory.
    one_table = same(len(group))
    size = draw_bells(rng, [SIZE_PERCENT], one_table)
    income = draw_bells(rng, [g.income for g in GROUPS], group) + INCOME_PER_SIZE_PERCENT * (size - 100)
    columns = {
        "Year_Birth": draw_bells(rng, [g.birth_year for g in GROUPS], group).astype(np.int16),
        "Education": draw(rng, [g.educations for g in GROUPS], group).astype(np.int8),
        "Marital_Status": draw(rng, [list(MARITAL_STATUSES.values())], one_table).astype(np.int8),
        " Income ": income.astype(np.int32),
        "Kidhome": draw(rng, [g.kids for g in GROUPS], group).astype(np.int8),
        "Teenhome": draw(rng, [g.teens for g in GROUPS], group).astype(np.int8),
        "Dt_Customer": (rng.random(len(group)) * len(DAYS)).astype(np.int16),
        "Recency": (rng.random(len(group)) * RECENCY_DAYS).astype(np.int8),
    }
    for number, category in enumerate(CATEGORIES):
        mean = np.array([g.spend[number] for g in GROUPS])[group]
        spend = mean * size * draw_bells(rng, [CATEGORY_PERCENT], one_table)
        columns[category] = ((spend + 5_000) // 10_000).astype(np.int16)
    for number, channel in enumerate(CHANNELS):
        columns[channel] = draw_bells(rng, [g.channels[number] for g in GROUPS], group).astype(np.int8)
    for number, campaign in enumerate(CAMPAIGNS):
        rates = [(100 - g.response_percent[number], g.response_percent[number]) for g in GROUPS]
        columns[campaign] = draw(rng, rates, group).astype(np.int8)
    columns["Complain"] = draw(rng, [(100 - COMPLAINTS_PERCENT, COMPLAINTS_PERCENT)], one_table).astype(np.int8)
    columns["Country"] = draw(rng, [list(COUNTRIES.values())], one_table).astype(np.int8)
    columns["has_dollars"] = rng.random(len(group)) * 100 < DOLLAR_INCOMES_PERCENT
    columns["has_us_date"] = rng.random(len(group)) * 100 < US_DATES_PERCENT
    return columns


# Files ---------------------------------------------------------------------------------------------------------


def _customers_frame(ids: Integers, columns: dict[str, np.ndarray], missing: Integers) -> pd.DataFrame:
    """The customers in the layout of the raw file.

    Args:
        ids: The IDs, shape (n,).
        columns: As drawn.
        missing: Places of the customers whose income stays empty.
    """
    texts = {
        "Education": pd.Categorical.from_codes(columns["Education"], EDUCATIONS),
        "Marital_Status": pd.Categorical.from_codes(columns["Marital_Status"], ALL_MARITAL_STATUSES),
        " Income ": _income_texts(columns[" Income "], columns["has_dollars"], missing),
        "Dt_Customer": _day_texts(columns["Dt_Customer"], columns["has_us_date"]),
        "Country": pd.Categorical.from_codes(columns["Country"], list(COUNTRIES)),
    }
    values = {"ID": ids, **columns, **texts}
    return pd.DataFrame({name: values[name] for name in COLUMNS})


def _income_texts(income: Integers, has_dollars: Mask, missing: Integers) -> pd.Categorical:
    """Incomes as the file spells them, such as 84835 or "$84,835.00 "."""
    amounts, number = np.unique(income, return_inverse=True)
    spellings = [*(str(amount) for amount in amounts), *(f"${amount:,}.00 " for amount in amounts)]
    number = number + len(amounts) * has_dollars
    number[missing] = -1
    return pd.Categorical.from_codes(number, spellings)


def _day_texts(day: Integers, has_us_date: Mask) -> pd.Categorical:
    """Days as the file spells them, such as 2014-06-16 or 6/16/14."""
    spellings = [*(day.isoformat() for day in DAYS), *(f"{day.month}/{day.day}/{day:%y}" for day in DAYS)]
    return pd.Categorical.from_codes(day + len(DAYS) * has_us_date, spellings)
