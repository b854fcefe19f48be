"""Settings of segmentations: what is wrong is said in a sentence with the file, the place, the value and the cure."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from dbt_runs import ROOT
from segmentation_lists import ANALYSES, MEASURES, settings_of

from segmart.statistics.segmentation import SCALERS
from segmart.statistics.settings import (
    IMPUTATION_NUMBERS,
    NUMBERS,
    OTHER_DATASETS,
    REQUIRED_NUMBERS,
    SCALER_NAMES,
    SETTINGS_TYPES,
    SPECIALIST_NUMBERS,
    UNIT_KINDS,
    SettingsError,
    settings_table,
)

ANALYSIS: dict[str, str | None] = {
    "analysis": "people",
    "dataset": "crm",
    "unit": "customer",
    "scaler": "standard",
    "n_clusters": "3",
    "max_clusters": "10",
    "n_init": "25",
    "n_bootstraps": "20",
    "fit_sample_rows": "1000",
    "seed": "1",
    **dict.fromkeys(("outlier_z_score", *SPECIALIST_NUMBERS, *IMPUTATION_NUMBERS)),
}
MEASURE_COLUMNS = ("measure", "role", "imputation", "part_of", "share_of", "min_value", "max_value")
AVAILABLE = pd.DataFrame(
    [
        ("crm", "customer", "customer_id", "key"),
        ("crm", "customer", "age", "number"),
        ("crm", "customer", "income", "number"),
        ("crm", "customer", "wine", "number"),
        ("crm", "customer", "gender", "text"),
        ("crm", "customer", "region", "text"),
        ("crm", "customer", "born", "day"),
        ("crm", "group", "gender", "text"),
        ("crm", "group", "region", "text"),
        ("crm", "group", "total_sales", "number"),
    ],
    columns=["dataset", "unit_kind", "measure", "measure_type"],
)


def measure(name: str, role: str = "feature", **columns: str) -> dict[str, str | None]:
    return {**dict.fromkeys(MEASURE_COLUMNS), "measure": name, "role": role, **columns}


def checked(
    *measures: dict[str, str | None], available: pd.DataFrame = AVAILABLE, **changes: str | None
) -> pd.DataFrame:
    """The settings' table of one analysis with these measures (age, if there are none) and changes of its row."""
    rows = [
        {"analysis": "people", "position": str(position), **row}
        for position, row in enumerate(measures or [measure("age")], start=1)
    ]
    return settings_table(pd.DataFrame([{**ANALYSIS, **changes}]), pd.DataFrame(rows), available)


def complaint(*measures: dict[str, str | None], **changes: str | None) -> str:
    with pytest.raises(SettingsError) as error:
        checked(*measures, **changes)
    return str(error.value)


def test_the_projects_own_settings_are_right() -> None:
    analyses, measures = (pd.read_csv(ROOT / file, dtype=str) for file in (ANALYSES, MEASURES))
    available = measures.merge(analyses[["analysis", "dataset", "unit"]], on="analysis")
    available["unit_kind"] = available["unit"].where(available["unit"].isin(UNIT_KINDS), "group")
    available["measure_type"] = available["role"].map({"category": "text"}).fillna("number")
    units = [
        {"dataset": row.dataset, "unit_kind": "group", "measure": name, "measure_type": "text"}
        for row in analyses.itertuples()
        for name in row.unit.split("+")
    ]
    available = pd.concat([available, pd.DataFrame(units)])[list(AVAILABLE)].replace(OTHER_DATASETS, "mine")
    found = settings_table(analyses, measures, available)
    own = analyses[analyses["dataset"] != OTHER_DATASETS]
    others = [("mine", f"mine_{name}") for name in analyses.loc[analyses["dataset"] == OTHER_DATASETS, "analysis"]]
    expected = sorted([*own[["dataset", "analysis"]].itertuples(index=False, name=None), *others])
    assert list(found[["dataset", "analysis"]].itertuples(index=False, name=None)) == expected


def test_values_get_types_and_empty_ones_are_null() -> None:
    (row,) = checked(outlier_z_score="2.5", n_clusters=" 4 ").to_dict("records")
    assert (row["n_clusters"], row["outlier_z_score"], row["settings_name"]) == (4, 2.5, "people")
    assert pd.isna(row["n_ward_clusters"])
    assert {name: str(kind) for name, kind in checked().dtypes.items()} == SETTINGS_TYPES


def test_the_known_scalers_are_those_that_scale() -> None:
    assert tuple(SCALERS) == SCALER_NAMES
    for name in SCALERS:
        assert checked(scaler=name)["scaler"].tolist() == [name]


@pytest.mark.parametrize("scaler", ["standrd", None, "Standard"])
def test_an_unknown_scaler_is_named_with_the_known_ones(scaler: str | None) -> None:
    assert complaint(scaler=scaler) == (
        f"seeds/reference/analyses.csv: analysis people, column scaler: {scaler or 'empty'} is no scaler; "
        "write one of standard, robust, minmax, none."
    )


FILLED: dict[str, str] = {
    **{name: str(low) for name, (_, low, _) in SPECIALIST_NUMBERS.items()},
    **{name: str(low) for name, (_, low, _) in IMPUTATION_NUMBERS.items()},
}


@pytest.mark.parametrize("column", NUMBERS)
def test_numbers_may_lie_at_the_ends_of_their_ranges_and_not_beyond(column: str) -> None:
    kind, low, high = NUMBERS[column]
    income = measure("income", imputation="target")
    for value in (low, high):
        assert checked(income, **{**FILLED, column: str(value)})[column].tolist() == [value]
    for value in (str(low - 1), str(high + 1), "many", "nan", *(["1.5"] if kind is int else [])):
        message = complaint(income, **{**FILLED, column: value})
        assert f"analyses.csv: analysis people, column {column}: {value} is not a" in message
        assert f"from {low} to {high}; correct it." in message


@pytest.mark.parametrize("column", REQUIRED_NUMBERS)
def test_a_missing_entry_is_named(column: str) -> None:
    assert f"analysis people, column {column}: empty is not a whole number" in complaint(**{column: None})


def test_two_stages_need_all_their_settings() -> None:
    message = complaint(n_ward_clusters="6", max_share="0.1")
    assert "column min_z_score: empty, but n_ward_clusters is filled in; fill in all of" in message


def test_imputation_and_its_settings_go_together() -> None:
    message = complaint(measure("income", imputation="target"))
    for column in IMPUTATION_NUMBERS:
        assert f"column {column}: empty; write a whole number" in message
    message = complaint(n_neighbors="5", donor_rows="100", imputation_seed="1")
    assert "column n_neighbors: 5, but nothing is imputed; name a target" in message
    imputed = {"n_neighbors": "5", "donor_rows": "100", "imputation_seed": "1"}
    assert "column imputation: predictors, but no target" in complaint(measure("age", imputation="predictor"))
    assert len(checked(measure("income", imputation="target"), measure("age", imputation="predictor"), **imputed)) == 1


WINE = measure("wine", part_of="spend")
SPEND = measure("spend", "derived")


NO_TEXT = "it is no text about customers of crm; write one of gender, region."
COMPUTED = "it follows from other measures, so it can be neither imputed"

WRONG_MEASURES: dict[str, list[dict[str, str | None]]] = {
    "measure incme, column measure: crm has no such number of a customer; write one of age, income,": [
        measure("incme")
    ],
    "measure gender, column measure: crm has no such number of a customer; write one of": [measure("gender")],
    "measure age, column measure: it has several rows; keep one of them.": [measure("age"), measure("age")],
    "measure age, column role: fature is no role; write one of feature, derived,": [measure("age", "fature")],
    "column role: there is no feature to cluster on; give one measure or more": [measure("age", "measure")],
    "column imputation: donor is no role in an imputation; write one of": [measure("age", imputation="donor")],
    "measure age, column max_value: old is no number; correct it,": [measure("age", max_value="old")],
    f"measure born, column measure: {NO_TEXT}": [measure("age"), measure("born", "category")],
    "column imputation: target, but a category is a text;": [measure("gender", "category", imputation="target")],
    "column part_of: spend is no measure of the analysis; add a row for spend.": [WINE],
    "column share_of: beer is no measure of the analysis that is part": [WINE, SPEND, measure("s", share_of="beer")],
    "measure s, column share_of: age is no measure of the analysis": [WINE, SPEND, measure("s", share_of="age")],
    f"measure spend, column part_of: {COMPUTED}": [WINE, {**SPEND, "imputation": "target"}],
}
"""What a sentence has in it -> measures that it complains about."""


@pytest.mark.parametrize("sentence", WRONG_MEASURES)
def test_a_wrong_measure_is_named_with_its_cure(sentence: str) -> None:
    lines = complaint(*WRONG_MEASURES[sentence]).splitlines()
    assert any(sentence in line for line in lines), lines
    assert all(line.startswith("seeds/reference/anal") and "analysis people" in line for line in lines)


def test_positions_are_different_whole_numbers() -> None:
    message = complaint(measure("age"), measure("income", position="1"), measure("wine", position="third"))
    assert "measure income, column position: 1 is no whole number from 1 to 10000 of its own;" in message
    assert "measure wine, column position: third is no whole number" in message


def test_totals_and_shares_need_no_attribute() -> None:
    assert len(checked(WINE, SPEND, measure("wine_share", "derived", share_of="wine"))) == 1


@pytest.mark.parametrize("unit", ["age", "gender+gender", "gender+", None, "gender+region+born", "customers"])
def test_a_wrong_unit_is_named_with_the_texts_there_are(unit: str | None) -> None:
    message = complaint(measure("total_sales"), unit=unit)
    assert (
        f"column unit: {unit or 'empty'} is neither customer nor buyer nor one to 3 texts about customers of crm"
        in message
    )
    assert "write customer, buyer, or some of gender, region." in message


def test_groups_have_measures_of_their_own() -> None:
    assert checked(measure("total_sales"), unit="gender+region")["unit"].tolist() == ["gender+region"]
    assert "crm has no such number of a group; write one of total_sales." in complaint(measure("age"), unit="gender")
    assert "only measures of customers are imputed" in complaint(
        measure("total_sales", imputation="target"), unit="gender"
    )


def test_an_analysis_of_other_datasets_has_a_row_for_each_that_has_its_measures() -> None:
    buyers = pd.DataFrame(
        [(name, "buyer", of_buyers, "number") for name in ("b", "a", "crm") for of_buyers in ("receipts", "price")]
        + [("without prices", "buyer", "receipts", "number")],
        columns=list(AVAILABLE),
    )
    available = pd.concat([AVAILABLE, buyers])
    analyses = pd.DataFrame([ANALYSIS, {**ANALYSIS, "analysis": "purchases", "dataset": "*", "unit": "buyer"}])
    rows = [("people", "age"), ("purchases", "receipts"), ("purchases", "price")]
    measures = [
        {**measure(name), "analysis": analysis, "position": str(position)}
        for position, (analysis, name) in enumerate(rows, start=1)
    ]
    found = settings_table(analyses, pd.DataFrame(measures), available)
    columns = ["dataset", "analysis", "settings_name", "unit"]
    assert found[columns].to_numpy().tolist() == [
        ["a", "a_purchases", "purchases", "buyer"],
        ["b", "b_purchases", "purchases", "buyer"],
        ["crm", "people", "people", "customer"],
    ]
    assert settings_table(analyses.assign(scaler="none"), pd.DataFrame(measures), buyers[:0]).empty


def test_names_have_one_row_and_measures_an_analysis() -> None:
    twice = pd.DataFrame([ANALYSIS, ANALYSIS])
    rows = pd.DataFrame([{"analysis": name, "position": "1", **measure("age")} for name in ("people", "peple")])
    with pytest.raises(SettingsError) as error:
        settings_table(twice, rows, AVAILABLE)
    assert "analysis people, column analysis: the name has several rows; keep one of them." in str(error.value)
    assert "analysis peple, column analysis: seeds/reference/analyses.csv has no such analysis;" in str(error.value)


def test_a_dataset_that_is_off_needs_none_of_its_settings() -> None:
    nothing = checked(available=AVAILABLE[:0], scaler="standrd", n_clusters=None)
    assert nothing.empty
    assert {name: str(kind) for name, kind in nothing.dtypes.items()} == SETTINGS_TYPES


def test_fits_get_names_in_the_order_of_positions() -> None:
    settings: dict[str, Any] = settings_of("campaign_customers")
    assert settings["features"][:3] == ("age", "income", "children")
    assert settings["derived_measures"][0] == "spend_amount"
    assert settings["categories"] == ("education", "marital_status", "country")
    assert settings["targets"] == ("income",)
    assert "specialists" not in settings
    assert settings_of("grocery_customers")["specialists"] == {
        "n_ward_clusters": 6, "max_share": 0.1, "min_z_score": 2.0
    }  # fmt: skip
