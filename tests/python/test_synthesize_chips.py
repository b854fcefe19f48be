"""The synthetic chips sales: every wart in place, and a planted truth that is found again."""

import re
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control, norm
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score

from tools.synthesize import ChipsSample, _files, chips, synthesize_chips
from tools.synthesize.__main__ import main
from tools.synthesize.chips import DAYS, DEFAULT_LINES, DEFAULT_SEED, EXCEL_EPOCH, MIN_LINES

COMMITTED = Path(__file__).parents[2] / "seeds" / "sample" / "chips"
TRANSACTIONS = "transaction_data.csv"
CUSTOMERS = "purchase_behaviour.csv"


@pytest.fixture(scope="module")
def sample() -> ChipsSample:
    """The default sample."""
    return synthesize_chips()


@pytest.fixture(scope="module")
def large() -> ChipsSample:
    """A sample in which chance plays a smaller part."""
    return synthesize_chips(lines=200_000, seed=11)


def products(sample: ChipsSample) -> pd.DataFrame:
    """The planted products, by PROD_NBR."""
    return pd.DataFrame([vars(product) for product in sample.truth.products]).set_index("prod_nbr")


def joined(sample: ChipsSample) -> pd.DataFrame:
    """All lines but the bulk ones, with their customer, product and day."""
    lines = sample.transactions[sample.transactions["PROD_QTY"] < 200]
    lines = lines.merge(sample.customers, on="LYLTY_CARD_NBR", validate="many_to_one")
    lines = lines.merge(products(sample), left_on="PROD_NBR", right_index=True).sort_index()
    return lines.assign(day=pd.Timestamp(EXCEL_EPOCH) + pd.to_timedelta(lines["DATE"], unit="D"))


def in_windows(days: pd.Series, windows: tuple[tuple[date, date], ...]) -> pd.Series:
    """Whether each day lies in one of the windows."""
    inside = [days.between(pd.Timestamp(first), pd.Timestamp(last)) for first, last in windows]
    return pd.concat(inside, axis=1).any(axis=1)


def segment_table(sample: ChipsSample) -> tuple[np.ndarray, list[str]]:
    """Total sales, customers and sales per customer of the 21 segments, standardised, with their planted groups."""
    group = {(segment.life_stage, segment.tier): segment.group for segment in sample.truth.segments}
    by_segment = joined(sample).groupby(["LIFESTAGE", "PREMIUM_CUSTOMER"])
    table = by_segment.agg(sales=("TOT_SALES", "sum"), customers=("LYLTY_CARD_NBR", "nunique"))
    table["average"] = table["sales"] / table["customers"]
    return ((table - table.mean()) / table.std(ddof=0)).to_numpy(), [group[key] for key in table.index]


# The files


def test_files_have_the_layout_of_the_public_ones() -> None:
    transactions = (COMMITTED / TRANSACTIONS).read_bytes().decode("ascii")
    customers = (COMMITTED / CUSTOMERS).read_bytes().decode("ascii")
    header, *lines = transactions.removesuffix("\n").split("\n")
    assert header == "DATE,STORE_NBR,LYLTY_CARD_NBR,TXN_ID,PROD_NBR,PROD_NAME,PROD_QTY,TOT_SALES"
    assert len(lines) == DEFAULT_LINES
    line = re.compile(r"4\d{4},\d+,\d+,\d+,\d+,[^,\"]+,\d+,\d+(\.[1-9])?")
    assert all(line.fullmatch(text) for text in lines)
    header, *lines = customers.removesuffix("\r\n").split("\r\n")
    assert header == "LYLTY_CARD_NBR,LIFESTAGE,PREMIUM_CUSTOMER"
    assert 5_000 <= len(lines) <= 5_500
    assert all(re.fullmatch(r"\d+,[A-Z/ ]+,(Budget|Mainstream|Premium)", text) for text in lines)


def test_files_hold_the_sample(sample: ChipsSample) -> None:
    for name, frame in ((TRANSACTIONS, sample.transactions), (CUSTOMERS, sample.customers)):
        read = pd.read_csv(COMMITTED / name)
        pd.testing.assert_frame_equal(read, frame.astype(read.dtypes))


def test_tables_fit_together(sample: ChipsSample) -> None:
    transactions, customers = sample.transactions, sample.customers
    assert not transactions.isna().any(axis=None)
    assert transactions["LYLTY_CARD_NBR"].is_monotonic_increasing
    assert customers["LYLTY_CARD_NBR"].is_monotonic_increasing
    assert customers["LYLTY_CARD_NBR"].is_unique
    assert set(customers["LYLTY_CARD_NBR"]) == set(transactions["LYLTY_CARD_NBR"])
    assert len(customers.drop_duplicates(["LIFESTAGE", "PREMIUM_CUSTOMER"])) == len(sample.truth.segments) == 21


@pytest.mark.parametrize("lines", [MIN_LINES, 3 * MIN_LINES + 1])
def test_small_samples_are_complete(lines: int) -> None:
    small = synthesize_chips(lines, seed=2)
    assert len(small.transactions) == lines
    assert small.transactions["DATE"].nunique() == 364
    assert len(small.customers.drop_duplicates(["LIFESTAGE", "PREMIUM_CUSTOMER"])) == 21


def test_larger_samples_have_more_cards_and_stores(sample: ChipsSample, large: ChipsSample) -> None:
    assert len(large.transactions) == 200_000
    assert len(large.customers) == pytest.approx(10 * len(sample.customers), rel=0.05)
    assert sample.transactions["STORE_NBR"].nunique() == 20
    assert large.transactions["STORE_NBR"].nunique() > 100
    assert large.customers["LYLTY_CARD_NBR"].is_unique
    assert large.transactions["DATE"].nunique() == 364


# Larger samples


@pytest.fixture(scope="module")
def wide() -> ChipsSample:
    """Busier customers, a wider range, and several blocks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chips, "BLOCK_LINES", 60_000)
        return synthesize_chips(300_000, seed=12, customers=15_000, products=1_000)


def test_customers_and_products_are_as_many_as_wanted(wide: ChipsSample) -> None:
    assert len(wide.transactions) == 300_000
    assert len(wide.customers) == pytest.approx(15_000, rel=0.02)
    assert len(wide.truth.products) == 1_000
    assert wide.transactions["PROD_NBR"].nunique() > 950
    names = products(wide)["name"]
    assert names.is_unique
    assert names.str.len().max() <= 40
    assert products(wide)["price"].between(1, 10).all()


def test_blocks_fit_together(wide: ChipsSample) -> None:
    transactions, quirks = wide.transactions, wide.truth.quirks
    assert transactions["LYLTY_CARD_NBR"].is_monotonic_increasing
    assert wide.customers["LYLTY_CARD_NBR"].is_unique
    assert set(wide.customers["LYLTY_CARD_NBR"]) == set(transactions["LYLTY_CARD_NBR"])
    assert {quirks.bulk_card, *quirks.misnumbered_cards, *quirks.high_cards} <= set(wide.customers["LYLTY_CARD_NBR"])
    assert (transactions["PROD_QTY"] == 200).sum() == 2
    by_store = transactions[transactions["TXN_ID"] != quirks.second_store_txn_id].groupby("STORE_NBR")["TXN_ID"]
    assert (by_store.min().to_numpy()[1:] > by_store.max().to_numpy()[:-1]).all()
    assert list(by_store.min().index) == list(range(301, 301 + len(by_store.min())))
    # Each block has draws of its own.
    shares = transactions["PROD_NBR"].to_numpy().reshape(5, -1)
    assert all((shares[0] == other).mean() < 0.1 for other in shares[1:])


def test_a_wider_range_keeps_the_planted_truth(wide: ChipsSample) -> None:
    lines = joined(wide)
    sales = lines.groupby("PROD_NBR")["TOT_SALES"].sum().sort_values(ascending=False)
    assert tuple(sales.index[:3]) == wide.truth.top_products
    assert sales.index[0] == wide.truth.expected_sales.index(max(wide.truth.expected_sales)) + 1
    for affinity in wide.truth.affinities:
        chosen, inside = lines[affinity.attribute] == affinity.value, prefers(lines, affinity)
        others = np.logical_or.reduce([prefers(lines, other) for other in wide.truth.affinities])
        assert chosen[inside].mean() / chosen[~others].mean() == pytest.approx(affinity.index, rel=0.06)
    for promotion in wide.truth.promotions:
        on, product = in_windows(lines["day"], promotion.windows), lines["PROD_NBR"] == promotion.prod_nbr
        uplift = (product[on].sum() / (~product[on]).sum()) / (product[~on].sum() / (~product[~on]).sum())
        assert uplift == pytest.approx(promotion.uplift, rel=0.15)
    scaled, groups = segment_table(wide)
    labels = KMeans(n_clusters=3, n_init=100, random_state=0).fit_predict(scaled)
    assert adjusted_rand_score(groups, labels) == 1


@pytest.mark.parametrize("form", ["one file", "a folder"])
def test_parquet_holds_the_same_rows(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if form == "a folder":
        monkeypatch.setattr(chips, "BLOCK_LINES", 2_000)
        monkeypatch.setattr(_files, "CHUNK_ROWS", 3_000)
    arguments = ["--dataset", "chips", "--lines", str(MIN_LINES), "--seed", "3", "--out"]
    assert main([*arguments, str(tmp_path / "csv")]) == 0
    assert main([*arguments, str(tmp_path / "parquet"), "--format", "parquet"]) == 0
    folder = tmp_path / "parquet" / "chips"
    table = "transaction_data.parquet" if form == "one file" else "transaction_data"
    assert sorted(path.name for path in folder.iterdir()) == ["purchase_behaviour.parquet", table]
    for name in ("transaction_data", "purchase_behaviour"):
        with duckdb.connect() as connection:
            path = folder / f"{name}.parquet" if (folder / f"{name}.parquet").exists() else folder / name / "*.parquet"
            found = connection.execute(f"from read_parquet('{path}')").df()
        expected = pd.read_csv(tmp_path / "csv" / "chips" / f"{name}.csv")
        pd.testing.assert_frame_equal(found.astype(expected.dtypes), expected)


# The warts


def test_dates_are_excel_serials_without_christmas_day(sample: ChipsSample) -> None:
    expected = {(day - EXCEL_EPOCH).days for day in DAYS}
    assert set(sample.transactions["DATE"]) == expected
    assert (min(expected), max(expected), len(expected)) == (43282, 43646, 364)
    assert 43459 not in expected


def test_bulk_lines(sample: ChipsSample) -> None:
    promotion, quirks = sample.truth.promotions[0], sample.truth.quirks
    bulk = sample.transactions[sample.transactions["PROD_QTY"] == 200]
    assert len(bulk) == 2
    pd.testing.assert_frame_equal(bulk, sample.transactions[sample.transactions["LYLTY_CARD_NBR"] == quirks.bulk_card])
    assert tuple(bulk["TXN_ID"]) == quirks.bulk_txn_ids
    assert set(bulk["PROD_NBR"]) == {promotion.prod_nbr}
    assert set(bulk["TOT_SALES"]) == {200 * 0.5 * products(sample)["price"][promotion.prod_nbr]}
    days = pd.Timestamp(EXCEL_EPOCH) + pd.to_timedelta(bulk["DATE"], unit="D")
    assert [in_windows(days, (window,)).sum() for window in promotion.windows] == [1, 1]


def test_one_row_is_there_twice(sample: ChipsSample) -> None:
    copies = sample.transactions[sample.transactions.duplicated()]
    assert list(copies["TXN_ID"]) == [sample.truth.quirks.duplicate_txn_id]


def test_transaction_ids_are_not_clean(sample: ChipsSample) -> None:
    quirks, by_id = sample.truth.quirks, sample.transactions.groupby("TXN_ID")
    rows, dates, cards = by_id.size(), by_id["DATE"].nunique(), by_id["LYLTY_CARD_NBR"].nunique()
    assert (rows > 1).mean() == pytest.approx(0.006, rel=0.2)
    assert rows.max() == 3
    assert set(dates.index[(dates == 2) & (cards == 1)]) == set(quirks.two_date_txn_ids)
    assert set(dates.index[(dates == 2) & (cards == 2)]) == set(quirks.two_card_txn_ids)
    assert (len(quirks.two_date_txn_ids), len(quirks.two_card_txn_ids)) == (2, 2)
    assert dates.max() == cards.max() == 2
    assert sample.transactions["TXN_ID"].max() == quirks.second_store_txn_id


def test_card_numbers_and_stores_do_not_always_fit(sample: ChipsSample) -> None:
    transactions, quirks = sample.transactions, sample.truth.quirks
    stores = transactions.groupby("LYLTY_CARD_NBR")["STORE_NBR"].nunique()
    assert list(stores.index[stores > 1]) == [quirks.second_store_card]
    stray = transactions[transactions["TXN_ID"] == quirks.second_store_txn_id]
    assert list(stray["LYLTY_CARD_NBR"]) == [quirks.second_store_card]
    misfits = transactions[transactions["LYLTY_CARD_NBR"] // 1000 != transactions["STORE_NBR"]]
    odd_cards = {*quirks.misnumbered_cards, *quirks.high_cards}
    assert set(misfits["LYLTY_CARD_NBR"]) == odd_cards | {quirks.second_store_card}
    assert len(misfits) < 100
    high = transactions.loc[transactions["LYLTY_CARD_NBR"] >= 2_000_000, "LYLTY_CARD_NBR"]
    assert set(high) == set(quirks.high_cards)


def test_some_stores_trade_part_of_the_year(sample: ChipsSample) -> None:
    lines = joined(sample)
    lines = lines[lines["TXN_ID"] != sample.truth.quirks.second_store_txn_id]
    months = lines.groupby("STORE_NBR")["day"].agg(lambda days: days.dt.strftime("%Y-%m").nunique())
    assert months[months < 12].to_dict() == {307: 2, 313: 11}
    for store in sample.truth.part_year_stores:
        days = lines.loc[lines["STORE_NBR"] == store.store_nbr, "day"]
        assert days.between(pd.Timestamp(store.first_day), pd.Timestamp(store.last_day)).all()


def test_quantities(sample: ChipsSample) -> None:
    shares = sample.transactions["PROD_QTY"].value_counts(normalize=True)
    assert set(shares.index) == {1, 2, 3, 4, 5, 200}
    assert shares[2] == pytest.approx(0.89, abs=0.01)
    assert shares[1] == pytest.approx(0.10, abs=0.01)


def test_prices_are_constant_but_for_promotions_and_odd_rows(sample: ChipsSample) -> None:
    lines, quirks = joined(sample), sample.truth.quirks
    paid = (10 * lines["TOT_SALES"]).round().astype(int)
    expected = (10 * lines["price"]).round().astype(int) * lines["PROD_QTY"]
    for promotion in sample.truth.promotions:
        on_offer = (lines["PROD_NBR"] == promotion.prod_nbr) & in_windows(lines["day"], promotion.windows)
        expected = expected.where(~on_offer, expected * (100 - promotion.discount_percent) // 100)
    odd = lines[paid != expected]
    assert sorted(odd["TXN_ID"]) == sorted(quirks.short_paid_txn_ids)
    assert len(odd) == 5
    assert in_windows(odd["day"], sample.truth.promotions[0].windows).all()
    assert set((odd["TOT_SALES"] / odd["price"]).round(9)) == {1.0, 2.0}
    assert odd["PROD_QTY"].between(2, 5).all()


def test_product_names_show_every_wart(sample: ChipsSample) -> None:
    table = products(sample)
    names = table["name"]
    assert list(table.index) == list(range(1, len(table) + 1))
    assert names.is_unique
    used = sample.transactions.drop_duplicates(["PROD_NBR", "PROD_NAME"])
    assert dict(zip(used["PROD_NBR"], used["PROD_NAME"], strict=True)) == names.to_dict()
    # What follows a run of spaces starts at column 20.
    assert {run.end() for name in names for run in re.finditer("  +", name)} == {20}
    assert names.str.len().max() == 40
    patterns = {
        "size glued to a word": r"[a-z]\d+g$",
        "size in upper case": r" \d+G$",
        "size glued to the heat": r"Ht\d+g$",
        "size in the middle": r" \d+g ",
        "glued words": r"[a-z][A-Z]\w+&[A-Z]",
        "slash": "/",
        "ampersand": " & ",
        "run of spaces": "   ",
    }
    for wart, pattern in patterns.items():
        assert names.str.contains(pattern).any(), wart


def test_product_table_agrees_with_the_names(sample: ChipsSample) -> None:
    table, aliases = products(sample), dict(sample.truth.aliases)
    for product in table.itertuples():
        assert product.name.upper().startswith(f"{product.alias} ")
        assert aliases[product.alias] == product.brand
        assert [int(size) for size in re.findall(r"(\d+)[gG]\b", product.name)] == [product.pack_grams]
    assert set(table["alias"]) == set(aliases)
    assert table["brand"].nunique() == 12
    assert 8 <= table["pack_grams"].nunique() <= 10
    assert table["pack_grams"].agg(["min", "max"]).tolist() == [70, 380]
    assert table["lines_per_1000"].sum() == 1000
    assert (table["flavour"] == "").sum() == (table["family"] == "None").sum() == 1
    assert table["family"].nunique() == 13


def test_salsa_is_mostly_dip_and_sometimes_chips(sample: ChipsSample) -> None:
    salsa = products(sample)[lambda table: table["name"].str.contains("salsa", case=False)]
    chips = salsa[salsa["product_type"] == "chips"]
    assert (len(salsa), len(chips)) == (6, 2)
    assert chips["name"].str.contains("Crinkle").all()
    assert not salsa.loc[salsa["product_type"] == "dip", "name"].str.contains("Crinkle").any()


# The truth


@pytest.mark.parametrize("seed", [DEFAULT_SEED, 21, 22, 23, 24, 25])
def test_segments_form_the_planted_groups(seed: int) -> None:
    scaled, groups = segment_table(synthesize_chips(seed=seed))
    labels = KMeans(n_clusters=3, n_init=100, random_state=0).fit_predict(scaled)
    assert adjusted_rand_score(groups, labels) >= (1.0 if seed == DEFAULT_SEED else 0.95)


def test_three_groups_have_the_best_silhouette(sample: ChipsSample) -> None:
    scaled, _ = segment_table(sample)
    silhouettes = {
        k: silhouette_score(scaled, KMeans(n_clusters=k, n_init=20, random_state=0).fit_predict(scaled))
        for k in range(2, 11)
    }
    assert max(silhouettes, key=silhouettes.get) == 3
    assert silhouettes[3] > 0.8


def test_groups_deserve_their_names(sample: ChipsSample) -> None:
    lines = joined(sample)
    group = {(segment.life_stage, segment.tier): segment.group for segment in sample.truth.segments}
    lines["group"] = [group[key] for key in zip(lines["LIFESTAGE"], lines["PREMIUM_CUSTOMER"], strict=True)]
    by_group = lines.groupby("group").agg(sales=("TOT_SALES", "sum"), cards=("LYLTY_CARD_NBR", "nunique"))
    average = by_group["sales"] / by_group["cards"]
    assert average["Core"] > 1.5 * average[["Potential", "Occasional"]].max()
    assert by_group["cards"]["Potential"] > by_group["cards"]["Core"] > by_group["cards"]["Occasional"]


def test_top_products_earn_most(sample: ChipsSample, large: ChipsSample) -> None:
    expected = pd.Series(sample.truth.expected_sales, index=products(sample).index).sort_values(ascending=False)
    assert tuple(expected.index[:3]) == sample.truth.top_products
    assert all(expected.iloc[place] > 1.1 * expected.iloc[place + 1] for place in range(3))
    for drawn in (sample, large):
        sales = joined(drawn).groupby("PROD_NBR")["TOT_SALES"].sum().sort_values(ascending=False)
        assert tuple(sales.index[:3]) == sample.truth.top_products
    np.testing.assert_allclose(sales / sales.sum(), expected[sales.index], rtol=0.08)


def test_one_pack_size_earns_most(sample: ChipsSample) -> None:
    sales = joined(sample).groupby("pack_grams")["TOT_SALES"].sum().sort_values(ascending=False)
    assert sales.index[0] == 175
    assert sales.iloc[0] > 1.25 * sales.iloc[1]


def test_affinities_have_their_index(large: ChipsSample) -> None:
    lines = joined(large)
    preferring = pd.Series(False, index=lines.index)
    for affinity in large.truth.affinities:
        preferring |= prefers(lines, affinity)
    for affinity in large.truth.affinities:
        chosen = lines[affinity.attribute] == affinity.value
        index = chosen[prefers(lines, affinity)].mean() / chosen[~preferring].mean()
        assert index == pytest.approx(affinity.index, rel=0.06)


def test_pack_size_affinity_leaves_brands_alone(large: ChipsSample) -> None:
    lines = joined(large)
    premium = lines["PREMIUM_CUSTOMER"] == "Premium"
    neutral = ~premium & ~prefers(lines, large.truth.affinities[0]) & ~prefers(lines, large.truth.affinities[1])
    usual = lines[neutral]["brand"].value_counts(normalize=True)
    np.testing.assert_allclose(lines[premium]["brand"].value_counts(normalize=True)[usual.index], usual, rtol=0.12)


def test_affinities_are_significant_for_customers(sample: ChipsSample) -> None:
    """Two-proportion z-tests of every life stage x tier and every tier, for every brand and pack size."""
    lines, customers = joined(sample), sample.customers
    by_segment = customers.groupby(["LIFESTAGE", "PREMIUM_CUSTOMER"]).groups
    by_tier = {(None, tier): rows for tier, rows in customers.groupby("PREMIUM_CUSTOMER").groups.items()}
    scores: dict[tuple, float] = {}
    for attribute in ("brand", "pack_grams"):
        for value, bought in lines.groupby(attribute)["LYLTY_CARD_NBR"]:
            buys = customers["LYLTY_CARD_NBR"].isin(bought)
            for segment, rows in {**by_segment, **by_tier}.items():
                inside = customers.index.isin(rows)
                variance = buys.mean() * (1 - buys.mean()) * (1 / inside.sum() + 1 / (~inside).sum())
                score = (buys[inside].mean() - buys[~inside].mean()) / np.sqrt(variance)
                scores[(*segment, attribute, value)] = score
    q_values = dict(zip(scores, false_discovery_control(2 * norm.sf(np.abs(list(scores.values())))), strict=True))
    for affinity in sample.truth.affinities:
        key = (affinity.life_stage, affinity.tier, affinity.attribute, affinity.value)
        assert scores[key] > 0
        assert q_values[key] < 0.01


def prefers(lines: pd.DataFrame, affinity: object) -> pd.Series:
    """Whether each line is bought by a segment that has the affinity."""
    right_stage = True if affinity.life_stage is None else lines["LIFESTAGE"] == affinity.life_stage
    return (lines["PREMIUM_CUSTOMER"] == affinity.tier) & right_stage


def test_promotions_raise_the_purchase_rate(sample: ChipsSample, large: ChipsSample) -> None:
    lines = joined(large)
    for promotion in large.truth.promotions:
        on, product = in_windows(lines["day"], promotion.windows), lines["PROD_NBR"] == promotion.prod_nbr
        # Against the other products, so that the season cancels out.
        uplift = (product[on].sum() / (~product[on]).sum()) / (product[~on].sum() / (~product[~on]).sum())
        assert uplift == pytest.approx(promotion.uplift, rel=0.12)
    lines = joined(sample)
    promotion = sample.truth.promotions[0]
    product = lines["PROD_NBR"] == promotion.prod_nbr
    assert promotion.prod_nbr not in sample.truth.top_products
    for window in promotion.windows:
        assert (product & in_windows(lines["day"], (window,))).sum() >= 40


def test_season_is_mild(large: ChipsSample) -> None:
    lines, season = joined(large), large.truth.seasonality
    ordinary = ~in_windows(lines["day"], tuple(w for p in large.truth.promotions for w in p.windows))
    per_day = lines[ordinary].groupby("day").size()
    days = per_day.index.to_series()
    weekend = days.dt.day_of_week >= 5
    christmas = in_windows(days, (season.christmas_week,))
    usual = per_day[~weekend & ~christmas].mean()
    assert per_day[weekend & ~christmas].mean() / usual == pytest.approx(season.weekend, rel=0.03)
    assert per_day[~weekend & christmas].mean() / usual == pytest.approx(season.christmas, rel=0.08)


def test_customers_differ_in_loyalty(sample: ChipsSample) -> None:
    transactions = joined(sample).groupby("LYLTY_CARD_NBR")["TXN_ID"].nunique()
    assert transactions.median() == 3
    assert (transactions.min(), transactions.max()) == (1, 15)
    assert 0.1 < (transactions == 1).mean() < 0.3
    assert 0.02 < (transactions >= 10).mean() < 0.15
