"""Cohorts, bridges and drivers: the models' SQL, run on receipts with every wart, against pandas."""

from __future__ import annotations

import re

import duckdb
import numpy as np
import pandas as pd
import pytest
from dbt_runs import DbtRun

from segmart.report.sections import customers_over_time as report

MODELS = (
    *("int_loyalty__customer_months", "int_loyalty__months", "customer_cohorts"),
    *("int_loyalty__compared_months", "int_loyalty__bridge_customers", "sales_bridge", "sales_drivers"),
)
"""The models in their order."""

PARTS = ("customers", "receipts per customer", "units per receipt", "price per unit")
COMPARISONS = {
    "month to month": ("month", 1),
    "month to month a year before": ("month", 12),
    "half year to half year": ("half", 1),
}
"""Comparison -> the column of the receipts that numbers its periods, and how many periods lie between."""

KEY = ["dataset", "comparison", "period_start_date"]


@pytest.fixture(scope="module")
def receipts() -> pd.DataFrame:
    """Two years of a shop whose customers pause, bring back and come without a card, and half a year of another."""
    random = np.random.default_rng(11)
    shops = [("long", "2022-03-01", 731, 3000), ("short", "2023-02-10", 150, 400)]
    parts = []
    for number, (dataset, first_day, days, rows) in enumerate(shops):
        customers = random.integers(1, 151, rows) + 1000 * number
        # Customers with high numbers begin late, so that there are new ones.
        begins = (customers % 1000) / 150 * days * 0.8
        day = np.floor(begins + random.random(rows) * (days - begins)).astype(int)
        units = random.choice([-1, 0, 1, 2, 5], rows, p=[0.1, 0.02, 0.5, 0.3, 0.08])
        cents = np.where(units == 0, 10, units * random.integers(100, 900, rows))
        parts.append(
            pd.DataFrame(
                {
                    "dataset": dataset,
                    "customer_key": pd.Series(customers).where(random.random(rows) > 0.15).astype("Int64"),
                    "receipt_date": pd.Timestamp(first_day) + pd.to_timedelta(day, unit="D"),
                    "units": units,
                    "cents": cents,
                }
            )
        )
    # Who only brings back, who brings back before the first purchase, and the first day.
    special = pd.DataFrame(
        {
            "dataset": "long",
            "customer_key": pd.array([900, 901, 901, 902], dtype="Int64"),
            "receipt_date": pd.to_datetime(["2022-05-05", "2022-05-05", "2022-07-07", "2022-03-01"]),
            "units": [-1, -2, 3, 1],
            "cents": [-500, -600, 900, 300],
        }
    )
    made = pd.concat([*parts, special], ignore_index=True)
    month = made["receipt_date"].dt.to_period("M")
    return made.assign(
        month=month.apply(lambda period: 12 * period.year + period.month),
        half=month.apply(lambda period: 2 * period.year + (period.month > 6)),
        is_purchase=made["units"] >= 0,
    )


@pytest.fixture(scope="module")
def tables(sample_build: DbtRun, receipts: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """What the models' SQL, as dbt compiled it, makes of the receipts."""
    shuffled = receipts.sample(frac=1, random_state=3)
    connection = duckdb.connect()
    connection.register("rows_of_receipts", shuffled)
    connection.sql("""
        create table int_products__receipts as
        select
            dataset, cast(customer_key as integer) as customer_key, cast(receipt_date as date) as receipt_date,
            cast(units as decimal(18, 3)) as units, cast(cents / 100 as decimal(18, 2)) as sales_amount
        from rows_of_receipts
    """)
    connection.sql("""
        create table calendar_days as
        select cast(unnest(generate_series(date '2022-01-01', date '2024-12-31', interval 1 day)) as date) as day,
            cast(date_trunc('month', day) as date) as month_start_date
    """)
    # Receipts alone have no members.
    connection.register("members", sample_build.query("from intermediate.int_loyalty__member_periods limit 0"))
    connection.sql("create table int_loyalty__member_periods as from members")
    made = {}
    for model in MODELS:
        compiled = sample_build.manifest["nodes"][f"model.segmart.{model}"]["compiled_code"]
        local = re.sub(r'"\w+"\."\w+"\."(\w+)"', r"\1", compiled)
        connection.sql(f"create table {model} as {local}")
        made[model] = connection.sql(f"from {model}").df()
    return made


def first_months(receipts: pd.DataFrame) -> pd.Series:
    """Number of the month of each customer's first purchase."""
    return receipts[receipts["is_purchase"]].groupby("customer_key")["month"].min()


def number_of_month(dates: pd.Series) -> pd.Series:
    return 12 * dates.dt.year + dates.dt.month


def test_cohorts_are_those_of_pandas(tables: dict[str, pd.DataFrame], receipts: pd.DataFrame) -> None:
    found = tables["customer_cohorts"]
    known = receipts.dropna(subset="customer_key").assign(
        cohort=lambda rows: rows["customer_key"].map(first_months(receipts))
    )
    known = known.dropna(subset="cohort")
    known["since"] = (known["month"] - known["cohort"]).clip(lower=0).astype(int)
    bought = known[known["is_purchase"]].groupby(["dataset", "cohort", "since"])["customer_key"]
    amounts = known.groupby(["dataset", "cohort", "since"])["cents"].sum()
    checked = 0
    for row in found.itertuples():
        cohort = 12 * row.cohort_start_date.year + row.cohort_start_date.month
        key = (row.dataset, cohort, row.months_since)
        assert row.active_customers == bought.nunique().get(key, 0), key
        assert row.receipts == bought.size().get(key, 0), key
        assert round(row.sales_amount * 100) == amounts.get(key, 0), key
        until = amounts.loc[row.dataset, cohort].loc[: row.months_since].sum()
        assert round(row.cumulative_sales_amount * 100) == until, key
        assert row.customers == bought.nunique()[(row.dataset, cohort, 0)]
        assert row.retained_share == pytest.approx(row.active_customers / row.customers)
        assert row.cumulative_sales_per_customer == pytest.approx(until / 100 / row.customers)
        checked += row.active_customers > 0
    assert checked == len(bought.size())
    last = receipts.groupby("dataset")["month"].max()
    months = found.groupby(["dataset", "cohort_start_date"])["months_since"].agg(["min", "max", "size"]).reset_index()
    assert (months["max"] + number_of_month(months["cohort_start_date"]) == months["dataset"].map(last)).all()
    assert ((months["min"] == 0) & (months["size"] == months["max"] + 1)).all()


def test_early_cohorts_and_cut_months_are_marked(tables: dict[str, pd.DataFrame], receipts: pd.DataFrame) -> None:
    months = tables["int_loyalty__months"]
    # The first shop's data begin and end with a month, those of the second in the middle of one.
    cut = months.loc[~months["is_complete_month"], ["dataset", "month_number"]]
    assert list(map(tuple, cut.sort_values("month_number").to_numpy())) == [("short", 24278), ("short", 24283)]
    for dataset, rows in receipts[receipts["is_purchase"]].groupby("dataset"):
        bought = rows.dropna(subset="customer_key").drop_duplicates(["customer_key", "month"]).sort_values("month")
        pauses = bought.groupby("customer_key")["month"].diff().dropna()
        limit = max(1, np.quantile(pauses, 0.95))
        of_dataset = months[months["dataset"] == dataset]
        seen = of_dataset["month_number"] - of_dataset["month_number"].min()
        assert (of_dataset["has_unknown_past"] == (seen < limit)).all()
        assert 0 < of_dataset["has_unknown_past"].sum() < len(of_dataset)


def bridge(receipts: pd.DataFrame) -> pd.DataFrame:
    """Bridges of all comparisons, made customer by customer.

    Returns:
        One row per comparison, period number and group: customers, cents before and now.
    """
    first = first_months(receipts)
    made = []
    for comparison, (unit, steps) in COMPARISONS.items():
        for dataset, rows in receipts.groupby("dataset"):
            anonymous = rows[rows["customer_key"].isna()].groupby(unit)["cents"].sum()
            known = rows.dropna(subset="customer_key").groupby([unit, "customer_key"])
            table = known.agg(cents=("cents", "sum"), has_bought=("is_purchase", "any"))
            periods = {
                number: {
                    customer: (int(cents), bool(bought)) for (_, customer), cents, bought in of_number.itertuples()
                }
                for number, of_number in table.groupby(level=0)
            }
            for now in range(int(rows[unit].min()) + steps, int(rows[unit].max()) + 1):
                old, new = periods.get(now - steps, {}), periods.get(now, {})
                last_month = (now - steps) if unit == "month" else 6 * (now - steps) + 6
                groups = {"anonymous": [0, int(anonymous.get(now - steps, 0)), int(anonymous.get(now, 0))]}
                for customer in {*old, *new}:
                    had_spent, had_bought = old.get(customer, (0, False))
                    spent, has_bought = new.get(customer, (0, False))
                    match had_bought, has_bought:
                        case True, True:
                            group = "retained up" if spent >= had_spent else "retained down"
                        case True, False:
                            group = "lapsed"
                        case False, True:
                            group = "new" if first[customer] > last_month else "reactivated"
                        case _:
                            group = "returns only"
                    sums = groups.setdefault(group, [0, 0, 0])
                    groups[group] = [sums[0] + 1, sums[1] + had_spent, sums[2] + spent]
                made += [(dataset, comparison, now, group, *sums) for group, sums in groups.items()]
    return pd.DataFrame(made, columns=["dataset", "comparison", "number", "customer_group", "customers", "old", "new"])


def test_bridges_are_those_of_pandas(tables: dict[str, pd.DataFrame], receipts: pd.DataFrame) -> None:
    found = tables["sales_bridge"]
    is_half = found["comparison"] == "half year to half year"
    starts = found["period_start_date"]
    halves = 2 * starts.dt.year + (starts.dt.month > 6)
    found = found.assign(number=number_of_month(starts).where(~is_half, halves))
    key = ["dataset", "comparison", "number", "customer_group"]
    expected = bridge(receipts).set_index(key)
    found = found.set_index(key)
    assert set(expected.index) <= set(found.index)
    # Each comparison has all groups, also those without customers.
    assert (found.groupby(["dataset", "comparison", "number"]).size() == 7).all()
    expected = expected.reindex(found.index, fill_value=0)
    assert ((found["previous_sales_amount"] * 100).round() == expected["old"]).all()
    assert ((found["sales_amount"] * 100).round() == expected["new"]).all()
    assert ((found["change_amount"] * 100).round() == expected["new"] - expected["old"]).all()
    is_known = found.index.get_level_values("customer_group") != "anonymous"
    assert (found.loc[is_known, "customers"] == expected.loc[is_known, "customers"]).all()
    assert found.loc[~is_known, "customers"].isna().all()
    totals = expected.groupby(["dataset", "comparison", "number"])["old"].transform("sum")
    shares = (expected["new"] - expected["old"]) / totals.where(totals > 0)
    np.testing.assert_allclose(found["change_share"].astype(float), shares.astype(float), atol=1e-12)
    groups = expected.groupby("customer_group")["customers"].sum()
    assert (groups.drop("anonymous") > 0).all()


def test_drivers_are_logarithmic_means_and_add_up(tables: dict[str, pd.DataFrame], receipts: pd.DataFrame) -> None:
    found = tables["sales_drivers"]
    bridges = tables["sales_bridge"]
    changes = (bridges.groupby(KEY)["change_amount"].sum() * 100).round()
    sums = (found.groupby(KEY)["contribution_amount"].sum(min_count=5) * 100).round()
    assert sums.notna().mean() > 0.9
    assert (sums.dropna() == changes[sums.notna()]).all()
    for (dataset, comparison, start), rows in found.groupby(KEY):
        unit, steps = COMPARISONS[comparison]
        now = 12 * start.year + start.month if unit == "month" else 2 * start.year + (start.month > 6)
        known = receipts[(receipts["dataset"] == dataset) & receipts["customer_key"].notna()]
        levels = []
        for number in (now - steps, now):
            period = known[known[unit] == number]
            bought = period[period["is_purchase"]]
            amounts = period["units"].sum(), period["cents"].sum() / 100
            levels.append([bought["customer_key"].nunique(), len(bought), *amounts])
        before, after = np.array(levels, dtype=float)
        if min(*before, *after) <= 0:
            continue
        ratios = np.array([after[0], *(after[1:] / after[:-1])]) / np.array([before[0], *(before[1:] / before[:-1])])
        mean = (after[3] - before[3]) / np.log(after[3] / before[3]) if after[3] != before[3] else after[3]
        parts = rows.set_index("driver").loc[list(PARTS)]
        np.testing.assert_allclose(parts["contribution_amount"], mean * np.log(ratios), atol=0.021)
        np.testing.assert_allclose(parts["current_value"] / parts["previous_value"], ratios, rtol=1e-6)


def test_drivers_of_stores_and_brands_are_those_of_pandas(sample_build: DbtRun) -> None:
    found = sample_build.mart("sales_drivers").query("dataset == 'chips' and comparison == 'half year to half year'")
    assert {"all", "store", "product brand", "customer lifestage", "customer premium_tier"} <= set(found["level"])
    lines = sample_build.query(
        "select lines.*, stores.store_id as store, brands.attribute_value as brand, customer_id as customer"
        " from intermediate.int_products__sales_lines as lines inner join core.stores using (store_key)"
        " inner join core.customers using (customer_key)"
        " inner join intermediate.int_products__product_attributes as brands"
        " on brands.product_key = lines.product_key and brands.attribute = 'brand'"
    )
    lines["half"] = 2 * lines["receipt_date"].dt.year + (lines["receipt_date"].dt.month > 6)
    assert sorted(lines["half"].unique()) == [4037, 4038]
    for level, column in {"store": "store", "product brand": "brand"}.items():
        members = found[found["level"] == level].set_index("member")
        sums = members.groupby("member")["contribution_amount"].sum(min_count=5)
        assert sums.notna().mean() > 0.9
        for member, rows in lines.groupby(column):
            before, after = (rows[rows["half"] == number] for number in (4037, 4038))
            change = after["sales_amount"].sum() - before["sales_amount"].sum()
            assert np.isnan(sums[member]) or abs(sums[member] - change) < 0.005
            parts = members.loc[member].set_index("driver")
            assert parts.loc["customers", "current_value"] == after["customer"].nunique()
            receipts = after.groupby(["store", "customer", "receipt_date", "receipt_id"]).ngroups
            per_customer = receipts / after["customer"].nunique()
            assert parts.loc["receipts per customer", "current_value"] == pytest.approx(per_customer)
        totals = found[found["level"] == "all"]["contribution_amount"].sum()
        assert sums.sum() == pytest.approx(totals, abs=0.005 if sums.notna().all() else 2000)


def test_the_samples_first_cohort_is_everybody_of_the_first_month(sample_build: DbtRun) -> None:
    """The sample has the same customers all year: what seems new there is late."""
    cohorts = sample_build.mart("customer_cohorts")
    assert cohorts.groupby("dataset")["has_unknown_past"].any().all()
    assert cohorts["is_complete_month"].all()
    bridges = sample_build.mart("sales_bridge")
    assert set(bridges["comparison"]) == {"month to month", "half year to half year"}
    assert bridges.loc[bridges["customer_group"] == "anonymous", "customers"].isna().all()


# The report


def cohorts_of(*rows: tuple[int, int, int, bool, bool]) -> pd.DataFrame:
    """Rows of months since, customers, active customers, unknown past and complete month."""
    return pd.DataFrame(
        rows, columns=["months_since", "customers", "active_customers", "has_unknown_past", "is_complete_month"]
    )


@pytest.mark.parametrize(
    ("rows", "title"),
    [
        ([], "No month of new customers can be followed yet"),
        ([(0, 5, 5, True, True), (1, 5, 2, True, False)], "No month of new customers can be followed yet"),
        (
            [(0, 5, 5, True, True), (1, 5, 2, True, True)],
            "40.0\u00a0% of customers bought again in the month after their first purchase",
        ),
        (
            [(1, 5, 5, True, True), (1, 30, 3, False, True), (1, 10, 1, False, True), (2, 30, 30, False, True)],
            "10.0\u00a0% of new customers bought again in the month after their first purchase",
        ),
    ],
)
def test_only_new_customers_and_whole_months_make_the_title(
    rows: list[tuple[int, int, int, bool, bool]], title: str
) -> None:
    assert report.retention_title(cohorts_of(*rows)) == title


def steps_of(comparison: str, start: str, previous: str, **changes: float) -> pd.DataFrame:
    """Groups of a bridge that begins with sales of 200, by what each adds."""
    return pd.DataFrame(
        {
            "comparison": comparison,
            "period_start_date": pd.Timestamp(start),
            "previous_start_date": pd.Timestamp(previous),
            "customer_group": list(changes),
            "customers": 1,
            "previous_sales_amount": [200.0, *[0.0] * (len(changes) - 1)],
            "sales_amount": 0.0,
            "change_amount": list(changes.values()),
            "change_share": 0.1,
            "has_unknown_past": False,
            "has_complete_periods": True,
        }
    )


def test_a_bridge_leads_from_one_total_to_the_next() -> None:
    steps = steps_of("half year to half year", "2024-01-01", "2023-07-01", lapsed=-50.0, anonymous=0.0, new=20.0)
    figure = report.bridge(steps)
    assert figure.title == (
        "From the second half of 2023 to the first half of 2024 sales fell by 30.00 (15.0\u00a0%):"
        " 20.00 added by “New” and 50.00 taken by “Did not come”"
    )
    assert list(figure.data[["label", "low", "high", "kind", "text"]].itertuples(index=False, name=None)) == [
        ("The second half of 2023", 0, 200, "total", "200.00"),
        ("Did not come", 150, 200, "less", "-50.00"),
        ("New", 150, 170, "more", "+20.00"),
        ("The first half of 2024", 0, 170, "total", "170.00"),
    ]
    same = report.bridge(steps_of("month to month", "2024-02-01", "2024-01-01", anonymous=0.0))
    assert same.title == "From January 2024 to February 2024 sales stayed the same"
    assert report.bridge(steps[:0]).title == "There is one period alone, and nothing to compare it with"


@pytest.mark.parametrize(
    ("amounts", "title"),
    [
        ([], "Nothing can be said about why sales changed"),
        ([0.0, 0.0], "Customers, receipts, units and prices stayed the same"),
        ([10.0, -20.0], "Units per receipt moved sales most, down by 20.00"),
        ([20.0, -20.0], "Customers and units per receipt moved sales most, by 20.00 each"),
    ],
)
def test_the_strongest_driver_is_named(amounts: list[float], title: str) -> None:
    names = ["customers", "units per receipt"][: len(amounts)]
    assert report.drivers_title(pd.DataFrame({"driver": names, "contribution_amount": amounts})) == title
