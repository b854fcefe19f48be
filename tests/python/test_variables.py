"""What a user can set without touching a model."""

from __future__ import annotations

import pandas as pd
from chips_files import cents
from dbt_runs import DbtRun

from tools.synthesize import ChipsSample


def test_without_a_dataset_there_are_marts_but_no_rows(empty_build: DbtRun) -> None:
    assert set(empty_build.statuses.values()) == {"success"}
    # What loading writes down about files is there, and lists none.
    assert empty_build.tables("raw") == {"raw_files", "read_files"}
    assert {mart: len(empty_build.mart(mart)) for mart in empty_build.tables("marts")} == dict.fromkeys(
        empty_build.tables("marts"), 0
    )


def test_product_types_that_are_not_counted_are_excluded_and_reconciled(
    chips_only_build: DbtRun, sample: ChipsSample
) -> None:
    dips = {product.prod_nbr for product in sample.truth.products if product.product_type == "dip"}
    lines = sample.transactions
    is_dip = lines["PROD_NBR"].isin(dips)
    row = chips_only_build.mart("row_reconciliation").set_index("source_file").loc["transaction_data"]
    assert row["excluded_rows"] == is_dip.sum() > 0
    assert round(100 * row["excluded_amount"]) == cents(lines["TOT_SALES"])[is_dip].sum()
    assert row["is_reconciled"]
    products = chips_only_build.mart("product_sales")
    assert set(products["product_type"]) == {"chips"}
    assert set(products["product_id"].astype(int)).isdisjoint(dips)
    counted = lines[~is_dip & (lines["PROD_QTY"] <= 50)]
    for mart in ("product_sales", "brand_sales", "daily_sales", "loyalty_customers"):
        assert cents(chips_only_build.mart(mart)["sales_amount"]).sum() == cents(counted["TOT_SALES"]).sum(), mart
    assert set(chips_only_build.mart("loyalty_customers")["customer_id"].astype(int)) == set(counted["LYLTY_CARD_NBR"])


def test_recency_is_counted_to_the_day_that_is_set(later_build: DbtRun, sample_build: DbtRun) -> None:
    sql = "select customer_id, recency_days, r_score, sales_amount from marts.loyalty_customers order by customer_id"
    later, usual = later_build.query(sql), sample_build.query(sql)
    days = (pd.Timestamp("2019-12-31") - pd.Timestamp("2019-06-30")).days
    assert (later["recency_days"] - usual["recency_days"]).unique().tolist() == [days]
    unchanged = ["customer_id", "r_score", "sales_amount"]
    pd.testing.assert_frame_equal(later[unchanged], usual[unchanged])
