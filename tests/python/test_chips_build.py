"""The chips marts against oracles in pandas that read the raw files and share nothing with the SQL.

Tests that take ``chips`` run on the sample and on the public files. Those on the public files skip where these are
absent.
"""

from __future__ import annotations

import csv
from datetime import date
from itertools import product as combinations

import numpy as np
import pandas as pd
import pytest
import yaml
from chips_files import PURCHASE, Chips, cents, pack_grams, read_chips, totals
from dbt_runs import REAL_DATA, ROOT, SAMPLE_DATA, DbtRun, snapshot
from numpy.typing import NDArray
from pandas.testing import assert_frame_equal
from scipy.stats import false_discovery_control, norm
from sklearn.cluster import KMeans
from sklearn.metrics import (
    adjusted_rand_score,
    calinski_harabasz_score,
    davies_bouldin_score,
    silhouette_score,
)
from threadpoolctl import threadpool_limits

from tools.synthesize import ChipsSample

EXACT = 1e-12
CLOSE = 1e-6

# First words of the public file's product names, without the second of two-word brands.
REAL_BRANDS = {
    "Burger": "Burger Rings",
    "CCs": "CCs",
    "Cheetos": "Cheetos",
    "Cheezels": "Cheezels",
    "Cobs": "Cobs",
    "Dorito": "Doritos",
    "Doritos": "Doritos",
    "French": "French Fries",
    "Grain": "Grain Waves",
    "GrnWves": "Grain Waves",
    "Infuzions": "Infuzions",
    "Infzns": "Infuzions",
    "Kettle": "Kettle",
    "NCC": "Natural Chip Co",
    "Natural": "Natural Chip Co",
    "Old": "Old El Paso",
    "Pringles": "Pringles",
    "RRD": "Red Rock Deli",
    "Red": "Red Rock Deli",
    "Smith": "Smiths",
    "Smiths": "Smiths",
    "Snbts": "Sunbites",
    "Sunbites": "Sunbites",
    "Thins": "Thins",
    "Tostitos": "Tostitos",
    "Twisties": "Twisties",
    "Tyrrells": "Tyrrells",
    "WW": "Woolworths",
    "Woolworths": "Woolworths",
}

PROJECT = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))

SALES_MARTS = {
    "product_sales": "product_id",
    "brand_sales": "brand",
    "flavour_sales": "flavour_family",
    "pack_size_sales": "pack_size",
}
"""Mart -> its key."""

KEY_IN_SALES = {
    "product_id": "product_id",
    "brand": "brand",
    "flavour_family": "flavour",
    "pack_size": "pack size",
}
"""Key of a mart -> its name in `Chips.sales`."""

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]


@pytest.fixture(scope="module")
def real(real_build: DbtRun) -> Chips:
    return read_chips(real_build, REAL_DATA)


@pytest.fixture(scope="module")
def synthetic(sample_build: DbtRun) -> Chips:
    return read_chips(sample_build, SAMPLE_DATA)


def reference(name: str) -> list[dict[str, str]]:
    with (ROOT / "seeds" / "reference" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# Rows and money


def test_every_raw_row_and_cent_is_accounted_for(chips: Chips) -> None:
    table = chips.mart("row_reconciliation").set_index("source_file")
    table = table.loc[["transaction_data", "purchase_behaviour"]]
    assert table["raw_rows"].tolist() == [len(chips.lines), len(chips.customers)]
    assert (table["accepted_rows"] + table["rejected_rows"]).tolist() == table["raw_rows"].tolist()
    assert table["is_reconciled"].all()
    transactions = table.loc["transaction_data"]
    is_bulk = chips.lines["units"] > 50
    assert round(100 * transactions["raw_amount"]) == chips.lines["cents"].sum()
    assert round(100 * transactions["rejected_amount"]) == chips.lines["cents"][is_bulk].sum()
    assert round(100 * transactions["accepted_amount"]) == chips.lines["cents"][~is_bulk].sum()
    assert transactions[["excluded_rows", "excluded_amount", "unmatched_rows"]].tolist() == [0, 0, 0]


def test_only_the_two_bulk_lines_are_rejected(chips: Chips) -> None:
    rejected = chips.mart("rejected_rows").query("dataset == 'chips'")
    bulk = chips.lines[chips.lines["units"] == 200]
    assert rejected["row_count"].tolist() == [1, 1]
    assert set(rejected["rejection_reason"]) == {"PROD_QTY is a bulk purchase"}
    assert set(rejected["rejected_value"]) == {"200"}
    expected = {
        f"DATE={row.DATE} | STORE_NBR={row.STORE_NBR} | LYLTY_CARD_NBR={row.customer_id} | TXN_ID={row.TXN_ID}"
        f" | PROD_NBR={row.product_id} | PROD_NAME={row.PROD_NAME} | PROD_QTY=200 | TOT_SALES={row.TOT_SALES:g}"
        for row in bulk.itertuples()
    }
    assert set(rejected["raw_row"]) == expected


@pytest.mark.parametrize("mart", [*SALES_MARTS, "daily_sales", "loyalty_customers"])
def test_each_mart_holds_every_cent_and_packet(chips: Chips, mart: str) -> None:
    table = chips.mart(mart)
    assert cents(table["sales_amount"]).sum() == chips.sales["cents"].sum()
    assert table["units"].sum() == chips.sales["units"].sum()


def test_public_files_have_their_known_totals(real: Chips) -> None:
    assert (len(real.lines), len(real.customers)) == (264_836, 72_637)
    row = real.mart("row_reconciliation").set_index("source_file").loc["transaction_data"]
    assert (row["raw_amount"], row["accepted_amount"]) == (1_934_415.00, 1_933_115.00)
    rejected = real.mart("rejected_rows").query("dataset == 'chips'")
    ids = rejected["raw_row"].str.extract(r"DATE=(\d+) .*LYLTY_CARD_NBR=(\d+) \| TXN_ID=(\d+) \| PROD_NBR=(\d+)")
    expected = {("43331", "226000", "226201", "4"), ("43605", "226000", "226210", "4")}
    assert set(ids.itertuples(index=False, name=None)) == expected
    assert len(real.mart("loyalty_customers")) == 72_636


def test_the_public_files_are_left_as_they_were(real_build: DbtRun, real_files: dict[str, tuple[int, int]]) -> None:
    """Stock dbt would write a seed's compiled SQL over a raw file that lies outside the project."""
    assert real_build.statuses["seed.segmart.transaction_data"] == "success"
    assert snapshot(REAL_DATA) == real_files


# Products


def test_every_product_is_listed_with_its_name(chips: Chips) -> None:
    table = chips.mart("product_sales").set_index("product_id").sort_index()
    expected = chips.names.map(lambda name: " ".join(name.split()))
    assert table["product_name"].to_dict() == expected.to_dict()


def test_pack_sizes_are_read_from_the_names(chips: Chips) -> None:
    table = chips.mart("product_sales").set_index("product_id").sort_index()
    assert table["pack_size_g"].to_dict() == chips.names.map(pack_grams).to_dict()


@pytest.mark.parametrize("mart", SALES_MARTS)
def test_sales_are_added_up_by_key(chips: Chips, mart: str) -> None:
    key = SALES_MARTS[mart]
    table = chips.mart(mart).sort_values("sales_rank", ignore_index=True)
    expected = totals(chips.sales, KEY_IN_SALES[key])
    assert table[key].tolist() == expected[KEY_IN_SALES[key]].tolist()
    assert cents(table["sales_amount"]).tolist() == expected["cents"].tolist()
    for column in ("units", "transactions", "customers"):
        assert table[column].tolist() == expected[column].tolist(), column
    assert table["sales_rank"].tolist() == expected["rank"].tolist()
    share = expected["cents"] / expected["cents"].sum()
    np.testing.assert_allclose(table["sales_share"], share, rtol=EXACT)
    np.testing.assert_allclose(table["cumulative_sales_share"], share.cumsum(), rtol=1e-9)
    np.testing.assert_allclose(table["avg_unit_price"], expected["cents"] / 100 / expected["units"], rtol=EXACT)


def test_products_are_classed_by_the_sales_above_them(chips: Chips) -> None:
    """In whole cents: the classes end where the products before have reached 80 and 95 % of sales."""
    table = chips.mart("product_sales").sort_values("sales_rank")
    amounts = cents(table["sales_amount"]).to_numpy()
    above = np.cumsum(amounts) - amounts
    expected = np.where(100 * above < 80 * amounts.sum(), "A", np.where(100 * above < 95 * amounts.sum(), "B", "C"))
    assert table["abc_class"].tolist() == expected.tolist()
    price_per_100g = 100 * table["sales_amount"] / table["units"] / table["pack_size_g"]
    np.testing.assert_allclose(table["price_per_100g"], price_per_100g, rtol=EXACT)


def test_every_calendar_day_has_its_sales(chips: Chips) -> None:
    table = chips.mart("daily_sales").sort_values("sales_date", ignore_index=True)
    days = pd.date_range(chips.sales["day"].min(), chips.sales["day"].max())
    assert table["sales_date"].tolist() == days.tolist()
    expected = totals(chips.sales, "day").set_index("day").reindex(days, fill_value=0)
    assert cents(table["sales_amount"]).tolist() == expected["cents"].tolist()
    for column in ("units", "transactions", "customers"):
        assert table[column].tolist() == expected[column].tolist(), column
    assert table["is_trading_day"].tolist() == (expected["cents"] > 0).tolist()
    average = (expected["cents"] / 100).rolling(7).mean()
    np.testing.assert_allclose(table["sales_amount_7_day_average"], average, rtol=1e-9)
    iso = days.isocalendar()
    assert table[["iso_year", "iso_week", "iso_weekday"]].to_numpy().tolist() == iso.to_numpy().tolist()
    assert table["weekday"].tolist() == days.day_name().tolist()
    assert table["week_start_date"].tolist() == (days - pd.to_timedelta(days.day_of_week, unit="D")).tolist()
    assert table["month_start_date"].tolist() == days.to_period("M").to_timestamp().tolist()


def test_christmas_day_is_there_without_sales(chips: Chips) -> None:
    days = chips.mart("daily_sales")
    day = days[days["sales_date"] == "2018-12-25"].iloc[0]
    assert day[["sales_amount", "units", "transactions", "customers"]].tolist() == [0, 0, 0, 0]
    assert not day["is_trading_day"]
    assert len(days) == 365


def test_promotion_days_and_weeks_are_marked(chips: Chips) -> None:
    table = chips.mart("daily_sales")
    promotions = chips.mart("price_promotions")
    days = {day for row in promotions.itertuples() for day in pd.date_range(row.first_date, row.last_date)}
    assert set(table["sales_date"][table["is_promotion_day"]]) == days
    weeks = {(day - pd.Timedelta(days=day.day_of_week)) for day in days}
    assert set(table["week_start_date"][table["is_promotion_week"]]) == weeks
    assert set(table["week_start_date"][~table["is_promotion_week"]]).isdisjoint(weeks)


def test_public_products_are_all_understood(real: Chips) -> None:
    table = real.mart("product_sales")
    assert len(table) == 114
    assert table[["brand", "pack_size_g", "product_type"]].notna().all(axis=None)
    first_words = real.names.str.split().str[0]
    assert first_words.nunique() == 29
    assert len(set(REAL_BRANDS.values())) == 21
    assert table.set_index("product_id")["brand"].to_dict() == first_words.map(REAL_BRANDS).to_dict()
    assert table["pack_size_g"].nunique() == 21
    assert table["pack_size_g"].agg(["min", "max"]).tolist() == [70, 380]


def test_public_salsas_are_dips_but_for_two(real: Chips) -> None:
    table = real.mart("product_sales").set_index("product_id")
    salsa = real.names.index[real.names.str.contains("salsa", case=False)]
    assert len(salsa) == 9
    assert table.loc[salsa, "product_type"].value_counts().to_dict() == {"dip": 7, "chips": 2}
    assert set(table.index[table["product_type"] == "dip"]) < set(salsa)


def test_public_sales_have_their_known_leaders(real: Chips) -> None:
    brands = real.mart("brand_sales").set_index("brand")["sales_amount"]
    assert brands[["Kettle", "Doritos", "Smiths"]].tolist() == [390_239.80, 240_590.90, 224_660.20]
    sizes = real.mart("pack_size_sales").sort_values("sales_rank").iloc[0]
    assert sizes["pack_size"] == "175 g"
    assert round(100 * sizes["sales_share"], 2) == 25.11
    top = real.mart("product_sales").sort_values("sales_rank")["sales_amount"].head(3)
    assert top.tolist() == [39_052.00, 36_367.60, 34_804.20]


def test_planted_products_are_read_as_they_were_meant(synthetic: Chips, sample: ChipsSample) -> None:
    table = synthetic.mart("product_sales").set_index("product_id")
    for product in sample.truth.products:
        row = table.loc[product.prod_nbr]
        assert row["brand"] == product.brand, product.name
        assert (row["flavour"] if pd.notna(row["flavour"]) else "") == product.flavour, product.name
        assert (row["flavour_family"] if pd.notna(row["flavour_family"]) else "None") == product.family, product.name
        assert row["pack_size_g"] == product.pack_grams, product.name
        assert row["product_type"] == product.product_type, product.name
    assert len(table) == len(sample.truth.products)


def test_planted_top_products_lead(synthetic: Chips, sample: ChipsSample) -> None:
    table = synthetic.mart("product_sales").sort_values("sales_rank")
    assert tuple(table["product_id"].head(3)) == sample.truth.top_products


def test_only_the_product_without_a_flavour_is_up_for_review(synthetic: Chips, sample: ChipsSample) -> None:
    table = synthetic.mart("products_to_review")
    nameless = [product.prod_nbr for product in sample.truth.products if not product.flavour]
    assert table["product_id"].tolist() == nameless
    assert table["problem"].tolist() == ["name states no flavour"]


# Promotions


def test_planted_promotions_are_found(synthetic: Chips, sample: ChipsSample) -> None:
    found = synthetic.mart("price_promotions").sort_values("first_date", ignore_index=True)
    planted = sorted(
        (first, last, promotion) for promotion in sample.truth.promotions for first, last in promotion.windows
    )
    assert found["product_id"].tolist() == [promotion.prod_nbr for _, _, promotion in planted]
    assert found["first_date"].dt.date.tolist() == [first for first, _, _ in planted]
    assert found["last_date"].dt.date.tolist() == [last for _, last, _ in planted]
    for row, (_, _, promotion) in zip(found.itertuples(), planted, strict=True):
        assert row.discount_share == pytest.approx(promotion.discount_percent / 100)
        assert row.list_price == sample.truth.products[promotion.prod_nbr - 1].price
        assert row.uplift_share_low < promotion.uplift - 1 < row.uplift_share_high
        assert row.is_uplift_significant


def test_public_promotions_are_the_two_half_price_weeks(real: Chips) -> None:
    found = real.mart("price_promotions").sort_values("first_date")
    assert found["product_id"].tolist() == [4, 4]
    assert found["first_date"].dt.date.tolist() == [date(2018, 8, 14), date(2019, 5, 14)]
    assert found["last_date"].dt.date.tolist() == [date(2018, 8, 20), date(2019, 5, 20)]
    assert found["list_price"].tolist() == [6.5, 6.5]
    assert found["promotion_price"].tolist() == [3.25, 3.25]
    assert found["discount_share"].tolist() == [0.5, 0.5]


def test_uplifts_compare_with_the_weeks_around(chips: Chips) -> None:
    """Expected packets: the product's own around the promotion, moved with what other brands sell."""
    promotions = chips.mart("price_promotions")
    assert len(promotions) > 0
    brands = chips.mart("product_sales").set_index("product_id")["brand"]
    by_day = chips.sales.pivot_table(index="day", columns="product_id", values="units", aggfunc="sum", fill_value=0)
    is_promoted = pd.DataFrame(False, index=by_day.index, columns=by_day.columns)
    for row in promotions.itertuples():
        is_promoted.loc[row.first_date : row.last_date, row.product_id] = True
    first, last = ((by_day > 0).idxmax(), (by_day > 0)[::-1].idxmax())
    is_sold = pd.DataFrame({name: (by_day.index >= first[name]) & (by_day.index <= last[name]) for name in by_day})
    is_ordinary = is_sold.set_index(by_day.index) & ~is_promoted
    usual = by_day.where(is_ordinary).mean()
    anomalies = chips.mart("sales_anomalies").query("level == 'day' and measure != 'price_level'")
    z_scores = []
    for row in promotions.itertuples():
        others = [name for name in by_day if brands[name] != row.brand]
        control = by_day[others].where(is_ordinary[others]).sum(axis=1)
        control_usual = is_ordinary[others].astype(float) @ usual[others]
        weight, variance = control / control_usual, control / control_usual**2
        weeks, after = pd.Timedelta(weeks=8), pd.Timedelta(days=14)
        promoted = (by_day.index >= row.first_date) & (by_day.index <= row.last_date)
        around = (by_day.index >= row.first_date - weeks) & (by_day.index <= row.last_date + weeks)
        around &= ~((by_day.index > row.last_date) & (by_day.index <= row.last_date + after))
        around &= is_ordinary[row.product_id].to_numpy()
        for anomaly in anomalies.itertuples():
            around &= ~((by_day.index >= anomaly.first_date) & (by_day.index <= anomaly.last_date))
        own = by_day[row.product_id]
        expected = own[around].sum() * weight[promoted].sum() / weight[around].sum()
        ratio = own[promoted].sum() / expected
        dispersion = max(1, own[around].var(ddof=1) / own[around].mean())
        error = dispersion * (1 / own[promoted].sum() + 1 / own[around].sum())
        error = np.sqrt(error + sum(variance[days].sum() / weight[days].sum() ** 2 for days in (promoted, around)))
        z_scores.append(np.log(ratio) / error)
        assert row.units == own[promoted].sum()
        assert row.expected_units == pytest.approx(expected, rel=1e-6)
        assert row.uplift_share == pytest.approx(ratio - 1, rel=CLOSE, abs=1e-6)
        assert row.uplift_share_low == pytest.approx(ratio * np.exp(-norm.ppf(0.975) * error) - 1, rel=1e-5, abs=1e-6)
        assert row.uplift_share_high == pytest.approx(ratio * np.exp(norm.ppf(0.975) * error) - 1, rel=1e-5, abs=1e-6)
    q_values = false_discovery_control(2 * norm.sf(np.abs(z_scores)))
    np.testing.assert_allclose(promotions["uplift_q_value"], q_values, rtol=1e-4)
    assert promotions["is_uplift_significant"].tolist() == list(q_values < 0.05)
    assert not promotions["is_season_corrected"].any()
    assert promotions["has_control"].all()


def promoted_lines(chips: Chips) -> pd.DataFrame:
    """The lines at a promotion price, with their promotion."""
    parts = []
    for row in chips.mart("price_promotions").itertuples():
        on = (chips.sales["product_id"] == row.product_id) & chips.sales["day"].between(row.first_date, row.last_date)
        cheap = chips.sales["cents"] <= 0.9 * 100 * row.list_price * chips.sales["units"]
        parts.append(chips.sales[on & cheap].assign(promotion_id=row.promotion_id))
    return pd.concat(parts)


def test_promotions_count_what_was_sold_and_to_whom(chips: Chips) -> None:
    table = chips.mart("price_promotions").set_index("promotion_id").sort_index()
    lines = promoted_lines(chips).merge(chips.customers, on="customer_id")
    for row in table.itertuples():
        on = (chips.sales["product_id"] == row.product_id) & chips.sales["day"].between(row.first_date, row.last_date)
        assert round(100 * row.sales_amount) == chips.sales["cents"][on].sum()
        assert row.discounted_units == lines["units"][lines["promotion_id"] == row.Index].sum()
        incremental = row.sales_amount - row.expected_units * row.list_price
        assert row.incremental_sales_amount == pytest.approx(incremental, abs=0.00501)
    buyers = lines.drop_duplicates(["promotion_id", "customer_id"])
    assert table["buyers"].tolist() == buyers.groupby("promotion_id").size().tolist()
    shares = pd.crosstab(buyers["promotion_id"], buyers["premium_tier"], normalize="index")
    for tier in ("Budget", "Mainstream", "Premium"):
        np.testing.assert_allclose(table[f"{tier.lower()}_buyer_share"], shares[tier], rtol=EXACT)
    np.testing.assert_allclose(table["other_buyer_share"], 0, atol=EXACT)


def test_buyers_in_promotions_are_compared_with_all_customers(chips: Chips) -> None:
    table = chips.mart("promotion_buyers").set_index(["promotion_id", "premium_tier"])
    buyers = promoted_lines(chips).drop_duplicates(["promotion_id", "customer_id"]).merge(chips.customers)
    counts = buyers.groupby(["promotion_id", "premium_tier"]).size()
    assert table["buyers"].to_dict() == counts.to_dict()
    share = counts / counts.groupby("promotion_id").transform("sum")
    np.testing.assert_allclose(table.loc[share.index, "buyer_share"], share, rtol=EXACT)
    usual = chips.buyers["premium_tier"].value_counts(normalize=True)
    tiers = share.index.get_level_values("premium_tier")
    np.testing.assert_allclose(table.loc[share.index, "customer_share"], usual[tiers], rtol=EXACT)
    np.testing.assert_allclose(table.loc[share.index, "buyer_index"], share / usual[tiers].to_numpy(), rtol=EXACT)


# Customers


@pytest.fixture(scope="module")
def customers(chips: Chips) -> pd.DataFrame:
    """The mart of customers, by customer_id."""
    return chips.mart("loyalty_customers").set_index("customer_id").sort_index()


def test_customers_have_their_purchases(chips: Chips, customers: pd.DataFrame) -> None:
    expected = chips.buyers
    assert customers.index.tolist() == expected.index.tolist()
    assert customers["lifestage"].tolist() == expected["lifestage"].tolist()
    assert customers["premium_tier"].tolist() == expected["premium_tier"].tolist()
    assert cents(customers["sales_amount"]).tolist() == expected["cents"].tolist()
    assert customers["units"].tolist() == expected["units"].tolist()
    assert customers["transactions"].tolist() == expected["transactions"].tolist()
    assert customers["months_active"].tolist() == expected["months"].tolist()
    assert customers["first_purchase_date"].tolist() == expected["first_day"].tolist()
    assert customers["last_purchase_date"].tolist() == expected["last_day"].tolist()
    recency = (chips.sales["day"].max() - expected["last_day"]).dt.days
    assert customers["recency_days"].tolist() == recency.tolist()
    assert customers["is_repeat_buyer"].tolist() == (expected["transactions"] > 1).tolist()
    np.testing.assert_allclose(
        customers["avg_units_per_transaction"], expected["units"] / expected["transactions"], rtol=EXACT
    )
    np.testing.assert_allclose(customers["avg_unit_price"], expected["cents"] / 100 / expected["units"], rtol=EXACT)


def test_customers_have_the_share_they_bought_in_promotions(chips: Chips, customers: pd.DataFrame) -> None:
    units = promoted_lines(chips).groupby("customer_id")["units"].sum().reindex(customers.index, fill_value=0)
    np.testing.assert_allclose(customers["promotion_share"], units / customers["units"], rtol=EXACT)
    assert (units > 0).sum() > 50


@pytest.mark.parametrize("attribute", ["brand", "flavour", "pack size"])
def test_favourites_have_most_packets_then_sales_then_the_alphabet(
    chips: Chips, customers: pd.DataFrame, attribute: str
) -> None:
    """Among the values that are stated; who bought nothing else has no favourite."""
    by_value = chips.sales.groupby(["customer_id", attribute])[["units", "cents"]].sum().reset_index()
    stated = by_value[by_value[attribute] != "Not stated"]
    best = stated.sort_values(["customer_id", "units", "cents", attribute], ascending=[True, False, False, True])
    expected = best.drop_duplicates("customer_id").set_index("customer_id")[attribute]
    expected = expected.reindex(customers.index, fill_value="Not stated")
    assert customers[f"favourite_{attribute.replace(' ', '_')}"].tolist() == expected.tolist()


def test_scores_cut_at_interpolated_quintiles(chips: Chips, customers: pd.DataFrame) -> None:
    buyers = chips.buyers
    recency = (chips.sales["day"].max() - buyers["last_day"]).dt.days
    for column, values, is_reversed in (
        ("r_score", recency, True),
        ("f_score", buyers["transactions"], False),
        ("m_score", buyers["cents"], False),
    ):
        limits = np.quantile(values.to_numpy(), [0.2, 0.4, 0.6, 0.8], method="linear")
        score = 1 + np.searchsorted(limits, values.to_numpy(), side="left")
        assert customers[column].tolist() == (6 - score if is_reversed else score).tolist(), column


def test_scores_have_their_segment_in_the_reference_table(customers: pd.DataFrame) -> None:
    names, is_loyal = {}, {}
    for row in reference("rfm_segments"):
        ranges = [range(int(row[f"{score}_min"]), int(row[f"{score}_max"]) + 1) for score in "rfm"]
        for scores in combinations(*ranges):
            assert scores not in names
            names[scores] = row["rfm_segment"]
            is_loyal[scores] = row["is_loyal"] == "true"
    scores = list(zip(customers["r_score"], customers["f_score"], customers["m_score"], strict=True))
    assert len(names) == 125
    assert customers["rfm_segment"].tolist() == [names[score] for score in scores]
    assert customers["is_loyal"].tolist() == [is_loyal[score] for score in scores]


# Segments


def test_life_stage_segments_sum_up_their_customers(chips: Chips) -> None:
    keys = ["lifestage", "premium_tier"]
    table = chips.mart("lifestage_segments").sort_values(keys, ignore_index=True)
    by_segment = chips.buyers.groupby(keys)
    expected = by_segment[["cents", "units", "transactions"]].sum().reset_index()
    count = by_segment.size().to_numpy()
    assert len(table) == 21
    assert table[keys].to_numpy().tolist() == expected[keys].to_numpy().tolist()
    assert cents(table["total_sales"]).tolist() == expected["cents"].tolist()
    assert table["customer_count"].tolist() == count.tolist()
    np.testing.assert_allclose(table["avg_sales_per_customer"], expected["cents"] / 100 / count, rtol=EXACT)
    np.testing.assert_allclose(table["units_per_customer"], expected["units"] / count, rtol=EXACT)
    np.testing.assert_allclose(table["transactions_per_customer"], expected["transactions"] / count, rtol=EXACT)
    np.testing.assert_allclose(table["avg_unit_price"], expected["cents"] / 100 / expected["units"], rtol=EXACT)


@pytest.fixture(scope="module")
def clustered(chips: Chips) -> pd.DataFrame:
    """The clusters of life stages and tiers, in the order of their keys."""
    table = chips.mart("lifestage_segment_clusters")
    return table.sort_values(["lifestage", "premium_tier"], ignore_index=True)


def scaled_features(clustered: pd.DataFrame) -> Floats:
    values = clustered[["total_sales", "customer_count", "avg_sales_per_customer"]].to_numpy(dtype=float)
    return (values - values.mean(axis=0)) / values.std(axis=0)


def best_fit(scaled: Floats, n_clusters: int, n_starts: int) -> KMeans:
    """The best of many starts, until nothing moves; on so few rows threads only wait for each other."""
    with threadpool_limits(1):
        return KMeans(n_clusters=n_clusters, n_init=n_starts, random_state=1, tol=0).fit(scaled)


def test_clusters_are_the_best_of_many_starts(chips: Chips, clustered: pd.DataFrame) -> None:
    scaled = scaled_features(clustered)
    best = best_fit(scaled, n_clusters=3, n_starts=500)
    assert adjusted_rand_score(best.labels_, clustered["cluster_id"]) == 1
    assert (clustered["distance"] ** 2).sum() == pytest.approx(best.inertia_, rel=1e-9)
    distances = np.sort(best.transform(scaled), axis=1)
    np.testing.assert_allclose(clustered["distance"], distances[:, 0], rtol=1e-9)
    np.testing.assert_allclose(clustered["runner_up_distance"], distances[:, 1], rtol=1e-9)
    assert (clustered["runner_up_cluster_id"] != clustered["cluster_id"]).all()


def test_public_clusters_have_their_known_inertia(real: Chips) -> None:
    clusters = real.mart("lifestage_segment_clusters")
    assert (clusters["distance"] ** 2).sum() == pytest.approx(16.736175, abs=5e-7)
    assert clusters["cluster_id"].value_counts().to_dict() == {1: 7, 2: 7, 3: 7}


def test_clusters_are_numbered_by_the_feature_that_parts_them_best(clustered: pd.DataFrame) -> None:
    """Descending, so that the numbers do not depend on the fit's starts."""
    scaled = pd.DataFrame(scaled_features(clustered))
    centres = scaled.groupby(clustered["cluster_id"].to_numpy()).mean()
    closest = {feature: np.diff(np.sort(column)).min() for feature, column in centres.items()}
    best = max(closest, key=closest.__getitem__)
    assert centres.index.tolist() == [1, 2, 3]
    assert centres[best].is_monotonic_decreasing


def test_clusters_earn_their_names(clustered: pd.DataFrame) -> None:
    """Core has the highest sales and sales per customer, Potential of the others the most customers."""
    z_scores = pd.DataFrame(scaled_features(clustered), columns=["sales", "customers", "average"])
    by_cluster = z_scores.groupby(clustered["cluster_id"].to_numpy()).mean()
    core = (by_cluster["sales"] + by_cluster["average"]).idxmax()
    sizes = clustered.groupby("cluster_id")["customer_count"].sum().drop(core)
    expected = {core: "Core", sizes.idxmax(): "Potential", sizes.idxmin(): "Occasional"}
    names = clustered.drop_duplicates("cluster_id").set_index("cluster_id")["segment_name"]
    assert names.to_dict() == expected
    assert clustered.groupby("cluster_id")["segment_name"].nunique().tolist() == [1, 1, 1]


def test_planted_groups_are_found(synthetic: Chips, sample: ChipsSample) -> None:
    clusters = synthetic.mart("lifestage_segment_clusters").set_index(["lifestage", "premium_tier"])
    planted = {(segment.life_stage, segment.tier): segment.group for segment in sample.truth.segments}
    found = clusters["segment_name"].to_dict()
    assert adjusted_rand_score([planted[key] for key in found], list(found.values())) == 1
    assert found == planted


def test_diagnostics_agree_with_scikit_learn(chips: Chips, clustered: pd.DataFrame) -> None:
    table = chips.mart("segment_diagnostics").query("analysis == 'lifestage_segments'").sort_values("n_clusters")
    scaled = scaled_features(clustered)
    assert table["n_clusters"].tolist() == list(range(1, 11))
    assert table["n_clusters"][table["is_chosen"]].tolist() == [3]
    # With more clusters than these, a hundred starts do not always find the best fit.
    for row in table[table["n_clusters"].between(1, 6)].itertuples():
        fit = best_fit(scaled, row.n_clusters, n_starts=100)
        assert row.inertia == pytest.approx(fit.inertia_, rel=1e-9)
        if row.n_clusters > 1:
            assert row.silhouette == pytest.approx(silhouette_score(scaled, fit.labels_), rel=1e-9)
            assert row.calinski_harabasz == pytest.approx(calinski_harabasz_score(scaled, fit.labels_), rel=1e-9)
            # Of a cluster of one unit it takes the root of a rounding error for the unit's distance from its centre.
            assert row.davies_bouldin == pytest.approx(davies_bouldin_score(scaled, fit.labels_), rel=1e-6)
    assert table["inertia"].is_monotonic_decreasing
    several = table[table["n_clusters"] > 1].set_index("n_clusters")
    preferred = {
        "silhouette": several["silhouette"].idxmax(),
        "Calinski-Harabasz": several["calinski_harabasz"].idxmax(),
        "Davies-Bouldin": several["davies_bouldin"].idxmin(),
        "stability": several["stability"].idxmax(),
    }
    suggestions = table.set_index("n_clusters")["suggested_by"].fillna("")
    for method, n_clusters in preferred.items():
        assert method in suggestions[n_clusters].split(", ")
        assert suggestions.str.contains(method, regex=False).sum() == 1


def test_profiles_compare_clusters_with_the_population(chips: Chips, clustered: pd.DataFrame) -> None:
    profiles = chips.mart("segment_profiles").query("analysis == 'lifestage_segments'")
    units = chips.mart("lifestage_segments").merge(clustered[["lifestage", "premium_tier", "cluster_id"]])
    for row in profiles[profiles["measure"] != "cluster_customers"].itertuples():
        values, own = units[row.measure], units["cluster_id"] == row.cluster_id
        assert (row.units, row.customers) == (own.sum(), units["customer_count"][own].sum())
        assert row.mean == pytest.approx(values[own].mean(), rel=1e-7)
        assert row.median == pytest.approx(values[own].median(), rel=1e-7)
        assert row.population_mean == pytest.approx(values.mean(), rel=1e-7)
        assert row.z_score == pytest.approx((values[own].mean() - values.mean()) / values.std(ddof=0), abs=1e-7)
        assert row.index_to_population == pytest.approx(values[own].mean() / values.mean(), abs=1e-7)
        assert row.is_fit_feature == (row.measure in ("total_sales", "customer_count", "avg_sales_per_customer"))
    sizes = units.groupby("cluster_id")["customer_count"].sum()
    for row in profiles[profiles["measure"] == "cluster_customers"].itertuples():
        assert row.mean == sizes[row.cluster_id]
        assert row.z_score == pytest.approx((row.mean - sizes.mean()) / sizes.std(ddof=0), abs=1e-7)
    assert len(profiles) == 3 * 7


def test_actions_follow_from_the_profiles_by_the_rules(chips: Chips) -> None:
    profiles = chips.mart("segment_profiles").query("analysis == 'lifestage_segments'")
    notable = profiles[(profiles["index_to_population"] - 1).abs() >= PROJECT["vars"]["notable_difference"]]
    expected = set()
    for rule in reference("action_rules"):
        if rule["analysis"] == "lifestage_segments":
            sign = 1 if rule["direction"] == "high" else -1
            of_measure = notable[notable["measure"] == rule["measure"]]
            fitting = of_measure[sign * of_measure["z_score"] >= float(rule["min_z_score"])]
            expected |= {(name, rule["action_type"], rule["measure"]) for name in fitting["segment_name"]}
    actions = chips.mart("segment_actions").query("analysis == 'lifestage_segments'")
    assert set(actions[["segment_name", "action_type", "measure"]].itertuples(index=False, name=None)) == expected
    assert len(actions) == len(expected)
    assert set(actions["segment_name"]) == {"Core", "Potential", "Occasional"}
    assert not actions["action"].str.contains("[{}]").any()
    for _, ranked in actions.sort_values("action_rank").groupby("segment_name"):
        assert ranked["action_rank"].tolist() == list(range(1, len(ranked) + 1))
        assert ranked["z_score"].abs().is_monotonic_decreasing


def test_every_customer_is_in_the_cluster_of_the_life_stage(chips: Chips, clustered: pd.DataFrame) -> None:
    table = chips.mart("customer_segments").query("analysis == 'lifestage_segments'")
    table = table.set_index("customer_id").sort_index()
    names = clustered.set_index(["lifestage", "premium_tier"])["segment_name"]
    expected = names.loc[list(zip(chips.buyers["lifestage"], chips.buyers["premium_tier"], strict=True))]
    assert table.index.tolist() == chips.buyers.index.tolist()
    assert table["segment_name"].tolist() == expected.tolist()
    assert table["is_borderline"].tolist() == (table["distance"] > 0.9 * table["runner_up_distance"]).tolist()


# Affinities


def segments_of(chips: Chips, customers: pd.DataFrame) -> dict[tuple[str, str], Mask]:
    """Which customers belong to each segment of segment_affinity."""
    clusters = chips.mart("lifestage_segment_clusters").set_index(["lifestage", "premium_tier"])["segment_name"]
    columns = {
        "life stage": customers["lifestage"],
        "premium tier": customers["premium_tier"],
        "life stage and tier": customers["lifestage"] + ", " + customers["premium_tier"],
        "cluster": pd.Series(
            clusters.loc[list(zip(customers["lifestage"], customers["premium_tier"], strict=True))].to_numpy(),
            index=customers.index,
        ),
    }
    return {(kind, name): (column == name).to_numpy() for kind, column in columns.items() for name in column.unique()}


def weights_of(chips: Chips, attribute: str) -> tuple[pd.DataFrame, Floats]:
    """Packets per customer and value of an attribute, and per customer."""
    table = chips.sales.pivot_table(index="customer_id", columns=attribute, values="units", aggfunc="sum", fill_value=0)
    return table, table.to_numpy().sum(axis=1).astype(float)


def spread_of_customers(weights: Floats, total: Floats) -> Floats:
    """The a and b by which customers who choose alike, with share p, differ: var(x) = p (1 - p) (a y + b y^2).

    Solved value by value from the sums of the squared residuals, and of the same per packet. Where all customers buy
    equally much, or one of the two would be negative, the other one alone has to explain the first sum.

    Args:
        weights: x, shape (n_customers, n_values).
        total: y, shape (n_customers,).

    Returns:
        Shape (2, n_values).
    """
    share = weights.sum(axis=0) / total.sum()
    squares = (weights - np.outer(total, share)) ** 2 / (share * (1 - share)) * len(total) / (len(total) - 1)
    first, second = squares.sum(axis=0), (squares / total[:, None]).sum(axis=0)
    only_a = np.array([first / total.sum(), np.zeros_like(first)])
    if np.ptp(total) == 0:
        return only_a
    only_b = np.array([np.zeros_like(first), first / (total**2).sum()])
    both = np.linalg.solve([[total.sum(), (total**2).sum()], [len(total), total.sum()]], [first, second])
    return np.where(both[1] < 0, only_a, np.where(both[0] < 0, only_b, both))


def comparison(by_value: pd.DataFrame, total: Floats, inside: Mask) -> pd.DataFrame:
    """What a mart should say of a segment's customers against all others, one row per value."""
    weights = by_value.to_numpy(dtype=float)
    a, b = spread_of_customers(weights, total)
    share, other = (weights[group].sum(axis=0) / total[group].sum() for group in (inside, ~inside))
    spread, other_spread = (
        (a * total[group].sum() + b * (total[group] ** 2).sum()) / total[group].sum() ** 2
        for group in (inside, ~inside)
    )
    width = norm.ppf(0.975) * np.sqrt((1 - share) / share * spread + (1 - other) / other * other_spread)
    # If nothing is different, both shares vary around that of all customers.
    overall = weights.sum(axis=0) / total.sum()
    error = np.sqrt(overall * (1 - overall) * (spread + other_spread))
    return pd.DataFrame(
        {
            "buyers": (weights[inside] > 0).sum(axis=0),
            "weight": weights[inside].sum(axis=0),
            "share": share,
            "other_share": other,
            "affinity_index": share / other,
            "affinity_index_low": share / other * np.exp(-width),
            "affinity_index_high": share / other * np.exp(width),
            "p_value": 2 * norm.sf(np.abs(share - other) / error),
        },
        index=by_value.columns,
    )


def assert_equal_comparison(found: pd.DataFrame, expected: pd.DataFrame, renamed: dict[str, str]) -> None:
    """Compare the columns of a mart, some of which have other names there."""
    found = found.rename(columns={name: column for column, name in renamed.items()})
    columns = [column for column in expected.columns if column in found.columns]
    assert {"buyers", "share", "other_share"} <= set(columns)
    assert found.index.is_unique
    assert set(found.index) == set(expected.index)
    found = found.loc[expected.index, columns]
    assert_frame_equal(found, expected[columns], check_names=False, check_dtype=False, rtol=CLOSE, atol=1e-300)


@pytest.mark.parametrize("attribute", ["brand", "flavour", "pack size"])
def test_affinities_are_ratios_over_customers(chips: Chips, customers: pd.DataFrame, attribute: str) -> None:
    renamed = {"share": "segment_unit_share", "other_share": "other_unit_share", "weight": "segment_units"}
    table = chips.mart("segment_affinity").query("attribute == @attribute")
    by_value, total = weights_of(chips, attribute)
    segments = segments_of(chips, customers)
    assert set(table[["segment_type", "segment"]].itertuples(index=False, name=None)) == set(segments)
    for (kind, name), rows in table.groupby(["segment_type", "segment"]):
        inside = segments[kind, name]
        assert set(rows["segment_customers"]) == {inside.sum()}
        expected = comparison(by_value, total, inside)
        assert_equal_comparison(rows.set_index("attribute_value"), expected, renamed)


@pytest.mark.parametrize(
    ("mart", "family"), [("segment_affinity", "segment_type"), ("loyal_customer_profile", "attribute")]
)
def test_significance_is_corrected_over_all_comparisons_of_a_family(chips: Chips, mart: str, family: str) -> None:
    table = chips.mart(mart)
    assert table["p_value"].notna().all()
    corrected = table.groupby(family)["p_value"].transform(lambda values: false_discovery_control(values.to_numpy()))
    np.testing.assert_allclose(table["q_value"], corrected, rtol=1e-12)
    assert table["is_significant"].tolist() == (table["q_value"] < 0.05).tolist()


def test_small_counts_are_flagged(chips: Chips) -> None:
    for mart, buyers in (("segment_affinity", "buyers"), ("loyal_customer_profile", "loyal_customers")):
        table = chips.mart(mart)
        assert table["is_small_count"].tolist() == (table[buyers] < 30).tolist()


def test_loyal_customers_are_compared_with_all_others(chips: Chips, customers: pd.DataFrame) -> None:
    table = chips.mart("loyal_customer_profile")
    inside = customers["is_loyal"].to_numpy()
    baskets = chips.sales.groupby(["customer_id", *[key for key in PURCHASE if key != "customer_id"]])["units"].sum()
    sizes = np.select([baskets >= 3, baskets == 2], ["3 units or more", "2 units"], "1 unit")
    weights = {
        "life stage": pd.get_dummies(customers["lifestage"]),
        "premium tier": pd.get_dummies(customers["premium_tier"]),
        "basket size": pd.crosstab(baskets.index.get_level_values("customer_id"), sizes),
        **{attribute: weights_of(chips, attribute)[0] for attribute in ("brand", "flavour", "pack size")},
    }
    assert set(table["attribute"]) == set(weights)
    for attribute, by_value in weights.items():
        expected = comparison(by_value, by_value.to_numpy(dtype=float).sum(axis=1), inside)
        rows = table[table["attribute"] == attribute].set_index("attribute_value")
        assert_equal_comparison(rows, expected, {"share": "loyal_share", "buyers": "loyal_customers"})
