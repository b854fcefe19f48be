"""The report's words, tables, charts and sections, without a browser."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from dbt_runs import DbtRun
from report_files import NASTY, copy_of, quiet, sections_of, tables_of

from segmart.cli import main
from segmart.report import charts, words
from segmart.report.blocks import TABLE_ROWS, Cards, Column, Facts, Figure, Findings, Listing, Section, Table, Verdict
from segmart.report.marts import Marts, UnreadableMartsError
from segmart.report.page import render, script_json, specification, without_legends
from segmart.report.sections import (
    baskets,
    campaigns,
    loyalty,
    products,
    quality,
    segmentations,
    summary,
)
from segmart.report.write import wrapped, write_report

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
        (words.amount, -1234.5, "-1,234"),
        (words.amount, float("nan"), "–"),
        (words.share, 0.2806, "28.1\u00a0%"),
        (words.share, -0.00001, "0.0\u00a0%"),
        (words.share, -0.105, "-10.5\u00a0%"),
        (words.share, -10.051, "-1,005.1\u00a0%"),
        (words.decimal, -0.001, "0.00"),
        (words.decimal, -10.004, "-10.00"),
        (words.measured, 0.2743, "0.27"),
        (words.measured, 53246.4, "53,246"),
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
    ("amounts", "expected"),
    [
        ({"A": 75, "B": 25}, "A is the best-selling brand: 75.00, 75.0\u00a0% of all sales, 3.00 times the next"),
        ({"A": 50, "B": 50}, "A and B share first place: 50.0\u00a0% of sales each"),
        ({"A": 5, "B": 5, "C": 5, "D": 5}, "4 brands share first place: 25.0\u00a0% of sales each"),
        ({"A": 10}, "A is the only brand: sales of 10.00"),
        ({"A": 10, "B": 0}, "A is the best-selling brand: 10.00, 100.0\u00a0% of all sales"),
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
            "1 of 3 promotions sold provably more than expected, the best 160.0\u00a0% more",
        ),
        ([(1.6, True), (0.1, True)], "All 2 promotions sold provably more than expected, the best 160.0\u00a0% more"),
    ],
)
def test_promotions_are_counted_only_if_their_uplift_is_proven(
    uplifts: list[tuple[float | None, bool | None]], expected: str
) -> None:
    assert products.promotion_title(promotions(*uplifts)) == expected


def test_a_promotion_that_sold_less_is_not_called_the_best() -> None:
    frame = promotions((0.2, True), (0.9, False))
    assert products.promotion_title(frame).endswith("the best 20.0\u00a0% more")


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
    assert summary.metric("sales_share of loyal customers", 0.5447) == "54.5\u00a0%"
    assert summary.metric("affinity_index", 1.113) == "1.11 ×"
    assert summary.metric("customers", 2674.0) == "2,674"
    assert summary.metric("sales per customer", 24.706) == "24.71"
    assert summary.metric("silhouette", None) == "–"


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
    assert baskets.rules_title(named) == "Who buys bread, white buys butter 1.50 times as often as chance would have it"
    assert baskets.rules_title(named.iloc[1:2]) == "None of 1 rule is significant"
    assert baskets.rules_title(named.iloc[:0]) == "No rule is frequent enough"


def test_a_file_that_does_not_add_up_is_named() -> None:
    files = pd.DataFrame({"source_file": ["a", "b"], "is_reconciled": [True, False]})
    assert quality.reconciliation_title(files) == "Rows or amounts are missing in b"
    assert "all 2 files" in quality.reconciliation_title(files.assign(is_reconciled=True))
    assert quality.reconciliation_title(files.iloc[:0]) == "No file was read"


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
    assert campaigns.response_title(frame) == "“C” answered most: 30.0\u00a0% to campaign 2, against 10.0\u00a0% of all"
    assert campaigns.response_title(frame.iloc[:2]) == "No segment answered provably more often than the others"


def test_the_share_of_those_who_stay_away_is_told() -> None:
    scores = pd.DataFrame({"r_score": [5, 1, 1], "f_score": [5, 5, 1], "customers": [50, 25, 25]})
    assert loyalty.rfm_title(scores) == (
        "50.0\u00a0% of customers buy often and bought lately; 25.0\u00a0% used to buy often and stay away"
    )


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
    assert (first[0].shown, first[0].value) == ("1,234", "1234.5")
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


def test_only_the_segments_have_no_legend_of_their_own() -> None:
    spec = {
        "layer": [{"encoding": {"color": {"field": "a"}, "size": {"field": "b"}}}],
        "datasets": {"rows": [{"color": 1}]},
    }
    without = without_legends(spec)
    assert without["layer"][0]["encoding"]["color"] == {"field": "a", "legend": None}
    assert without["layer"][0]["encoding"]["size"] == {"field": "b"}
    assert without["datasets"] == spec["datasets"]


def test_long_names_are_broken_and_long_titles_wrapped() -> None:
    assert charts.broken("Short") == "Short"
    assert charts.broken("") == ""
    assert charts.broken("An uncommonly long name of a product 380g").count("\n") == 1
    assert max(map(len, charts.broken("x" * 90).split("\n"))) <= charts.LINE_CHARACTERS
    assert wrapped("one two three", 7) == ["one two", "three"]


def test_segments_keep_their_colours_whatever_is_shown() -> None:
    assert charts.colours(["A", "B"]) == {"A": charts.PALETTE[0], "B": charts.PALETTE[1]}
    assert len(charts.colours([str(i) for i in range(20)])) == 20


# Sections


def test_the_sample_has_all_sections(sections: list[Section]) -> None:
    keys = [section.key for section in sections]
    for key in (
        "summary",
        "products",
        "loyalty",
        "lifestage-groups",
        "campaign-customers",
        "shop-customers",
        "quality",
    ):
        assert key in keys
    assert keys[0] == "summary"
    assert len(set(keys)) == len(keys)


def test_each_figure_is_told_in_words(sections: list[Section]) -> None:
    figures = [figure for section in sections for figure in section.figures]
    assert len(figures) > 40
    assert len({figure.key for figure in figures}) == len(figures)
    for figure in figures:
        assert figure.is_drawn, figure.key
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


# Files


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
    page.write_text("old")
    broken = copy_of(sample_build.published, tmp_path, "alter table brand_sales drop column sales_share")
    with pytest.raises(KeyError):
        write_report(broken, page, None, quiet)
    assert page.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["marts.duckdb", "report.html"]
