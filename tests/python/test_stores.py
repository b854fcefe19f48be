"""What each store sold: the models' rows against pandas, and the report's sentences."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from dbt_runs import DbtRun
from report_files import sections_of

from segmart.report.page import specification
from segmart.report.sections import stores as report


@pytest.fixture(scope="module")
def lines(sample_build: DbtRun) -> pd.DataFrame:
    """Counted lines of stores, with the month."""
    rows = sample_build.rows(
        "select dataset, store_id, customer_key, product_key, receipt_date, receipt_id, cast(units as double),"
        " cast(sales_amount as double) from intermediate.int_products__sales_lines inner join core.stores"
        " using (dataset, store_key)"
    )
    names = ["dataset", "store_id", "customer", "product", "day", "receipt_id", "units", "sales"]
    made = pd.DataFrame(rows, columns=names)
    return made.assign(month=pd.to_datetime(made["day"]).dt.to_period("M").dt.to_timestamp())


def bought(lines: pd.DataFrame) -> pd.DataFrame:
    """Lines without returns, and without those that have no price."""
    return lines[(lines["units"] > 0) & (lines["sales"] >= 0)]


def test_store_months_are_those_of_pandas(sample_build: DbtRun, lines: pd.DataFrame) -> None:
    keys = ["dataset", "store_id", "month"]
    found = sample_build.mart("store_sales").rename(columns={"month_start_date": "month"})
    found = found.assign(month=pd.to_datetime(found["month"])).set_index(keys).sort_index()
    sums = lines.groupby(keys)[["sales", "units"]].sum().reindex(found.index, fill_value=0)
    np.testing.assert_allclose(found["sales_amount"].astype(float), sums["sales"], atol=1e-6)
    np.testing.assert_allclose(found["units"].astype(float), sums["units"], atol=1e-6)
    receipts = lines.groupby([*keys, "customer", "day", "receipt_id"], dropna=False)["units"].sum().reset_index()
    purchases = receipts[receipts["units"] >= -1e-9].groupby(keys)
    assert (found["receipts"] == purchases.size().reindex(found.index, fill_value=0)).all()
    assert (found["customers"] == purchases["customer"].nunique().reindex(found.index, fill_value=0)).all()
    products = bought(lines).groupby(keys)["product"].nunique().reindex(found.index, fill_value=0)
    assert (found["products"] == products).all()
    np.testing.assert_allclose(found.groupby(["dataset", "month"])["sales_share"].sum(), 1)


def test_price_indices_are_those_of_a_fixed_basket(sample_build: DbtRun, lines: pd.DataFrame) -> None:
    by_product = bought(lines).groupby(["dataset", "month", "product", "store_id"])[["units", "sales"]].sum()
    by_product = by_product.reset_index()
    totals = by_product.groupby(["dataset", "month", "product"])
    by_product["all_units"] = totals["units"].transform("sum")
    by_product["all_sales"] = totals["sales"].transform("sum")
    common = by_product[totals["store_id"].transform("nunique") > 1]
    common = common.assign(basket=common["sales"] / common["units"] * common["all_units"])
    for keys, mart in ((["dataset", "store_id", "month"], "store_sales"), (["dataset", "store_id"], "store_ranking")):
        baskets = common.groupby(keys)[["basket", "all_sales"]].sum()
        found = sample_build.mart(mart).rename(columns={"month_start_date": "month"})
        if "month" in found:
            found["month"] = pd.to_datetime(found["month"])
        found = found.set_index(keys)["price_index_vs_all"].reindex(baskets.index)
        np.testing.assert_allclose(found, baskets["basket"] / baskets["all_sales"], rtol=1e-6)


def test_the_ranking_adds_up(sample_build: DbtRun, lines: pd.DataFrame) -> None:
    ranking = sample_build.mart("store_ranking").sort_values(["dataset", "sales_rank"])
    sales = lines.groupby(["dataset", "store_id"])["sales"].sum()
    for dataset, rows in ranking.groupby("dataset"):
        assert list(rows["sales_rank"]) == list(range(1, len(rows) + 1))
        assert rows["sales_amount"].is_monotonic_decreasing
        np.testing.assert_allclose(rows["sales_amount"].astype(float), sales[dataset][rows["store_id"]])
        np.testing.assert_allclose(rows["cumulative_sales_share"], rows["sales_share"].cumsum())
        assert rows["cumulative_sales_share"].iloc[-1] == pytest.approx(1)
    counts = bought(lines).groupby(["dataset", "store_id"])[["customer", "product"]].nunique()
    indexed = ranking.set_index(["dataset", "store_id"]).sort_index()
    assert (indexed["customers"] == counts["customer"].sort_index()).all()
    assert (indexed["products"] == counts["product"].sort_index()).all()


def test_months_in_which_a_store_opened_or_closed_are_not_like_for_like(sample_build: DbtRun) -> None:
    # The sample has one year: nothing is compared with the year before, and months are with the one before.
    assert sample_build.mart("store_ranking")["like_for_like_change_share"].isna().all()
    months = sample_build.mart("store_sales")
    steps = pd.to_datetime(months["month_start_date"]) - pd.to_datetime(months["compared_start_date"])
    assert set(steps.dropna().dt.days) <= {28, 29, 30, 31}
    # One store opens in February and closes in March, another one closes in May.
    short = months[months["store_id"] == "307"]
    assert len(short) == 2
    assert not short["is_like_for_like"].any()
    closed = months[months["store_id"] == "313"].sort_values("month_start_date")
    assert list(closed["is_like_for_like"]) == [False, *[True] * 9, False]


def test_the_samples_stores_sell_the_same(sample_build: DbtRun) -> None:
    clusters = sample_build.mart("store_clusters")
    ranking = sample_build.mart("store_ranking").set_index("store_id")
    assert set(clusters["store_id"]) == set(ranking.index)
    is_small = clusters["store_id"].map(ranking["receipts"]) < 100
    assert set(clusters.loc[is_small, "verdict"]) <= {report.SMALL}
    assert set(clusters.loc[~is_small, "verdict"]) == {"stores differ by no more than chance"}
    assert clusters["cluster_id"].isna().all()


def test_nothing_was_tried_in_the_samples_stores(sample_build: DbtRun, empty_build: DbtRun) -> None:
    assert len(sample_build.mart("store_trials")) == 0
    for mart in ("store_sales", "store_ranking", "store_clusters", "store_trials"):
        assert len(empty_build.mart(mart)) == 0


# The report


def ranked(*amounts: float) -> pd.DataFrame:
    total = sum(amounts) or float("nan")
    return pd.DataFrame(
        {
            "store_id": [str(place + 1) for place in range(len(amounts))],
            "sales_amount": list(amounts),
            "sales_share": [amount / total for amount in amounts],
        }
    )


@pytest.mark.parametrize(
    ("amounts", "title"),
    [
        ([], "No store has sales"),
        ([0.0, 0.0], "No store has sales"),
        ([3.0, 1.0], "Store 1 sells most: 75.0\u00a0% of sales"),
        ([3.0, 3.0], "Store 1 and store 2 sell most, 3.00 each"),
        ([6.0] + [2.0] * 19, "The 2 largest of 20 stores make 18.2\u00a0% of sales"),
    ],
)
def test_the_first_stores_make_the_title(amounts: list[float], title: str) -> None:
    assert report.ranking_title(ranked(*amounts)) == title


def clustered(*rows: tuple[int | None, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["cluster_id", "verdict"])
    return frame.assign(attribute="brand", cluster_id=frame["cluster_id"].astype("Int64"))


@pytest.mark.parametrize(
    ("rows", "title"),
    [
        ([(None, report.SMALL)] * 2, "No clusters of stores: too few receipts"),
        ([(None, report.SMALL), (None, "stores differ by no more than chance")],
         "No clusters of stores: stores differ by no more than chance"),
        ([(1, "strong structure")] * 3 + [(2, "strong structure"), (None, report.SMALL)],
         "By brand, stores fall into 2 clusters of 3 and 1 stores: strong structure"),
    ],
)  # fmt: skip
def test_clusters_or_the_reason_why_there_are_none_make_the_title(
    rows: list[tuple[int | None, str]], title: str
) -> None:
    assert report.clusters_title(clustered(*rows)) == title


def tried(*rows: tuple[float | None, bool | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["effect_share", "is_significant"])
    return frame.assign(
        store=[f"Store {place + 1}" for place in range(len(frame))], effect_share=frame["effect_share"].astype(float)
    )


@pytest.mark.parametrize(
    ("rows", "title"),
    [
        ([], "No trial store can be judged"),
        ([(None, None)], "No trial store can be judged"),
        ([(0.2, False)], "No effect on sales is proven in the trial store"),
        ([(0.2, False), (0.1, None), (None, None)], "No effect on sales is proven in any of 2 trial stores"),
        ([(0.25, True), (0.1, False), (-0.1, True)],
         "The trial changed sales in store 1 (+25.0\u00a0%) and store 3 (-10.0\u00a0%)"),
        ([(0.25, True)] * 4 + [(0.1, False)], "The trial changed sales in 4 of 5 stores"),
    ],
)  # fmt: skip
def test_only_proven_effects_make_the_title(rows: list[tuple[float | None, bool | None]], title: str) -> None:
    assert report.effects_title(tried(*rows)) == title


TRIALS = """
    create table store_trials as
    select 'd' as dataset, 'x' as trial, *, null::double as contribution_amount, 0.1 as placebo_p_value
    from (values {rows}) as rows (
        store_id, measure, period, month_start_date, control_stores, observed_value, expected_value, effect_share,
        effect_share_low, effect_share_high, q_value, is_significant, remark
    )
"""
JUDGED = """
    ('1', 'sales_amount', 'before', date '2024-01-01', '2', 10.0, 10.0, 0.0, null, null, null, null, null),
    ('1', 'sales_amount', 'trial', date '2024-02-01', '2', 15.0, 10.0, 0.5, 0.3, 0.7, 0.01, true, null),
    ('1', 'sales_amount', 'whole trial', date '2024-02-01', '2', 15.0, 10.0, 0.5, 0.3, 0.7, 0.01, true, null),
"""
NOT_JUDGED = """
    ('9', 'sales_amount', 'whole trial', date '2024-02-01', null, null, null, null, null, null, null, null, 'none such')
"""


@pytest.mark.parametrize(
    ("stores", "trials", "drawn"),
    [
        (2, JUDGED + NOT_JUDGED,
         {"store-ranking": True, "store-clusters": True, "trial-effects": True, "trial-months": True}),
        (1, NOT_JUDGED, {"trial-effects": False}),
        (2, "", {"store-ranking": True, "store-clusters": True}),
        (1, "", {}),
        (0, "", {}),
    ],
)  # fmt: skip
def test_blocks_are_there_where_their_rows_are(
    tmp_path: Path, stores: int, trials: str, drawn: dict[str, bool]
) -> None:
    published = tmp_path / "marts.duckdb"
    with duckdb.connect(str(published)) as connection:
        if stores:
            connection.execute(
                "create table store_ranking as select 'd' as dataset, cast(place as text) as store_id, place as"
                " sales_rank, 10.0 / place as sales_amount, 0.5 as sales_share, 9 as receipts, 0 as customers,"
                " null::double as price_index_vs_all, null::double as like_for_like_change_share, 1.0 as"
                f" sales_per_receipt, 3 as products from range(1, {stores + 1}) as rows (place)"
            )
            connection.execute(
                "create table store_clusters as select dataset, store_id, 'brand' as attribute, 1 as cluster_id,"
                " 'More a' as cluster_name, 1.0 as same_cluster_share, 'weak structure' as verdict, receipts,"
                " sales_amount, 'a' as most_value, 0.5 as most_share, 0.4 as most_all_share,"
                " null::text as least_value, null::double as least_share, null::double as least_all_share"
                " from store_ranking"
            )
        connection.execute(TRIALS.format(rows=trials or NOT_JUDGED))
        if not trials:
            connection.execute("delete from store_trials")
    figures = [figure for section in sections_of(published) for figure in section.figures]
    assert {figure.key: figure.is_drawn for figure in figures} == drawn
    for figure in figures:
        json.dumps(specification(figure), allow_nan=False)
