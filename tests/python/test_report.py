"""The report's words, tables, charts and sections, without a browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from dbt_runs import DbtRun
from report_files import NASTY, copy_of, quiet, sections_of, tables_of

from segmart.building import keep_report_honest
from segmart.cli import main
from segmart.publishing import Failure
from segmart.report import charts, words
from segmart.report.blocks import TABLE_ROWS, Cards, Column, Facts, Figure, Findings, Listing, Section, Table, Verdict
from segmart.report.marts import Marts, UnreadableMartsError
from segmart.report.page import Legend, legend_of, render, script_json, specification, without_legends
from segmart.report.sections import (
    baskets,
    campaigns,
    findings,
    loyalty,
    products,
    quality,
    segmentations,
    summary,
    with_open_part,
)
from segmart.report.write import GENERATOR, wrapped, write_report

MAX_PAGE_BYTES = 10_000_000
MAX_SECONDS = 20


@pytest.fixture(scope="module")
def sections(sample_build: DbtRun) -> list[Section]:
    return sections_of(sample_build.published)


# Words


@pytest.mark.parametrize(
    ("write", "value", "expected"),
    [
        (words.count, 1933115, "1,933,115"),
        (words.count, 1e15, "1,000,000,000,000,000"),
        (words.count, None, "–"),
        (words.count, pd.NaT, "–"),
        (words.amount, Decimal("999.99"), "999.99"),
        (words.amount, 999.996, "1,000"),
        (words.amount, -1234.5, "-1,235"),
        (words.amount, 11636.5, "11,637"),
        (words.count, 2.5, "3"),
        (words.decimal, float("inf"), "inf"),
        (words.measured, 0.125, "0.13"),
        (words.share, -0.0001, "0.0\u00a0%"),
        (words.month, "2019-05-14", "May 2019"),
        (words.with_days, "since 2019-05-14, id 2019-05-140", "since 14 May 2019, id 2019-05-140"),
        (words.with_days, "2019-13-01", "2019-13-01"),
        (words.against_expected, 13.06, "at 14.1 times what was to be expected"),
        (words.against_expected, -0.2, "20.0\u00a0% below what was to be expected"),
        (words.amount, float("nan"), "–"),
        (words.share, 0.2806, "28.1\u00a0%"),
        (words.share, -0.00001, "0.0\u00a0%"),
        (words.share, -0.105, "-10.5\u00a0%"),
        (words.share, -10.051, "-1,005.1\u00a0%"),
        (words.decimal, -0.001, "0.00"),
        (words.decimal, -10.004, "-10.00"),
        (words.measured, 0.2743, "0.27"),
        (words.measured, 53246.4, "53,246"),
        (words.small_share, 0.0001, "< 0.1\u00a0%"),
        (words.small_share, 0.0, "0.0\u00a0%"),
        (words.small_share, 0.0006, "0.1\u00a0%"),
        (words.sentence_case, "OLDER FAMILIES, Budget", "Older families, Budget"),
        (words.sentence_case, "MIDAGE SINGLES/COUPLES", "Midage singles/couples"),
        (words.sentence_case, "RRD", "RRD"),
        (words.sentence_case, "BBQ", "BBQ"),
        (words.p_value, 1e-200, "< 0.001"),
        (words.p_value, 0.0314, "0.031"),
        (words.day, date(2019, 5, 4), "4 May 2019"),
        (words.day, pd.Timestamp("2019-05-04 10:00"), "4 May 2019"),
        (words.day, pd.NaT, "–"),
        (words.yes_no, False, "no"),
        (words.yes_no, None, "–"),
        (words.label, "avg_sales_per_customer", "average sales per customer"),
    ],
)
def test_values_are_written_plainly(write: Callable[[object], str], value: object, expected: str) -> None:
    assert write(value) == expected


def test_whole_numbers_that_pandas_misses_are_missing() -> None:
    frame = pd.DataFrame({"customers": pd.array([1, None], dtype="Int64")})
    assert [row[0].shown for row in Table(frame, [Column("customers", "Customers", words.count)], "mart").rows] == [
        "1",
        "–",
    ]
    assert charts.records(frame) == [{"customers": 1}, {"customers": None}]


def test_names_are_joined_as_in_a_sentence() -> None:
    assert words.listing([]) == ""
    assert words.listing(["A"]) == "A"
    assert words.listing(["A", "B"]) == "A and B"
    assert words.listing(["A", "B", "C"]) == "A, B and C"


def test_all_who_share_the_first_place_lead() -> None:
    assert words.leaders(["A", "B", "C"], [1, 3, 3]) == (["B", "C"], 3)
    assert words.leaders(["A", "B"], [None, float("nan")])[0] == []
    assert words.leaders(["A", "B"], [float("nan"), -1]) == (["B"], -1)
    assert words.leading(["A", "B"], "brand") == "A and B"
    assert words.leading(list("ABCD"), "brand") == "4 brands"


def test_nouns_follow_their_number() -> None:
    assert words.plural(0, "product") == "no products"
    assert words.plural(1, "product") == "1 product"
    assert words.plural(2000, "family", "families") == "2,000 families"


# Titles


def sales(**rows: float) -> pd.DataFrame:
    total = sum(rows.values()) or 1
    return pd.DataFrame(
        {
            "brand": list(rows),
            "sales_amount": [Decimal(str(value)) for value in rows.values()],
            "sales_share": [value / total for value in rows.values()],
        }
    )


@pytest.mark.parametrize(
    ("example", "amount", "small", "number", "share"),
    [
        ("1,234.50", "39,052", "24.71", "0.46", "28.1"),
        ("1.234,50 €", "39.052\u00a0€", "24,71\u00a0€", "0,46", "28,1"),
        ("$1,234.50", "$39,052", "$24.71", "0.46", "28.1"),
        ("CHF 1'234.50", "CHF\u00a039'052", "CHF\u00a024.71", "0.46", "28.1"),
        ("1 234,50 kr", "39\u00a0052\u00a0kr", "24,71\u00a0kr", "0,46", "28,1"),
        ("1234,50", "39052", "24,71", "0,46", "28,1"),
    ],
)
def test_numbers_are_written_as_readers_write_them(
    example: str, amount: str, small: str, number: str, share: str
) -> None:
    with words.written_in(words.number_format(example)):
        assert [words.amount(39052.4), words.amount(24.71)] == [amount, small]
        assert words.amount(-24.71) == f"-{small}"
        assert words.decimal(0.456) == number
        assert words.share(0.281) == f"{share}\u00a0%"
        assert words.share(-0.0001) == f"0{number[1]}0\u00a0%"
        assert charts.locale()["decimal"] == number[1]
    assert words.amount(39052.4) == "39,052"


@pytest.mark.parametrize("example", ["", "euro", "1234", "1.234.50", "5,234.50", "1,234.5"])
def test_an_example_that_shows_no_format_is_refused(example: str) -> None:
    with pytest.raises(ValueError, match=r"does not show how to write 1234\.50"):
        words.number_format(example)


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ({"A": 75, "B": 25}, "A is the best-selling brand: sales of 75.00, 75.0\u00a0% of all, 3.00 times the next"),
        ({"A": 50, "B": 50}, "A and B share first place: 50.0\u00a0% of sales each"),
        ({"A": 5, "B": 5, "C": 5, "D": 5}, "4 brands share first place: 25.0\u00a0% of sales each"),
        ({"A": 10}, "A is the only brand: sales of 10.00"),
        ({"A": 10, "B": 0}, "A is the best-selling brand: sales of 10.00, 100.0\u00a0% of all"),
        ({}, "No brand was sold"),
    ],
)
def test_the_best_seller_is_named_also_with_ties(amounts: dict[str, float], expected: str) -> None:
    assert products.leader_title(sales(**amounts), "brand", "brand", "brands") == expected


def promotions(*uplifts: tuple[float | None, bool | None]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "uplift_share": pd.Series([uplift for uplift, _ in uplifts], dtype=float),
            "is_uplift_significant": pd.Series([proven for _, proven in uplifts], dtype=object),
        }
    )


@pytest.mark.parametrize(
    ("uplifts", "expected"),
    [
        ([], "No price promotion was found"),
        ([(0.1, False)], "The one promotion sold not provably more than expected"),
        ([(0.1, False), (None, None)], "None of the 2 promotions sold provably more than expected"),
        (
            [(1.6, True), (0.1, False), (-0.5, True)],
            "1 of 3 promotions sold provably more than expected, 2.60 times as much",
        ),
        ([(1.6, True), (0.1, True)], "All 2 promotions sold provably more than expected, the best 2.60 times as much"),
    ],
)
def test_promotions_are_counted_only_if_their_uplift_is_proven(
    uplifts: list[tuple[float | None, bool | None]], expected: str
) -> None:
    assert products.promotion_title(promotions(*uplifts)) == expected


def test_a_promotion_that_sold_less_is_not_called_the_best() -> None:
    frame = promotions((0.2, True), (0.9, False))
    assert products.promotion_title(frame).endswith("expected, 20.0\u00a0% more")


def diagnostics(*rows: tuple[int, float, str | None, bool]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=["n_clusters", "silhouette", "suggested_by", "is_chosen"])
    return frame.assign(
        inertia=1.0, stability=0.9, davies_bouldin=1.0, calinski_harabasz=1.0, is_final=frame["is_chosen"], verdict=""
    )


def test_the_chosen_number_is_compared_with_the_suggested_ones() -> None:
    frame = diagnostics((2, 0.6, "elbow, silhouette", False), (3, 0.5, None, True), (4, 0.1, None, False))
    assert segmentations.elbow_title(frame) == "3 segments, as configured; the curve bends at 2"
    assert segmentations.quality_title(frame) == "3 segments have a silhouette of 0.50; 2 would have 0.60"
    tied = diagnostics((2, 0.6, None, False), (3, 0.6, "elbow", True))
    assert segmentations.elbow_title(tied) == "3 segments, as configured, and there the curve bends"
    assert segmentations.quality_title(tied) == "3 segments have the best silhouette, 0.60"
    assert segmentations.quality_title(diagnostics((1, float("nan"), None, True)).iloc[:0]).startswith("No number")


@pytest.mark.parametrize(
    ("verdict", "weak"),
    [
        ("strong structure", False),
        ("reasonable structure", False),
        ("strong structure, unstable", True),
        ("weak structure", True),
        ("no substantial structure, unstable", True),
        ("no segmentation", True),
        ("too few different units to judge", True),
    ],
)
def test_weak_and_unstable_segmentations_are_marked(verdict: str, weak: bool) -> None:
    frame = diagnostics((3, 0.1, None, True)).assign(verdict=verdict)
    block = segmentations.verdict(frame)
    assert block.is_weak is weak
    assert ("rely" in block.sentence) == ("unstable" in verdict)
    assert segmentations.verdict(frame.iloc[:0]).is_weak


def test_only_the_final_stage_is_judged() -> None:
    frame = diagnostics((8, 0.7, None, True), (3, 0.1, None, True)).assign(is_final=[False, True])
    frame["verdict"] = ["strong structure", "weak structure"]
    assert segmentations.verdict(frame).verdict == "Weak structure"


def test_correlations_are_called_weak_where_they_are() -> None:
    frame = pd.DataFrame({"x_name": ["age", "age"], "y_label": ["income", "size"], "pearson": [-0.29, 0.1]})
    assert segmentations.correlation_title(frame).endswith("no correlation is stronger than -0.29")
    strong = frame.assign(pearson=[-0.9, 0.5])
    assert segmentations.correlation_title(strong) == (
        "Age and income go together most (-0.90); 2 of 2 pairs correlate by 0.5 or more"
    )
    assert segmentations.correlation_title(frame.assign(pearson=np.nan)) == "No pair of features varies"


def test_empty_bins_are_filled_with_nobody() -> None:
    frame = pd.DataFrame(
        {
            "feature": ["age"] * 3,
            "segment_name": ["A", "A", "B"],
            "bin_start": [0.0, 10.0, 5.0],
            "bin_end": [5.0, 15.0, 10.0],
            "units": [1, 2, 3],
            "unit_share": [0.5, 0.5, 1.0],
        }
    )
    filled = segmentations.with_empty_bins(frame)
    assert filled[["segment_name", "bin_start", "units"]].values.tolist() == [
        ["A", 0.0, 1],
        ["A", 5.0, 0],
        ["A", 10.0, 2],
        ["B", 0.0, 0],
        ["B", 5.0, 3],
        ["B", 10.0, 0],
    ]


def test_metrics_are_written_after_their_names() -> None:
    assert findings.metric("sales_share of loyal customers", 0.5447) == "54.5\u00a0%"
    assert findings.metric("affinity_index", 1.113) == "1.11 ×"
    assert findings.metric("customers", 2674.0) == "2,674"
    assert findings.metric("sales per customer", 24.706) == "24.71"
    assert findings.metric("silhouette", None) == "–"


def test_rules_are_written_as_sentences() -> None:
    rules = pd.DataFrame(
        {
            "segment_name": ["All", "All", "Parents"],
            "antecedent": [["bread, white"], ["milk", "tea"], ["x"]],
            "consequent": [["butter"], ["sugar"], ["y"]],
            "is_significant": [True, False, True],
            "lift": [1.5, 9.0, 99.0],
        }
    )
    named = baskets.with_names(rules)
    assert list(named["rule"]) == ["bread, white → butter", "milk and tea → sugar", "x → y"]
    assert baskets.rules_title(named) == "Buyers of bread, white buy butter 1.50 times as often as chance would have it"
    assert baskets.rules_title(named.iloc[1:2]) == "None of 1 rule is significant"
    assert baskets.rules_title(named.iloc[:0]) == "No rule is frequent enough"


def test_a_file_that_does_not_add_up_is_named() -> None:
    files = pd.DataFrame({"source_file": ["a", "b"], "is_reconciled": [True, False], "raw_amount": [None, 1.5]})
    assert quality.reconciliation_title(files) == "Rows or amounts are missing in b"
    whole = files.assign(is_reconciled=True)
    assert quality.reconciliation_title(whole) == "Every row and every cent of both files is accounted for"
    assert quality.reconciliation_title(whole.iloc[:1]) == "Every row of the one file is accounted for"
    assert quality.reconciliation_title(files.iloc[:0]) == "No file was read"


def test_a_single_reason_is_not_called_the_most_frequent() -> None:
    reasons = pd.DataFrame(
        {"rejection_reason": ["a is empty", "b is empty"], "row_count": [2, 1], "source_file": "f", "example": "?"}
    ).assign(rejected_column="a")
    assert quality.rejections(reasons).title == "3 rows were refused, most often because a is empty"
    assert quality.rejections(reasons.iloc[1:]).title == "1 row was refused because b is empty"


def test_what_is_more_than_doubled_is_told_as_a_multiple() -> None:
    told = [
        (findings.metric("deviation_share", value), findings.meaning("deviation_share", value))
        for value in (13.06, -0.2)
    ]
    assert told == [("14.1 ×", "what was to be expected"), ("-20.0\u00a0%", "from what was to be expected")]


def test_columns_without_a_value_are_left_out_and_long_texts_get_room() -> None:
    frame = pd.DataFrame({"name": ["a name of three words"], "empty": [None], "n": [1], "day": ["2019-05-14"]})
    columns = [Column("name", "N"), Column("empty", "E"), Column("n", "#", words.count), Column("day", "D", words.day)]
    table = Table(frame, columns, "m")
    assert [column.heading for column in table.told_columns] == ["N", "#", "D"]
    assert table.looks == ["name", "number", "day"]


def test_each_choice_of_a_chart_has_a_scale_of_its_own() -> None:
    scale = charts.numbered_scale(1.0, 37.0, ["37.00"], {"brand": 11.0, "product": 37.0})
    assert '{"brand": 10.0, "product": 36.0})[shown]' in str(scale["domainMax"])


def test_the_network_draws_one_level_at_a_time() -> None:
    edges = pd.DataFrame(
        {
            "edge_rank": [1, 2],
            "item_level": ["brand", "product"],
            "first_item": ["A", "a"],
            "second_item": ["B", "b"],
            "first_category": [None, "x"],
            "second_category": [None, "y"],
            **{f"{end}_{axis}": [1.0, 1.0] for end in ("first", "second") for axis in "xy"},
            "first_baskets": 5,
            "second_baskets": 5,
            "pair_baskets": 3,
            "lift": 2.0,
            "q_value": 0.01,
        }
    )
    figure = baskets.network(edges, "d")
    assert figure.options == ("Show", (("brand", "pairs by brand"), ("product", "pairs by product")))
    assert set(figure.data["item_level"]) == {"brand", "product"}
    assert "datum.item_level == shown" in str(specification(figure))
    assert legend_of(specification(figure)) == Legend(None, [("x", 0), ("y", 1)])


def test_small_counts_and_chance_do_not_make_the_campaign_title() -> None:
    frame = pd.DataFrame(
        {
            "campaign_number": [1, 1, 2],
            "segment_name": ["A", "B", "C"],
            "response_rate": [0.9, 0.8, 0.3],
            "all_response_rate": [0.1, 0.1, 0.1],
            "is_significant": [False, True, True],
            "is_small_count": [False, True, False],
        }
    )
    assert (
        campaigns.response_title(frame)
        == "“C” answered most: 30.0\u00a0% to campaign 2, against 10.0\u00a0% of all customers"
    )
    assert campaigns.response_title(frame.iloc[:2]) == "No segment answered provably more often than the others"


def test_the_share_of_those_who_stay_away_is_told() -> None:
    scores = pd.DataFrame({"r_score": [5, 1, 1], "f_score": [5, 5, 1], "customers": [50, 25, 25]})
    assert loyalty.rfm_title(scores) == (
        "50.0\u00a0% of customers buy often and bought lately; 25.0\u00a0% used to buy often and stay away"
    )


def test_products_are_called_by_what_is_known_of_them() -> None:
    sold = pd.DataFrame(
        {
            "product_name": ["Acme Hny Mstrd 175g", "Acme Hny Mstrd 175g new", "Unread 1"],
            "brand": ["Acme", "Acme", None],
            "flavour": ["Honey Mustard", "Honey Mustard", "Salt"],
            "pack_size_g": [175, 175, 100],
        }
    )
    assert products.readable(sold.iloc[[0, 2]]) == ["Acme Honey Mustard, 175\u00a0g", "Unread 1"]
    # Two products of one name would share a bar.
    assert len(set(products.readable(sold))) == 3
    assert products.readable(sold[["product_name"]]) == list(sold["product_name"])


def test_texts_call_products_by_their_readable_names() -> None:
    names = {"Chips": "Plain chips", "Chips Slt": "Salted chips"}
    assert summary.renamed("Chips Slt; Chips, Chipsy", names) == "Salted chips; Plain chips, Chipsy"
    assert summary.renamed("Chips", {}) == "Chips"


def test_unusual_times_stand_in_the_title_and_at_their_days() -> None:
    days = pd.DataFrame(
        {
            "sales_date": pd.date_range("2019-01-01", periods=4),
            "sales_amount": [10, 40, 20, 10],
            "is_trading_day": [True, True, False, True],
        }
    )
    anomalies = pd.DataFrame(
        {
            "measure": ["units_per_line", "sales_amount"],
            "first_date": pd.to_datetime(["2019-01-02", "2019-01-01"]),
            "last_date": pd.to_datetime(["2019-01-03", "2019-01-02"]),
            "deviation_share": [-0.15, 0.1],
            "z_score": [-9.0, 4.0],
        }
    )
    assert list(products.unusual_days(days, anomalies)) == [
        "sales",
        "units per line and sales",
        "no",
        "no",
    ]
    assert products.time_title(days, anomalies).endswith(
        "; from 2 January 2019 to 3 January 2019 units per line lay 15.0\u00a0% below what was to be expected"
    )
    assert products.time_title(days).endswith("nothing was sold on 1 day")


def test_no_tier_is_put_in_front_without_a_test() -> None:
    buyers = pd.DataFrame({"buyer_index": [0.83, 1.3, None], "buyers": [40, 26, 0], "premium_tier": ["A", "B", "C"]})
    title = products.buyers_title(buyers)
    assert title.startswith("Tiers buy in promotions 0.83 to 1.30 times as often as they shop; with 66 buyers")
    assert not {"A", "B"} & set(title.split())


def test_the_first_bar_is_what_the_title_is_about() -> None:
    differences = pd.DataFrame(
        {
            "attribute": ["gold_share", "income", "age"],
            "effect_size": [0.93, 0.91, 0.2],
            "effect_name": ["eta", "eta", "eta"],
            "test": None,
            "p_value": None,
            "is_fit_feature": [False, True, False],
            "q_value": [None, None, 0.01],
            "is_significant": [None, None, True],
        }
    )
    figure = segmentations.effects("x", differences)
    assert figure.title.startswith("Income separates the segments most")
    assert list(figure.data["name"]) == ["income", "gold share", "age"]


def test_of_two_mirrored_rules_the_surer_one_stays() -> None:
    rules = pd.DataFrame(
        {
            "segment_name": ["All", "All", "All", "Parents"],
            "who_buys": ["a", "b", "a", "b"],
            "also_buys": ["b", "a", "c", "a"],
            "confidence": [0.2, 0.5, 0.1, 0.3],
        }
    )
    assert list(baskets.without_mirrors(rules).index) == [1, 2, 3]


def test_cards_say_what_is_known_of_a_segment() -> None:
    spend = pd.DataFrame(
        {
            "segment_name": ["A", "A", "B", "B"],
            "category": ["wine", "fish", "wine", "fish"],
            "customers": [2, 2, 4, 4],
            "spend_amount": [Decimal(30), Decimal(10), Decimal(10), Decimal(30)],
            "index_to_all": [1.5, 0.5, 0.5, 1.05],
        }
    )
    assert segmentations.spending(spend) == {
        "A": ("20.00 spent per customer, 50.0\u00a0% of all spending", "wine, 1.50 times the usual share"),
        "B": ("10.00 spent per customer, 50.0\u00a0% of all spending", ""),
    }
    responses = pd.DataFrame(
        {
            "segment_name": ["A", "A", "B"],
            "campaign_number": [1, 2, 1],
            "response_rate": [0.9, 0.5, 0.1],
            "all_response_rate": [0.2, 0.3, 0.2],
            "is_significant": [True, True, True],
            "is_small_count": [True, False, False],
        }
    )
    assert segmentations.best_answers(responses) == {
        "A": "campaign 2: 50.0\u00a0%, against 30.0\u00a0% of all customers",
        "B": "no campaign more than others",
    }


def test_small_charts_stand_in_rows_of_one_scale() -> None:
    filled = pd.DataFrame(
        {
            "feature": "age",
            "segment_name": ["All", "A", "B"],
            "bin_start": 0.0,
            "bin_end": 10.0,
            "units": [30, 10, 20],
            "unit_share": [0.3, 0.1, 0.6],
        }
    )
    rows = segmentations.ridges(filled, ["A", "B"]).set_index("segment_name")
    height = segmentations.RIDGE_HEIGHT
    assert rows.loc["A", ["base", "top", "all_top"]].tolist() == pytest.approx([1, 1 + height / 6, 1 + height / 2])
    assert rows.loc["B", ["base", "top", "all_top"]].tolist() == pytest.approx([0, height, height / 2])


@pytest.mark.parametrize("config", [charts.CONFIG, charts.NIGHT])
@pytest.mark.parametrize("name", ["ramp", "diverging"])
def test_the_number_of_every_cell_can_be_read(config: dict[str, object], name: str) -> None:
    colours = config["range"][name]
    parts = charts.light_parts(colours)
    stops = np.linspace(0, 1, len(colours))
    channels = np.array([[int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)] for colour in colours])
    for place in np.linspace(0, 1, 201):
        mixed = np.array([np.interp(place, stops, channels[:, channel]) for channel in range(3)])
        ink = 0.0 if any(low <= place <= high for low, high in parts) else 1.0
        light, dark = sorted([float(charts.luminance(mixed)), ink], reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (place, mixed)


# Tables and charts


def test_tables_are_bounded_and_say_so() -> None:
    frame = pd.DataFrame({"name": [f"n{i}" for i in range(TABLE_ROWS + 5)], "value": range(TABLE_ROWS + 5)})
    table = Table(frame, [Column("name", "Name"), Column("value", "Value", words.count)], "mart")
    assert len(table.rows) == TABLE_ROWS
    assert table.hidden_rows == 5
    assert [column.is_number for column in table.columns] == [False, True]
    assert Table(frame.iloc[:0], table.columns, "mart").rows == []


def test_cells_sort_by_value_and_not_by_text() -> None:
    frame = pd.DataFrame({"value": [Decimal("1234.50"), None]})
    first, second = Table(frame, [Column("value", "Value", words.amount)], "mart").rows
    assert (first[0].shown, first[0].value) == ("1,235", "1234.5")
    assert (second[0].shown, second[0].value) == ("–", "")


def test_rows_become_plain_json() -> None:
    frame = pd.DataFrame(
        {
            "text": ["a", None],
            "day": [date(2019, 1, 2), pd.NaT],
            "money": [Decimal("1.10"), None],
            "number": [1234567.0, float("nan")],
            "fraction": [1 / 3, float("nan")],
            "flag": [True, False],
        }
    )
    assert charts.records(frame) == [
        {"text": "a", "day": "2019-01-02", "money": 1.1, "number": 1234567, "fraction": 0.333333, "flag": True},
        {"text": None, "day": None, "money": None, "number": None, "fraction": None, "flag": False},
    ]


def test_no_text_can_leave_its_script_element() -> None:
    written = script_json({"a": NASTY + "\u2028"})
    assert not set(written) & set("<>&\u2028")
    assert json.loads(written) == {"a": NASTY + "\u2028"}


def test_the_page_writes_the_legends_of_named_colours() -> None:
    scale = {"domain": ["x", "y"], "range": list(charts.PALETTE[:2])}
    colour = {"field": "a", "type": "nominal", "title": "Kind", "scale": scale}
    scale = {"field": "b", "type": "quantitative"}
    spec = {
        "layer": [{"encoding": {"color": scale}}, {"encoding": {"color": colour, "size": {"field": "b"}}}],
        "datasets": {"rows": [{"color": 1}]},
    }
    without = without_legends(spec)
    assert without["layer"][0]["encoding"]["color"] == scale
    assert without["layer"][1]["encoding"]["color"] == {**colour, "legend": None}
    assert without["layer"][1]["encoding"]["size"] == {"field": "b"}
    assert legend_of(spec) == Legend("Kind", [("x", 0), ("y", 1)])
    assert legend_of(without) is None
    assert without["datasets"] == spec["datasets"]


def test_long_names_are_broken_and_long_titles_wrapped() -> None:
    assert charts.broken("Short") == "Short"
    assert charts.broken("") == ""
    assert charts.broken("An uncommonly long name of a product 380g").count("\n") == 1
    assert charts.broken("word " * 40).count("\n") == charts.MAX_LINES - 1
    assert max(map(len, charts.broken("x" * 90).split("\n"))) <= charts.LINE_CHARACTERS
    assert wrapped("one two three", 7) == ["one two", "three"]


def test_segments_keep_their_colours_whatever_is_shown() -> None:
    assert charts.colours(["A", "B"]) == {"A": charts.PALETTE[0], "B": charts.PALETTE[1]}
    assert len(charts.colours([str(i) for i in range(20)])) == 20


# Sections


def test_the_sample_has_all_sections(sections: list[Section]) -> None:
    keys = [section.key for section in sections]
    for key in (
        "summary-chips",
        "products",
        "loyalty",
        "lifestage-groups",
        "campaign-customers",
        "shop-customers",
        "quality-grocery",
    ):
        assert key in keys
    assert keys[0] == "summary-chips"
    assert len(set(keys)) == len(keys)


def test_datasets_stay_apart(sections: list[Section]) -> None:
    datasets = [section.dataset for section in sections]
    assert [name for name, _ in groupby(datasets)] == ["chips", "campaign", "grocery", "shop"]
    for section in sections:
        for block in section.blocks:
            if isinstance(block, Figure | Listing) and "dataset" in block.table.frame:
                assert set(block.table.frame["dataset"]) <= {section.dataset}, section.key


def test_findings_lead_to_what_shows_them(sections: list[Section]) -> None:
    places = {section.key for section in sections} | {
        block.key for section in sections for block in section.blocks if isinstance(block, Figure | Listing)
    }
    for section in sections:
        for block in section.blocks:
            for finding in block.findings if isinstance(block, Findings) else []:
                assert finding.place in places, finding.sentence


UNDRAWN = ("seasonal-indices", "cross-shopping", "store-clusters")
"""Figures of which the sample has nothing to draw: one year has no seasons, goods share customers by chance, and stores
sell alike."""


def test_each_figure_is_told_in_words(sections: list[Section]) -> None:
    figures = [figure for section in sections for figure in section.figures]
    assert len(figures) > 40
    assert len({figure.key for figure in figures}) == len(figures)
    for figure in figures:
        assert figure.is_drawn == (figure.key not in UNDRAWN), figure.key
        assert len(figure.title.split()) >= 3, figure.key
        assert re.fullmatch(r"[A-Z].*[^.]", figure.alt), figure.key
        assert figure.table.rows, figure.key
        assert len(figure.data) <= 6000, figure.key


def test_charts_follow_the_schema_of_their_language(sections: list[Section]) -> None:
    for section in sections:
        for figure in section.figures:
            figure.chart.to_dict()


def visible_texts(section: Section) -> list[str]:
    """Every sentence and cell of a section."""
    texts = [section.title, section.lead]
    for block in section.blocks:
        match block:
            case Figure():
                texts += [block.description, block.note]
            case Facts():
                texts += [text for fact in block.facts for text in (fact.value, fact.meaning)]
            case Findings():
                texts += [text for item in block.findings for text in (item.number, item.sentence, item.action)]
            case Verdict():
                texts += [block.verdict, block.sentence]
            case Cards():
                texts += [text for card in block.cards for text in (card.name, card.size)]
                texts += [text for card in block.cards for pair in (*card.facts, *card.actions) for text in pair]
            case Listing():
                texts += [block.title, block.note]
        if isinstance(block, Figure | Listing):
            texts += [cell.shown for row in block.table.rows for cell in row]
    return texts


def assert_words_are_clean(sections: list[Section]) -> None:
    for section in sections:
        for text in visible_texts(section):
            assert not re.search(r"\b(nan|NaT|None|inf|<NA>)\b(?! of )|_{2}|\de[+-]?\d", text), (section.key, text)


def test_no_text_shows_how_python_writes_missing_values(sections: list[Section]) -> None:
    assert_words_are_clean(sections)


def test_the_report_of_empty_marts_says_that_there_is_nothing(sample_build: DbtRun, tmp_path: Path) -> None:
    published = sample_build.published
    empty = copy_of(published, tmp_path, *(f"delete from {table}" for table in tables_of(published)))
    sections = sections_of(empty)
    assert_words_are_clean(sections)
    assert not [figure.key for section in sections for figure in section.drawn_figures]
    page = render(sections, quiet)
    assert "No product was sold" in page
    assert "No price promotion was found" in page


def test_the_report_of_marts_with_one_row_is_drawn(sample_build: DbtRun, tmp_path: Path) -> None:
    published = sample_build.published
    single = copy_of(
        published,
        tmp_path,
        *(f"create or replace table {table} as select * from {table} limit 1" for table in tables_of(published)),
    )
    sections = sections_of(single)
    assert_words_are_clean(sections)
    for section in sections:
        for figure in section.drawn_figures:
            json.dumps(specification(figure), allow_nan=False)


def test_ties_are_told_as_ties(sample_build: DbtRun, tmp_path: Path) -> None:
    tied = copy_of(
        sample_build.published,
        tmp_path,
        "update brand_sales set sales_amount = 10, sales_share = 0.1",
        "update flavour_sales set sales_amount = case when sales_rank <= 2 then 10 else 1 end, sales_share = 0.5",
    )
    titles = {figure.key: figure.title for section in sections_of(tied) for figure in section.figures}
    assert re.fullmatch(r"\d+ brands share first place: 10.0\u00a0% of sales each", titles["brand-sales"])
    assert re.fullmatch(r".+ and .+ share first place: 50.0\u00a0% of sales each", titles["flavour-sales"])


@pytest.mark.parametrize("missing", ["product_sales", "segment_profiles"])
def test_what_was_not_published_is_left_out(
    sample_build: DbtRun, sections: list[Section], tmp_path: Path, missing: str
) -> None:
    without = copy_of(sample_build.published, tmp_path, f"drop table {missing}")
    left = {figure.key for section in sections_of(without) for figure in section.figures}
    everything = {figure.key for section in sections for figure in section.figures}
    assert left < everything


def test_without_marts_the_page_says_so(tmp_path: Path) -> None:
    nothing = tmp_path / "marts.duckdb"
    duckdb.connect(str(nothing)).close()
    assert sections_of(nothing) == []
    assert "Nothing is published yet" in render([], quiet)


def test_a_section_that_is_all_folded_says_what_is_in_it() -> None:
    table = Table(pd.DataFrame({"a": [1]}), [Column("a", "A")], "mart")
    folded, unfolded = (Listing("key", "There is one row", table, for_analysts=value) for value in (True, False))
    assert with_open_part(Section("s", "S", "About rows.", [folded])).lead == "About rows. There is one row."
    assert with_open_part(Section("s", "S", "About rows.", [folded, unfolded])).lead == "About rows."
    assert with_open_part(Section("s", "S", "About rows.", [])).lead == "About rows."


def test_a_chart_is_as_high_as_the_rows_that_are_chosen() -> None:
    names = pd.Series(["one", "two\nlines", "three"])
    heights = charts.chosen_heights(names, pd.Series(["a", "b", "a"]))["heights"]
    assert heights == {"a": 2 * charts.BAR_STEP, "b": 2 * charts.LINE_HEIGHT + 6}


def test_numbers_of_cells_need_the_room_of_the_page_s_own_locale() -> None:
    assert charts.format_number(0.29, charts.WHOLE_SHARE) == "29\u00a0%"
    assert charts.format_number(12345.6, charts.COUNT) == "12,346"


def test_the_sample_is_called_synthetic_and_other_data_by_their_name(sample_build: DbtRun, tmp_path: Path) -> None:
    with Marts(sample_build.published) as marts:
        assert summary.cover(marts).is_sample
    own = copy_of(sample_build.published, tmp_path, "update publication set data_source = 'my_shop'")
    with Marts(own) as marts:
        about = summary.cover(marts, Failure("my_shop", datetime(2026, 1, 31, 8, 5, tzinfo=UTC)))
    assert (about.is_sample, about.source) == (False, "my_shop")
    assert about.warning == (
        "The last build, from my_shop, failed on 31 January 2026 at 08:05 UTC. Everything here is of an older build."
    )
    page = render([], quiet, about)
    assert about.warning in page
    assert 'class="synthetic"' not in page


def test_a_failed_build_leaves_no_report_that_seems_to_be_of_it(sample_build: DbtRun, tmp_path: Path) -> None:
    kept = ("brand_sales", "publication")
    few = [f"drop table {name}" for name in tables_of(sample_build.published) if name not in kept]
    published, report = copy_of(sample_build.published, tmp_path, *few), tmp_path / "report.html"
    keep_report_honest(published, report, "")
    assert not report.exists()
    report.write_bytes(GENERATOR + b" of the last build")
    keep_report_honest(published, report, "")
    assert "The last build, from synthetic sample, failed on" in report.read_text(encoding="utf-8")
    keep_report_honest(published, report, str(tmp_path))
    assert not report.exists()


# Files


def test_only_the_pages_own_texts_may_run() -> None:
    page = render([], quiet)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    texts = re.findall(r"<(?:style|script)>(.*?)</(?:style|script)>", page, re.DOTALL)
    assert len(texts) == 3
    for text in texts:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert "unsafe-inline" not in policy
    assert policy.startswith("default-src 'none'; ")
    assert policy.endswith("; base-uri 'none'; form-action 'none'")


def test_names_from_the_data_are_escaped(report_page: Path) -> None:
    text = report_page.read_text(encoding="utf-8")
    assert 'alert("1")' not in text
    assert "&lt;script&gt;alert(&#34;1&#34;)" in text
    assert "<b>49</b>" not in text


def test_the_page_needs_no_other_file(report_page: Path) -> None:
    text = report_page.read_text(encoding="utf-8")
    assert report_page.stat().st_size < MAX_PAGE_BYTES
    assert [path.name for path in report_page.parent.iterdir()] == ["report.html"]
    markup = re.sub(r"<script.*?</script>", "", text, flags=re.S)
    assert re.findall(r"""\b(?:src|href)="(?!#|data:)[^"]*""", markup) == []
    assert "@import" not in markup
    assert "url(" not in markup
    assert "default-src 'none'" in markup
    assert text.count("window.vegaEmbed=") == 1


def test_millions_of_customers_do_not_make_the_page_larger(
    sample_build: DbtRun, sections: list[Section], tmp_path: Path
) -> None:
    large = copy_of(
        sample_build.published,
        tmp_path,
        *(
            f"insert into {table} by name select * exclude (copy)"
            " replace (cast(customer_id as bigint) + 100000000 * copy as customer_id)"
            f" from {table}, range(1, 200) as copies (copy)"
            for table in ("loyalty_customers", "customer_segments")
        ),
    )
    with Marts(large) as marts:
        assert marts.frame("select count(*) as customers from loyalty_customers")["customers"].iloc[0] > 1_000_000
    drawn = {figure.key: len(figure.data) for section in sections_of(large) for figure in section.figures}
    assert drawn == {figure.key: len(figure.data) for section in sections for figure in section.figures}


def test_the_report_of_the_real_files_is_made_in_time(real_build: DbtRun, tmp_path: Path) -> None:
    published = tmp_path / "marts.duckdb"
    with duckdb.connect(str(published)) as connection:
        connection.execute(f"attach '{real_build.database}' as build (read_only)")
        tables = "select table_name from duckdb_tables() where database_name = 'build' and schema_name = 'marts'"
        for (table,) in connection.execute(tables).fetchall():
            connection.execute(f"create table {table} as select * from build.marts.{table}")
    started = time.monotonic()
    steps: list[str] = []
    write_report(published, tmp_path / "report.html", None, steps.append)
    assert time.monotonic() - started < MAX_SECONDS
    assert len(steps) > 5
    assert (tmp_path / "report.html").stat().st_size < MAX_PAGE_BYTES


def test_charts_are_written_as_pictures(
    sample_build: DbtRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = copy_of(
        sample_build.published,
        tmp_path,
        *(
            f"drop table {table}"
            for table in tables_of(sample_build.published)
            if table not in ("brand_sales", "insights")
        ),
    )
    arguments = [
        "report",
        "--published",
        str(few),
        "--out",
        str(tmp_path / "r.html"),
        "--charts",
        str(tmp_path / "charts"),
    ]
    assert main(arguments) == 0
    captured = capsys.readouterr()
    assert captured.out == f"wrote {tmp_path / 'r.html'}\n"
    assert "chart 1 of 1" in captured.err
    svg = (tmp_path / "charts" / "brand-sales.svg").read_text(encoding="utf-8")
    assert "is the best-selling brand" in svg
    assert svg.count("<path") > 10
    png = (tmp_path / "charts" / "brand-sales.png").read_bytes()
    assert png.startswith(b"\x89PNG")
    assert int.from_bytes(png[16:20], "big") > 1400


def test_what_cannot_be_read_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--published", str(tmp_path / "marts.duckdb")]) == 1
    assert "build the project first" in capsys.readouterr().err
    broken = tmp_path / "broken.duckdb"
    broken.write_text("no database")
    with pytest.raises(UnreadableMartsError, match=r"broken\.duckdb can't be read"):
        Marts(broken)


def test_only_a_report_is_replaced(sample_build: DbtRun, tmp_path: Path) -> None:
    raw, link = tmp_path / "sales.csv", tmp_path / "report.html"
    raw.write_text("day,paid\n2024-01-01,1\n", encoding="utf-8")
    link.symlink_to(raw)
    for target, cause in ((raw, "is no report"), (link, "is no report"), (tmp_path, "is a folder")):
        with pytest.raises(FileExistsError, match=cause):
            write_report(sample_build.published, target, None, quiet)
    assert raw.read_text(encoding="utf-8") == "day,paid\n2024-01-01,1\n"
    raw.unlink()
    for _ in range(2):
        write_report(sample_build.published, link, None, quiet)
    assert link.is_symlink()
    assert "<title>" in raw.read_text(encoding="utf-8")


def test_a_report_that_fails_leaves_the_old_one(sample_build: DbtRun, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_bytes(GENERATOR)
    broken = copy_of(sample_build.published, tmp_path, "alter table brand_sales drop column sales_share")
    with pytest.raises(KeyError):
        write_report(broken, page, None, quiet)
    assert page.read_bytes() == GENERATOR
    assert sorted(path.name for path in tmp_path.iterdir()) == ["marts.duckdb", "report.html"]


@pytest.mark.parametrize(("promoted", "is_shaded"), [([True, False, False], True), ([True, True, False], False)])
def test_weeks_with_promotions_are_shaded_where_they_are_the_minority(promoted: list[bool], is_shaded: bool) -> None:
    days = pd.DataFrame(
        {
            "sales_date": pd.to_datetime(["2024-05-06", "2024-05-13", "2024-05-20"]),
            "weekday": "Monday",
            "sales_amount": [10.0, 12.0, 11.0],
            "sales_amount_7_day_average": [10.0, 12.0, 11.0],
            "transactions": [2, 3, 2],
            "is_trading_day": True,
            "is_promotion_week": promoted,
        }
    )
    figure = products.sales_over_time(days)
    layers = [layer["mark"]["type"] for layer in figure.chart.to_dict()["layer"]]
    assert ("rect" in layers) == is_shaded
    assert ("Shaded" if is_shaded else words.share(2 / 3)) in figure.note
