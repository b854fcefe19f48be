"""Audiences, moves between segments and what leaving customers gave up, against pandas, numpy and scipy."""

from __future__ import annotations

import hashlib
import re
from itertools import pairwise

import duckdb
import numpy as np
import pandas as pd
import pytest
from dbt_runs import DbtRun
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from segmart.report.sections import audiences as audiences_report
from segmart.report.sections import migration as migration_report

HOLDOUT_SHARE = 0.1
MONTHS = 6
"""The settings holdout_share and migration_months of the sample's build."""

ALL_LOYAL = {"Champions", "Loyal regulars", "Loyal but cooling"}


def compiled(build: DbtRun, model: str) -> str:
    """The SQL of a model, on tables of the database it is run in."""
    return re.sub(r'"\w+"\."\w+"\."(\w+)"', r"\1", build.manifest["nodes"][f"model.segmart.{model}"]["compiled_code"])


@pytest.fixture(scope="module")
def receipts(sample_build: DbtRun) -> pd.DataFrame:
    """Receipts of known customers, of all datasets with days."""
    return sample_build.query("""
        select dataset, customer_key, receipt_date, cast(round(100 * sales_amount) as bigint) as cents
        from intermediate.int_products__receipts
        where customer_key is not null and receipt_date is not null
    """)


def rfm_as_of(receipts: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Scores of everybody who had bought by a day, from 1 to 5, by the quintiles of numpy."""
    known = receipts[receipts["receipt_date"] <= day].groupby("customer_key")
    totals = known.agg(last=("receipt_date", "max"), f=("cents", "size"), m=("cents", "sum"))
    totals["r"] = (day - totals["last"]).dt.days
    scores = {
        name: 1 + sum(totals[name] > np.quantile(totals[name], share) for share in (0.2, 0.4, 0.6, 0.8))
        for name in "rfm"
    }
    return pd.DataFrame({"r": 6 - scores["r"], "f": scores["f"], "m": scores["m"]})


def named(scores: pd.DataFrame, rules: pd.DataFrame) -> pd.Series:
    """The segment of each row of scores, rule by rule."""
    found = pd.Series("", index=scores.index)
    for rule in rules.itertuples():
        fits = pd.Series(True, index=scores.index)
        for score in "rfm":
            fits &= scores[score].between(getattr(rule, f"{score}_min"), getattr(rule, f"{score}_max"))
        assert (found[fits] == "").all()
        found[fits] = rule.rfm_segment
    return found


@pytest.fixture(scope="module")
def month_ends(receipts: pd.DataFrame, sample_build: DbtRun) -> dict[pd.Timestamp, pd.Series]:
    """Segments of the chips customers at the last month ends, recomputed."""
    chips = receipts[receipts["dataset"] == "chips"]
    rules = sample_build.query("select * from reference.rfm_segments")
    days = pd.date_range(end=chips["receipt_date"].max(), periods=MONTHS + 1, freq="ME")
    return {day: named(rfm_as_of(chips, day), rules) for day in days}


def test_segments_at_month_ends_are_those_of_pandas(
    month_ends: dict[pd.Timestamp, pd.Series], sample_build: DbtRun
) -> None:
    found = sample_build.query("""
        select snapshot, customer_key, rfm_segment from intermediate.int_loyalty__snapshot_rfm
        where dataset = 'chips' and (snapshot = 'now' or snapshot like 'month end%')
    """)
    segments = {name: rows.set_index("customer_key")["rfm_segment"] for name, rows in found.groupby("snapshot")}
    assert set(segments) == {"now", *(f"month end {day:%Y-%m-%d}" for day in month_ends)}
    for day, expected in month_ends.items():
        pd.testing.assert_series_equal(
            segments[f"month end {day:%Y-%m-%d}"].sort_index(),
            expected.sort_index(),
            check_names=False,
            check_dtype=False,
        )
    # The sample's data end with a month, so the last month end is the last day.
    last = segments[f"month end {max(month_ends):%Y-%m-%d}"]
    assert last.sort_index().equals(segments["now"].sort_index())


def test_moves_and_their_intervals_are_those_of_pandas_and_statsmodels(
    month_ends: dict[pd.Timestamp, pd.Series], receipts: pd.DataFrame, sample_build: DbtRun
) -> None:
    found = sample_build.mart("segment_migration").query("dataset == 'chips'")
    days = sorted(month_ends)
    assert sorted(found["to_month_end_date"].unique()) == days[1:]
    cents = receipts.groupby([receipts["receipt_date"].dt.to_period("M"), "customer_key"])["cents"].sum()
    for before, after in pairwise(days):
        moves = pd.DataFrame({"to": month_ends[after], "from": month_ends[before]})
        moves["from"] = moves["from"].fillna("Not yet a customer")
        for name, day in (("old", before), ("new", after)):
            moves[name] = cents.loc[day.to_period("M")].reindex(moves.index).fillna(0)
        expected = moves.groupby(["from", "to"]).agg(n=("old", "size"), old=("old", "sum"), new=("new", "sum"))
        rows = found[found["to_month_end_date"] == after].set_index(["from_segment", "to_segment"])
        assert (rows["from_month_end_date"] == before).all()
        assert len(rows) == len(expected)
        expected = expected.reindex(rows.index)
        assert (rows["customers"] == expected["n"]).all()
        assert ((100 * rows["previous_sales_amount"]).round() == expected["old"]).all()
        assert ((100 * rows["sales_amount"]).round() == expected["new"]).all()
        of = expected.groupby(level=0)["n"].transform("sum")
        low, high = proportion_confint(expected["n"], of, method="wilson")
        np.testing.assert_allclose(rows["moved_share"], expected["n"] / of)
        np.testing.assert_allclose(rows["moved_share_low"], low, atol=2e-9)
        np.testing.assert_allclose(rows["moved_share_high"], high, atol=2e-9)
        assert (rows["is_small_count"] == (of < 30)).all()
        for side, column in enumerate(("is_loyal_before", "is_loyal_after")):
            assert (rows[column] == rows.index.get_level_values(side).isin(ALL_LOYAL)).all()


def lot_is_drawn(dataset: str, audience: str, customer: str) -> bool:
    return int(hashlib.md5(f"{dataset}|{audience}|{customer}".encode()).hexdigest()[:8], 16) < HOLDOUT_SHARE * 2**32


@pytest.fixture(scope="module")
def audiences(sample_build: DbtRun) -> pd.DataFrame:
    return sample_build.mart("audiences")


def test_the_holdout_is_drawn_by_hash_and_as_large_as_it_is_set(audiences: pd.DataFrame) -> None:
    drawn = [lot_is_drawn(*row) for row in audiences[["dataset", "audience", "customer_id"]].itertuples(index=False)]
    assert list(audiences["is_holdout"]) == drawn
    sizes = audiences.groupby(["dataset", "audience"])["is_holdout"].agg(["sum", "size"])
    # All lots are independent: whatever the audience, its holdout is a binomial number.
    least = min(stats.binomtest(int(held), int(size), HOLDOUT_SHARE).pvalue for held, size in sizes.to_numpy())
    assert least * len(sizes) > 0.01
    assert audiences["is_holdout"].mean() == pytest.approx(HOLDOUT_SHARE, abs=0.01)


def test_shuffled_rows_draw_the_same_holdout(audiences: pd.DataFrame, shuffled_build: DbtRun) -> None:
    key = ["dataset", "audience", "customer_id"]
    shuffled = shuffled_build.mart("audiences").set_index(key).sort_index()
    pd.testing.assert_frame_equal(audiences.set_index(key).sort_index(), shuffled)


def test_more_customers_leave_the_holdout_as_it_is(sample_build: DbtRun) -> None:
    held: list[set[str]] = []
    for first in (0, -500):
        with duckdb.connect() as connection:
            connection.sql(f"""
                create table customers as
                select cast(1 + number - {first} as integer) as customer_key, 'shop' as dataset,
                    case when number < 0 then 'new ' else '' end || abs(number) as customer_id
                from range({first}, 5000) as numbers (number)
            """)
            connection.sql("""
                create table int_offers__audiences as
                select 'loyal' as audience_type, 'Loyal customers' as audience, customer_key, 'x' as reason,
                    cast(null as date) as since_date
                from customers
            """)
            rows = connection.sql(compiled(sample_build, "audiences")).df()
            held.append(set(rows.loc[rows["is_holdout"], "customer_id"]))
    assert {name for name in held[1] if not name.startswith("new")} == held[0]
    assert len(held[0]) == pytest.approx(500, abs=70)


def test_only_known_customers_are_addressed(audiences: pd.DataFrame, sample_build: DbtRun) -> None:
    known = sample_build.query("select dataset, customer_id from core.customers")
    pairs = set(map(tuple, known.to_numpy()))
    assert set(map(tuple, audiences[["dataset", "customer_id"]].to_numpy())) <= pairs
    assert not audiences.duplicated(["dataset", "audience", "customer_id"]).any()
    assert audiences["reason"].str.fullmatch(r"[A-Z].*\.", flags=re.DOTALL).all()


def test_audiences_are_the_customers_whom_other_marts_show(audiences: pd.DataFrame, sample_build: DbtRun) -> None:
    ids = {name: set(rows["customer_id"]) for name, rows in audiences.groupby("audience")}
    customers = sample_build.mart("loyalty_customers")
    for segment, rows in customers.groupby("rfm_segment"):
        assert ids[f"RFM: {segment}"] == set(rows["customer_id"]), segment
    assert ids["Loyal customers"] == set(customers.loc[customers["is_loyal"], "customer_id"])
    segments = sample_build.mart("customer_segments").query("cluster_id > 0")
    verdicts = sample_build.query("select analysis, has_structure from intermediate.int_segmentation__verdicts")
    founded = set(verdicts.loc[verdicts["has_structure"], "analysis"])
    assert founded
    found = {name for name in ids if not name.startswith(("RFM: ", "Offer ", "Loyal ", "Laps"))}
    expected = segments[segments["analysis"].isin(founded)].groupby(["analysis", "segment_name"])["customer_id"]
    assert found == {f"{analysis.replace('_', ' ')}: {segment}" for analysis, segment in expected.groups}
    for (analysis, segment), of_segment in expected:
        assert ids[f"{analysis.replace('_', ' ')}: {segment}"] == set(of_segment)


def test_an_offers_audience_is_as_large_as_its_reach(audiences: pd.DataFrame, sample_build: DbtRun) -> None:
    offers = sample_build.mart("segment_offers")
    sizes = audiences[audiences["audience_type"] == "offer"]["audience"].value_counts()
    assert len(offers) == len(sizes) > 10
    for offer in offers.itertuples():
        name = f"Offer to {offer.segment_name} ({offer.analysis}): {offer.offer_type}, {offer.target}".replace("_", " ")
        assert sizes[name] == offer.expected_reach, name


def test_lapsed_customers_are_away_longer_than_the_horizon_and_than_usual(
    audiences: pd.DataFrame, receipts: pd.DataFrame, sample_build: DbtRun
) -> None:
    chips = receipts[receipts["dataset"] == "chips"].drop_duplicates(["customer_key", "receipt_date"])
    visits = chips.groupby("customer_key")["receipt_date"].agg(["min", "max", "size"])
    own = (visits["max"] - visits["min"]).dt.days / (visits["size"] - 1).where(visits["size"] > 1)
    own = own.fillna(own.median())
    away = (chips["receipt_date"].max() - visits["max"]).dt.days
    since = visits["max"] + pd.to_timedelta(np.floor(own.clip(lower=90)) + 1, unit="D")
    ids = sample_build.query("select customer_key, customer_id from core.customers where dataset = 'chips'")
    expected = since[(away > 90) & (away > own)].rename(ids.set_index("customer_key")["customer_id"])
    found = audiences[audiences["audience"] == "Lapsed customers"].set_index("customer_id")["since_date"]
    assert len(found) > 100
    assert expected.sort_index().to_dict() == found.sort_index().to_dict()


def test_segments_begin_where_they_have_no_gap(
    audiences: pd.DataFrame, month_ends: dict[pd.Timestamp, pd.Series], sample_build: DbtRun
) -> None:
    history = pd.DataFrame(month_ends).sort_index(axis="columns")
    now = history.iloc[:, -1]
    same = history.eq(now, axis="index").iloc[:, ::-1].cummin(axis="columns")
    first = same.sum(axis="columns").map(lambda months: history.columns[-months])
    ids = sample_build.query("select customer_key, customer_id from core.customers where dataset = 'chips'")
    expected = first.rename(ids.set_index("customer_key")["customer_id"])
    found = audiences[audiences["audience_type"] == "rfm"].set_index("customer_id")["since_date"]
    assert expected.sort_index().to_dict() == found.sort_index().to_dict()
    assert found.nunique() > 3


# What leaving customers gave up


JUDGED = ("lost", "lost_error", "missing", "missing_error")


def judged_by_numpy(items: pd.DataFrame) -> pd.DataFrame:
    """Lost and missing sales of each item with standard errors, p- and q-value, from one row per customer and item."""
    everyone = items[items["attribute"] == "all"].set_index("customer_key")
    left = everyone["has_left"].to_numpy(bool)
    old, new = (everyone[name].to_numpy(float) for name in ("previous_sales_amount", "sales_amount"))
    made = []
    for key, rows in items[items["attribute"] != "all"].groupby(["attribute", "attribute_value"]):
        of_item = (
            rows.set_index("customer_key")
            .reindex(everyone.index)
            .fillna({"previous_sales_amount": 0, "sales_amount": 0})
        )
        b, a = (of_item[name].to_numpy(float) for name in ("previous_sales_amount", "sales_amount"))
        if min(b[left].sum(), b[~left].sum(), a[~left].sum()) <= 0:
            continue

        # The infinitesimal jackknife: how far a little more weight of one customer moves the amounts.
        def amounts(w: np.ndarray, b: np.ndarray = b, a: np.ndarray = a) -> np.ndarray:
            expected = w[left] @ b[left] * (w[~left] @ a[~left]) / (w[~left] @ b[~left])
            usual = (w[left] @ new[left]) / (w[left] @ old[left])
            usual /= (w[~left] @ new[~left]) / (w[~left] @ old[~left])
            return np.array([expected, expected * usual]) - w[left] @ a[left]

        ones, step = np.ones(len(left)), 1e-4
        effects = []
        for position in np.flatnonzero((old != 0) | (new != 0)):
            up, down = ones.copy(), ones.copy()
            up[position] += step
            down[position] -= step
            effects.append((amounts(up) - amounts(down)) / (2 * step))
        errors = np.sqrt((np.array(effects) ** 2).sum(axis=0))
        lost, missing = amounts(ones)
        is_small = min((b[left] > 0).sum(), (b[~left] > 0).sum()) < 30
        p = 2 * stats.norm.sf(abs(missing) / errors[1]) if new[left].sum() > 0 and not is_small else np.nan
        made.append((*key, lost, errors[0], missing, errors[1], p))
    table = pd.DataFrame(made, columns=["attribute", "attribute_value", *JUDGED, "p"])
    known = table["p"].notna()
    table.loc[known, "q"] = stats.false_discovery_control(table.loc[known, "p"]) if known.any() else np.nan
    return table.set_index(["attribute", "attribute_value"])


def planted_items(given_up: float, seed: int) -> pd.DataFrame:
    """Loyal customers who buy five products; those who leave buy a third of it, and of p0 a part of that."""
    random = np.random.default_rng(seed)
    rows = []
    for customer in range(800):
        has_left = customer % 2 == 0
        rate = random.gamma(2, 2)
        amounts = []
        for product in range(5):
            share = (1 / 3 if has_left else 1) * (1 - given_up if has_left and product == 0 else 1)
            before, after = random.poisson(rate), random.poisson(rate * share)
            amounts.append((before, after))
            if before or after:
                rows.append((customer, "product", f"p{product}", has_left, before, after))
        rows.append((customer, "all", "all", has_left, sum(b for b, _ in amounts), sum(a for _, a in amounts)))
    columns = ["customer_key", "attribute", "attribute_value", "has_left", "previous_sales_amount", "sales_amount"]
    return pd.DataFrame(rows, columns=columns).assign(
        dataset="planted", from_date=pd.Timestamp("2024-03-31"), to_date=pd.Timestamp("2024-06-30")
    )


def stopped(build: DbtRun, items: pd.DataFrame) -> pd.DataFrame:
    """What the mart's SQL, as dbt compiled it, makes of rows."""
    with duckdb.connect() as connection:
        connection.register("rows_of_items", items)
        connection.sql("create table int_loyalty__leaver_items as from rows_of_items")
        connection.sql("create table products (dataset text, product_id text, product_name text)")
        return connection.sql(compiled(build, "stopped_products")).df()


def test_what_is_missing_and_its_error_are_those_of_a_jackknife(sample_build: DbtRun) -> None:
    items = planted_items(0.5, seed=1)
    found = stopped(sample_build, items).set_index(["attribute", "attribute_value"])
    expected = judged_by_numpy(items).reindex(found.index)
    assert len(found) == 5
    for name in ("lost", "missing"):
        amount = found[f"{name}_sales_amount"]
        np.testing.assert_allclose(amount, expected[name], atol=1e-5)
        for end, sign in (("low", -1), ("high", 1)):
            limit = amount + sign * stats.norm.ppf(0.975) * expected[f"{name}_error"]
            np.testing.assert_allclose(found[f"{name}_sales_amount_{end}"], limit, rtol=1e-4)
    np.testing.assert_allclose(found["p_value"], expected["p"], atol=2e-6)
    np.testing.assert_allclose(found["q_value"], expected["q"], atol=2e-6)
    assert found.index[found["is_significant"]].tolist() == [("product", "p0")]


def test_nothing_is_given_up_where_everything_falls_alike(sample_build: DbtRun) -> None:
    builds = [stopped(sample_build, planted_items(0.0, seed)) for seed in range(40)]
    false = [bool(found["is_significant"].any()) for found in builds]
    # In 40 builds with a level of 5 %, of which only half are on the side of what is missing.
    assert sum(false) <= stats.binom.ppf(0.999, 40, 0.05)
    covered = [(found["missing_sales_amount_low"] <= 0) & (found["missing_sales_amount_high"] >= 0) for found in builds]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.05)


def test_the_samples_leavers_are_followed(sample_build: DbtRun) -> None:
    items = sample_build.query("select * from intermediate.int_loyalty__leaver_items")
    found = sample_build.mart("stopped_products").set_index(["attribute", "attribute_value"])
    expected = judged_by_numpy(items[items["attribute"].isin(["brand", "all"])])
    brands = found.loc[["brand"]]
    assert len(brands) == len(expected) > 3
    for name in ("lost", "missing"):
        amount = brands[f"{name}_sales_amount"]
        np.testing.assert_allclose(amount, expected.reindex(brands.index)[name], atol=1e-4)
    assert (found["is_small_count"] | found["p_value"].notna()).all()
    moved = items[items["attribute"] == "all"].groupby("has_left")["customer_key"].nunique()
    assert (found["left_customers"] == moved[True]).all()
    assert (found["stayed_customers"] == moved[False]).all()


# The report


def sizes_of(*rows: tuple[str, int, int]) -> pd.DataFrame:
    """Audiences by name, customers and holdout."""
    frame = pd.DataFrame(rows, columns=["audience", "customers", "holdout_customers"])
    return frame.assign(dataset="a", audience_type="rfm", since_date=pd.NaT)


@pytest.mark.parametrize(
    ("rows", "title"),
    [
        ([], "Nobody can be addressed"),
        ([("Loyal", 10, 1)], "There is 1 audience; 10.0\u00a0% of their customers are held out"),
        ([("Loyal", 10, 1), ("Lost", 30, 3)], "There are 2 audiences; 10.0\u00a0% of their customers are held out"),
    ],
)
def test_audiences_are_counted(rows: list[tuple[str, int, int]], title: str) -> None:
    assert audiences_report.listing(sizes_of(*rows)).title == title


def steps_of(*rows: tuple[bool, bool, int]) -> pd.DataFrame:
    """Moves by whether customers were and are loyal, and how many they are."""
    frame = pd.DataFrame(rows, columns=["is_loyal_before", "is_loyal_after", "customers"])
    return frame.assign(to_month_end_date=pd.Timestamp("2024-02-29"))


@pytest.mark.parametrize(
    ("rows", "title"),
    [
        ([], "There is one month end alone, and nothing to compare it with"),
        ([(False, True, 2)], "In February 2024, 2 customers became loyal; nobody was before"),
        (
            [(True, True, 3), (True, False, 1), (False, True, 2), (False, False, 9)],
            "In February 2024, 1 of 4 loyal customers (25.0\u00a0%) was loyal no more, and 2 became loyal",
        ),
    ],
)
def test_the_last_month_says_who_was_lost_and_won(rows: list[tuple[bool, bool, int]], title: str) -> None:
    assert migration_report.moves_title(steps_of(*rows)) == title


def test_only_what_is_proven_is_called_given_up() -> None:
    items = pd.DataFrame(
        {
            "attribute": "product",
            "item_name": ["A", "B"],
            "left_customers": 7,
            "lost_sales_amount": [30.0, 20.0],
            "missing_sales_amount": [9.0, 5.0],
            "is_significant": [False, True],
        }
    )
    assert migration_report.given_up_title(items) == (
        "Customers who are loyal no more gave up B most beyond the rest: 5.00 of sales are missing"
    )
    assert migration_report.given_up_title(items[:1]) == (
        "7 customers who are loyal no more spent 30.00 less on A than was to be expected"
    )
    assert migration_report.given_up_title(items[:0]) == "Nobody has left the loyal customers"
