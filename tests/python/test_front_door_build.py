"""Files of any layout, described by a segmart.yml, become core and marts; the sample's generator knows the truth."""

from __future__ import annotations

import datetime
import hashlib
import re
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
import yaml
from dbt_runs import ROOT, SAMPLE_DATA, DbtRun, run_dbt

from segmart import building
from segmart.building import datasets_of
from segmart.cli import main
from segmart.public_holidays import holiday_name
from tools.synthesize.general import (
    CATEGORIES,
    RANGES,
    STORES,
    WITHOUT_DATA,
    GeneralFigures,
    general_figures,
    synthesize_general,
)

WITHOUT_UNIT_TESTS = ("--no-write-json", "--exclude-resource-type", "unit_test")
BAKERY = """
name: corner_bakery
sales:
  files: items.csv
  format: {dates: "%d-%m-%Y %H:%M"}
  columns: {sold_at: "= Day || ' ' || Time", receipt_id: Ticket, product_name: Item}
  not_goods: {product_name: [NONE]}
"""
SMALL = """
name: small
sales:
  files: sales.csv
  columns: {sold_at: day, receipt_id: ticket, product_name: item, units: pieces, sales_amount: paid}
"""


@pytest.fixture(scope="module")
def figures() -> GeneralFigures:
    return general_figures()


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> DbtRun:
    """The general shop, built whole and published."""
    folder = tmp_path_factory.mktemp("general")
    run = run_dbt(
        folder,
        "build",
        *WITHOUT_UNIT_TESTS,
        data=SAMPLE_DATA / "general",
        datasets=["mapped"],
        published=folder / "published" / "marts.duckdb",
    )
    return run.succeeded()


QUESTION_PAGE = (ROOT / "docs" / "questions.md").read_text(encoding="utf-8")
QUESTIONS = re.findall(r"([^\n]+\?)\n\n```sql\n(.+?)```", QUESTION_PAGE, re.DOTALL)
"""Question, query."""


def test_the_page_of_questions_has_a_query_for_each() -> None:
    assert len(QUESTIONS) == QUESTION_PAGE.count("```sql") == len(re.findall(r"\?$", QUESTION_PAGE, re.MULTILINE)) >= 20


@pytest.mark.parametrize(("question", "query"), QUESTIONS, ids=[question for question, _ in QUESTIONS])
def test_questions_have_answers(build: DbtRun, question: str, query: str) -> None:
    with duckdb.connect(str(build.published), read_only=True) as marts:
        assert marts.execute(query).fetchall() != []


def test_a_folder_builds_the_datasets_that_lie_in_it(tmp_path: Path) -> None:
    assert datasets_of(tmp_path) == []
    (tmp_path / "shop").mkdir()
    assert datasets_of(tmp_path) == ["shop"]
    (tmp_path / "segmart.yml").write_text("name: x\n", encoding="utf-8")
    assert datasets_of(tmp_path) == ["shop", "mapped"]


def test_rows_and_money_are_those_of_the_files(build: DbtRun, figures: GeneralFigures) -> None:
    found = build.rows(
        "select raw_rows, accepted_rows, rejected_rows, accepted_amount, rejected_amount, is_reconciled "
        "from marts.row_reconciliation where source_file = 'sales'"
    )
    assert len(found) == 1
    raw, accepted, rejected, amount, _, is_reconciled = found[0]
    assert raw == figures.rows + figures.total_rows
    assert accepted == figures.accepted_lines
    assert rejected == sum(figures.refused_lines.values()) + figures.total_rows
    assert amount == pytest.approx(figures.net_sales + figures.rounding, abs=Decimal("0.0051"))
    assert is_reconciled


def test_the_core_holds_goods_customers_products_and_stores(build: DbtRun, figures: GeneralFigures) -> None:
    (lines, sales, receipts, customers, stores), *_ = build.rows(
        "select count(*), sum(sales_amount), count(distinct receipt_id), count(distinct customer_key),"
        " count(distinct store_key) from core.sales_lines where dataset = 'general'"
    )
    assert lines == figures.accepted_lines - figures.service_lines
    assert sales == figures.goods_sales
    assert receipts <= figures.receipts
    assert customers == pytest.approx(figures.customers, abs=2)
    assert stores == figures.stores
    assert build.rows("select count(*) from marts.product_sales") == [(figures.products,)]


def test_anonymous_sales_count_for_products_and_days_only(build: DbtRun, figures: GeneralFigures) -> None:
    by_product, by_day, by_customer = (
        build.rows(f"select sum(sales_amount) from marts.{mart}")[0][0]
        for mart in ("product_sales", "daily_sales", "loyalty_customers")
    )
    assert by_product == by_day == figures.goods_sales
    assert by_customer < by_product


def test_customers_who_are_called_lapsing_have_mostly_left(build: DbtRun) -> None:
    truth = synthesize_general().truth.customers
    found = build.mart("loyalty_customers").set_index("customer_id").join(truth["lapse_day"], how="inner")
    has_left, is_lapsing = found["lapse_day"].notna(), found["is_lapsing"].astype(bool)
    assert is_lapsing.sum() > 200
    assert has_left[is_lapsing].mean() > 0.8
    assert has_left[~is_lapsing].mean() < 0.4
    assert build.rows("select is_leaving from marts.rfm_activity where rfm_segment = 'Cannot lose'") == [(True,)]


def test_segments_are_made_of_purchases_without_any_setting(build: DbtRun) -> None:
    """They find the planted group that buys in another way, and say of the others that there is little to find."""
    truth = synthesize_general().truth.customers["group"]
    segments = build.mart("customer_segments").set_index("customer_id")
    assert set(segments["analysis"]) == {"general_purchases"}
    buyers = build.rows("select count(distinct customer_key) from core.sales_lines where units > 0")
    assert buyers == [(len(segments),)]
    group = truth.reindex(segments.index)
    found = segments["segment_name"] == "Varied baskets, large baskets"
    assert (group[found] == "Family shoppers").mean() > 0.8
    assert found[group == "Family shoppers"].mean() > 0.8
    of_two = build.mart("segment_diagnostics").query("n_clusters == 2").iloc[0]
    assert of_two["is_above_reference"]
    assert "reference" in of_two["suggested_by"]


@pytest.fixture(scope="module")
def goods() -> pd.DataFrame:
    """True lines of goods that can be read, with the names of their products; amounts in euros."""
    sample = synthesize_general()
    refused = [place for places in sample.truth.refused.values() for place in places]
    lines = sample.lines.drop(index=refused)
    lines = lines[lines["product_id"].isin(sample.truth.products.index)]
    # Halves of a cent are rounded away from zero.
    cost = np.sign(lines["milli_units"]) * ((lines["milli_units"].abs() * lines["cost"] + 500) // 1000)
    return lines.assign(
        sales=lines["amount"] / 100,
        costs=cost / 100,
        discounts=lines["discount"] / 100,
        is_return=lines["receipt_id"].str.startswith("G-"),
    ).join(sample.truth.products[["product_name", "category", "brand", "margin"]], on="product_id")


def test_the_core_holds_moments_costs_and_discounts(build: DbtRun, goods: pd.DataFrame) -> None:
    found = build.rows(
        "select count(*), count(sold_at), sum(cost_amount), sum(discount_amount), min(sold_at), max(sold_at)"
        " from core.sales_lines"
    )[0]
    assert found[:2] == (len(goods), len(goods))
    assert [float(amount) for amount in found[2:4]] == pytest.approx([goods["costs"].sum(), goods["discounts"].sum()])
    assert found[4:] == (goods["sold_at"].min(), goods["sold_at"].max())


def test_margins_discounts_and_returns_are_those_of_the_goods(
    build: DbtRun, figures: GeneralFigures, goods: pd.DataFrame
) -> None:
    margins = build.mart("gross_margins")
    whole = margins.query("attribute == 'all'").iloc[0]
    assert whole["sales_amount"] == whole["costed_sales_amount"] == pytest.approx(float(figures.goods_sales))
    assert whole["cost_amount"] == pytest.approx(float(figures.goods_costs), abs=0.005)
    assert whole["discount_amount"] == pytest.approx(float(figures.discounts), abs=0.005)
    assert whole["returned_amount"] == pytest.approx(-float(figures.return_sales), abs=0.005)
    for attribute, column in {"product": "product_id", "store": "store_id"}.items():
        found = margins.query(f"attribute == '{attribute}'").set_index("attribute_value").sort_index()
        expected = goods.groupby(column)
        sold = goods[~goods["is_return"]].groupby(column)
        discounted = goods[~goods["is_return"] & (goods["discounts"] != 0)].groupby(column)
        sums = pd.DataFrame(
            {
                "sales": expected["sales"].sum(),
                "costs": expected["costs"].sum(),
                "discounts": expected["discounts"].sum(),
                "sold": sold["sales"].sum(),
                "reduced": discounted["sales"].sum(),
                "reductions": discounted["discounts"].sum(),
            }
        ).fillna(0)
        assert list(found.index) == list(sums.index)
        truth = {
            "margin_amount": sums["sales"] - sums["costs"],
            "margin_share": 1 - sums["costs"] / sums["sales"],
            "discount_amount": sums["discounts"],
            "discounted_share": sums["reduced"] / sums["sold"],
            "discount_depth": sums["reductions"] / (sums["reduced"] + sums["reductions"]),
            "returned_share": 1 - sums["sales"] / sums["sold"],
        }
        for name, values in truth.items():
            np.testing.assert_allclose(found[name].astype(float), values, rtol=1e-9, atol=1e-9, err_msg=name)


def test_margins_and_returns_are_as_planted(build: DbtRun) -> None:
    """Costs are a fixed part of list prices by category, and a kettle comes back far more often than all else."""
    margins = build.mart("gross_margins")
    by_category = margins.query("attribute == 'category'").set_index("attribute_value")
    full_price = (by_category["sales_amount"] + by_category["discount_amount"]).astype(float)
    found = 1 - by_category["cost_amount"].astype(float) / full_price
    for category in CATEGORIES:
        assert found[category.name] == pytest.approx(category.margin / 100, abs=0.01)
    returned = margins.query("attribute == 'product' and sales_amount > 200").set_index("product_name")[
        "returned_share"
    ]
    assert returned.idxmax() == "Voltan Wasserkocher"
    assert returned.max() == pytest.approx(0.22, abs=0.08)


def test_hours_are_those_of_the_receipts(build: DbtRun, goods: pd.DataFrame) -> None:
    found = build.mart("sales_hours").set_index(["iso_weekday", "hour_of_day"]).sort_index()
    moments = goods["sold_at"].dt
    cells = [(moments.day_of_week + 1).rename("iso_weekday"), moments.hour.rename("hour_of_day")]
    expected = goods.groupby(cells)["sales"].sum()
    assert list(found.index) == list(expected.index)
    np.testing.assert_allclose(found["sales_amount"].astype(float), expected, atol=0.005)
    np.testing.assert_allclose(found["sales_share"], expected / expected.sum(), atol=1e-9)
    by_day = build.query(
        "select iso_weekday, sum(sales_amount) as sales_amount, sum(transactions) as receipts from marts.daily_sales"
        " where is_trading_day group by all order by 1"
    )
    totals = found.groupby("iso_weekday")[["sales_amount", "receipts"]].sum()
    assert totals["receipts"].tolist() == by_day["receipts"].tolist()
    assert totals["sales_amount"].astype(float).tolist() == pytest.approx(by_day["sales_amount"].astype(float).tolist())
    assert found["receipt_share"].sum() == pytest.approx(1)


def test_days_without_data_are_not_taken_for_closed_days(build: DbtRun) -> None:
    found = build.mart("days_without_sales").set_index("closed_date")["no_sales_reason"]
    gaps = set(found.index[found == "gap"].date)
    missing = set(pd.date_range(WITHOUT_DATA.first_day, WITHOUT_DATA.last_day).date)
    assert missing <= gaps
    # Without a country, holidays that move look like gaps; those of fixed days are closed every year.
    assert all(holiday_name("DE", day) for day in gaps - missing)
    assert {day.weekday() for day in found.index[found == "closed weekday"]} == {6}
    assert {(day.month, day.day) for day in found.index[found == "closed every year"]} >= {(5, 1), (12, 25)}


def test_planted_seasons_lie_in_their_intervals(build: DbtRun) -> None:
    found = build.mart("seasonal_indices").query("level == 'category'").set_index(["member", "month_of_year"])
    judged = {category.name: category.season for category in CATEGORIES if category.season}
    held = []
    for name, season in judged.items():
        if name not in found.index.get_level_values("member"):
            continue
        shares = np.array(season) / np.exp(np.log(season).mean())
        rows = found.loc[name]
        held += list((rows["seasonal_index_low"] <= shares) & (shares <= rows["seasonal_index_high"]))
    assert len(held) >= 24
    assert np.mean(held) > 0.85
    ice = found.loc["Eis"]
    assert (ice.loc[[6, 7, 8], "seasonal_index_low"] > 1.2).all()
    assert (ice.loc[[1, 2, 12], "seasonal_index"] < 1).all()


def test_brands_of_one_way_of_life_share_their_customers(build: DbtRun) -> None:
    """What is for babies is bought by the same families; heavy buyers make no other brands look alike."""
    brands = build.mart("cross_shopping").query("attribute == 'brand'")
    assert brands["is_significant"].mean() < 0.05
    nearest = brands.sort_values("q_value").iloc[0]
    assert {nearest["first_value"], nearest["second_value"]} == {"Knirpsel", "Wolkenfloh"}
    assert nearest["overlap_index_low"] > 1


def test_forecasts_are_of_the_weeks_after_the_last_whole_one(build: DbtRun) -> None:
    weeks = build.mart("sales_forecast").query("is_forecast")
    assert weeks["period_start_date"].min() == pd.Timestamp("2024-12-30")
    assert set(weeks["level"]) <= {"total", "store", "category"}
    assert (weeks["forecast_low_amount"] <= weeks["forecast_sales_amount"]).all()
    assert (weeks["forecast_sales_amount"] <= weeks["forecast_high_amount"]).all()
    judged = build.mart("sales_forecast_diagnostics")
    assert (judged.loc[judged["is_published"], "saved_error_share"] >= 0.1).all()
    assert judged["interval_coverage"].mean() == pytest.approx(0.85, abs=0.1)


def test_clusters_of_stores_are_the_regions_with_brands_of_their_own(build: DbtRun) -> None:
    clusters = build.mart("store_clusters").set_index("store_id")
    assert set(clusters["attribute"]) == {"brand"}
    regions = {store: region for store, (region, _) in STORES.items()}
    assert clusters.groupby(clusters.index.map(regions))["cluster_id"].nunique().eq(1).all()
    assert clusters["cluster_id"].nunique() == len(set(regions.values()))
    for store, row in clusters.iterrows():
        assert RANGES.get(row["most_value"], regions[store]) == regions[store]
        assert RANGES[row["least_value"]] != regions[store]


def test_gross_margin_metrics_are_those_of_the_mart(build: DbtRun) -> None:
    measures = yaml.safe_load((ROOT / "semantic_models" / "sales_lines.yml").read_text(encoding="utf-8"))
    sums = ", ".join(
        f"sum({measure['expr']}) as {measure['name']}"
        for measure in measures["semantic_models"][0]["measures"]
        if measure["agg"] == "sum" and "expr" in measure
    )
    found = build.query(f"select {sums} from intermediate.int_products__sales_lines").iloc[0]
    whole = build.mart("gross_margins").query("attribute == 'all'").iloc[0]
    assert found["costed_sales_amount"] == pytest.approx(whole["costed_sales_amount"])
    assert found["gross_margin_amount"] == pytest.approx(whole["margin_amount"])
    assert found["returned_sales_amount"] == pytest.approx(whole["returned_amount"])
    assert found["gross_sales_amount"] == pytest.approx(whole["sales_amount"] + whole["returned_amount"])


def test_returns_are_shown_and_netted(build: DbtRun, figures: GeneralFigures) -> None:
    units, money = build.rows("select sum(returned_units), sum(returned_amount) from marts.product_returns")[0]
    sold = build.rows(
        "select -sum(units), -sum(sales_amount) from core.sales_lines where units < 0 and sales_amount < 0"
    )[0]
    assert (units, money) == sold
    assert money > 0
    matched, more = build.rows(
        "select sum(matched_units), count(*) filter (where matched_units > returned_units or matched_units < 0)"
        " from marts.product_returns"
    )[0]
    assert 0 < matched < units
    assert more == 0


def test_what_is_accepted_and_does_not_count_has_a_reason(build: DbtRun, figures: GeneralFigures) -> None:
    found = dict(build.rows("select exclusion_reason, excluded_rows from marts.excluded_rows"))
    assert found["no goods"] == figures.service_lines
    assert found.get("rounding to the cent", 0) == 0
    excluded = build.rows("select excluded_rows from marts.row_reconciliation where source_file = 'sales'")
    assert excluded == [(figures.service_lines,)]


def test_the_published_file_names_the_files_that_it_was_made_from(build: DbtRun) -> None:
    with duckdb.connect(str(build.published), read_only=True) as marts:
        found = marts.execute("select file_name, bytes, sha256 from publication_files order by 1").fetchall()
    files = sorted(
        path for path in (SAMPLE_DATA / "general").iterdir() if path.suffix == ".csv" or path.name == "segmart.yml"
    )
    assert found == [
        (f"general/{path.name}", path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files
    ]


@pytest.mark.long
def test_sales_after_the_day_of_the_mapping_are_left_out_and_said_so(tmp_path: Path) -> None:
    """Also what came back later: it takes nothing from the sales that count."""
    data = tmp_path / "data"
    data.mkdir()
    rows = [f"2024-10-{1 + n % 28:02d},{n},C{n % 5},Bread,1,3.10" for n in range(56)]
    rows += ["2024-10-03,900,C1,Bread,-1,-3.10", "2024-10-25,901,C2,Bread,-1,-3.10", "2024-10-02,902,,Bread,-1,-3.10"]
    (data / "sales.csv").write_text("\n".join(["day,ticket,card,item,pieces,paid", *rows]) + "\n", encoding="utf-8")
    mapping = SMALL.replace("product_name", "customer_id: card, product_name") + "settings: {as_of_date: 2024-10-14}\n"
    (data / "segmart.yml").write_text(mapping, encoding="utf-8")
    selection = ("--select", "+excluded_rows", "+product_returns", "+loyalty_customers", "+int_insights__cautions")
    run = run_dbt(
        tmp_path / "run",
        "build",
        *("--exclude-resource-type", "unit_test", "--indirect-selection", "cautious"),
        *selection,
        data=data,
        datasets=["mapped"],
    ).succeeded()
    assert run.rows("select max(receipt_date), count(*), sum(units) from core.sales_lines") == [
        (datetime.date(2024, 10, 14), 30, 26)
    ]
    assert run.rows("select exclusion_reason, excluded_rows, excluded_amount from marts.excluded_rows") == [
        ("later than as_of_date", 29, Decimal("83.7000"))
    ]
    cautions = [text for (text,) in run.rows("select insight from intermediate.int_insights__cautions")]
    assert "29 of 59 rows of sales are later than as_of_date and left out." in cautions
    assert run.rows("select min(recency_days) from marts.loyalty_customers") == [(0,)]
    assert run.rows("select count(sold_at), count(cost_amount), count(discount_amount) from core.sales_lines") == [
        (0, 0, 0)
    ]
    assert run.rows("select sold_units, returned_units, matched_units, customers from marts.product_returns") == [
        (28, 2, 1, 1)
    ]


@pytest.mark.parametrize("chosen", ["", "chips shop"])
def test_a_build_reads_what_the_environment_names(chosen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that `make build` is this command and nothing else."""
    asked: list[object] = []

    def refuse(*arguments: object) -> None:
        asked.append(arguments[:2])
        raise building.BuildError(["not now"])

    monkeypatch.setattr(building, "run_dbt", refuse)
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("SEGMART_PUBLISHED", str(tmp_path / "marts.duckdb"))
    monkeypatch.setenv("SEGMART_DATASETS", chosen)
    for data in ("", str(SAMPLE_DATA / "general"), "s3://bucket/folder"):
        monkeypatch.setenv("SEGMART_DATA", data)
        assert main(["build"]) == 1
    layouts = ["chips", "shop", "campaign", "grocery"]
    found = [chosen.split()] * 3 if chosen else [layouts, ["mapped"], layouts]
    assert asked == list(zip(["", str(SAMPLE_DATA / "general"), "s3://bucket/folder"], found, strict=True))


def test_the_summary_fits_a_screen_and_says_what_data_tests_warn_about(tmp_path: Path) -> None:
    published = tmp_path / "marts.duckdb"
    with duckdb.connect(str(published)) as marts:
        marts.execute(
            """
            create table publication as select 'row_reconciliation' as table_name;
            create table row_reconciliation as
            select
                'chips' as dataset, 'file_' || number as source_file, 10 as raw_rows, 10 - number as accepted_rows,
                number as rejected_rows, 20.0 as raw_amount, cast(number as decimal(18, 2)) as rejected_amount
            from range(10) as numbers (number)
            """
        )
    said = building.summary(published, tmp_path / "report.html", ["assert_some_sentence: Got 2 results"]).splitlines()
    assert said[0] == "chips, file_1: 9 of 10 rows and 19.00 of 20.00 accepted, 1 row refused"
    assert said[8] == "and 2 more files, all accounted for in row_reconciliation"
    assert said[10:] == [
        "Warning: assert_some_sentence: Got 2 results",
        f"1 marts in {published}",
        f"Report: {tmp_path / 'report.html'}",
    ]


def test_a_build_needs_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["build"]) == 1
    assert "there is no dbt_project.yml in" in capsys.readouterr().err


def test_datasets_of_a_folder_are_named_or_missed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["datasets", str(tmp_path)]) == 1
    assert "holds neither a segmart.yml nor a folder of a public layout" in capsys.readouterr().err
    (tmp_path / "chips").mkdir()
    assert main(["datasets", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "chips\n"


def test_ids_keep_their_zeros(build: DbtRun) -> None:
    ids = {customer for (customer,) in build.rows("select customer_id from core.customers")}
    assert ids
    assert all(len(customer) == 7 for customer in ids)


def test_a_total_row_is_refused_as_such(build: DbtRun, figures: GeneralFigures) -> None:
    reasons = dict(
        build.rows(
            "select rejection_reason, sum(row_count) from marts.rejected_rows where source_file = 'sales' group by all"
        )
    )
    totals = {reason: rows for reason, rows in reasons.items() if reason.startswith("row ")}
    assert sum(totals.values()) == figures.total_rows
    assert sum(reasons.values()) == figures.total_rows + sum(figures.refused_lines.values())


@pytest.mark.long
def test_files_without_amounts_and_customers_have_pairs_and_no_sales(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    rows = ["Day,Time,Ticket,Item"]
    for ticket in range(1, 121):
        items = ["Rye bread", "Butter"] if ticket % 3 else ["Rye bread", "Apple cake", "NONE"]
        rows += [f"{1 + ticket % 28:02d}-10-2024,09:{ticket % 60:02d},{ticket},{item}" for item in items]
    (data / "items.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (data / "segmart.yml").write_text(BAKERY, encoding="utf-8")
    selection = ("--exclude-resource-type", "test", "--select", "+product_pairs", "+product_sales", "+sales_hours")
    run = run_dbt(tmp_path / "run", "build", *WITHOUT_UNIT_TESTS, *selection, data=data, datasets=["mapped"])
    build = run.succeeded()
    pairs = build.rows(
        "select first_item, second_item, pair_baskets from marts.product_pairs where item_level = 'product' "
        "and segment_name = 'All' order by all"
    )
    assert ("Butter", "Rye bread", 80) in pairs
    assert ("Apple cake", "Rye bread", 40) in pairs
    assert not any("NONE" in pair for pair in pairs)
    assert build.rows("select count(*) from marts.product_sales") == [(0,)]
    hours = "select min(hour_of_day), max(hour_of_day), sum(receipts), count(sales_amount) from marts.sales_hours"
    assert build.rows(hours) == [(9, 9, 120, 0)]


def test_too_many_refused_rows_stop_the_build_with_the_reasons(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    rows = [f"2024-10-{1 + n % 28:02d},{n},Bread,{'many' if n % 5 == 0 else 2},3.10" for n in range(100)]
    (data / "sales.csv").write_text("\n".join(["day,ticket,item,pieces,paid", *rows]) + "\n", encoding="utf-8")
    (data / "segmart.yml").write_text(SMALL, encoding="utf-8")
    test = "assert_few_rows_of_files_are_refused"
    run = run_dbt(tmp_path / "run", "build", "--select", f"+{test}", data=data, datasets=["mapped"])
    assert run.exit_code != 0
    sentence = (
        "20 of 100 rows of sales are refused, more than max_rejected_share allows: 20 times pieces is not a number"
    )
    assert sentence in " ".join(run.output.split())
