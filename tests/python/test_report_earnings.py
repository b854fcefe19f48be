"""What the report says of margins, discounts and hours."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from report_files import sections_of

from segmart.report.page import specification
from segmart.report.sections import earnings

pytestmark = pytest.mark.library


def rows(*shares: float | None) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": [chr(ord("A") + place) for place in range(len(shares))],
            "margin_share": pd.Series(shares, dtype=float),
            "costed_sales_amount": [100.0] * len(shares),
            "margin_amount": [100 * share if share is not None else None for share in shares],
        }
    )


@pytest.mark.parametrize(
    ("whole", "shown", "expected"),
    [
        ([0.25], [0.4, 0.1, None], "25.0\u00a0% of sales are left after cost; A earns most, 40.00"),
        ([-0.05], [-0.05], "-5.0\u00a0% of sales are left after cost"),
        ([0.2, 0.4], [], "30.0\u00a0% of sales are left after cost"),
        ([], [], "No margin is known"),
        ([None], [None, 0.1], "No margin is known"),
    ],
)
def test_what_is_left_and_where_it_is_least(
    whole: list[float | None], shown: list[float | None], expected: str
) -> None:
    assert earnings.margin_title(rows(*whole), rows(*shown)) == expected


def test_discounts_have_a_share_and_a_depth() -> None:
    whole = pd.DataFrame({"discounted_share": [0.1], "discount_depth": [0.3], "discount_amount": [5.0]})
    expected = "10.0\u00a0% of sales had a discount, on average 30.0\u00a0% off the full price"
    assert earnings.discount_title(whole) == expected
    assert earnings.discount_title(whole.assign(discount_depth=float("nan"))) == "Nothing was sold at a discount"
    assert earnings.discount_title(whole.head(0)) == "Nothing was sold at a discount"


def cells(*shares: float) -> pd.DataFrame:
    return pd.DataFrame({"weekday": "Monday", "hour_of_day": range(len(shares)), "receipt_share": list(shares)})


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ([0.2, 0.8], "The busiest hour is Monday from 1:00: 80.0\u00a0% of receipts"),
        ([0.5, 0.5], "The busiest hours are Monday from 0:00 and Monday from 1:00: 50.0\u00a0% of receipts each"),
        ([], "No receipt has a time"),
    ],
)
def test_the_busiest_hour_is_named_also_with_ties(shares: list[float], expected: str) -> None:
    assert earnings.hours_title(cells(*shares)) == expected


@pytest.mark.parametrize(
    ("gross_margins", "hour_rows", "keys"),
    [
        ("('d', 'all', 'All', 9.0, 2.0, 0.2, 3.0, 0.1, 0.5), ('d', 'store', '01', 9.0, 2.0, 0.2, 3.0, 0.1, 0.5)",
         "('d', 2, 'Tuesday', 8, 1, 0.5, 1, 1.0, 2.0), ('d', 1, 'Monday', 9, 1, 0.5, 1, 1.0, 2.0)",
         ["gross-margins", "discounts", "sales-hours"]),
        ("('d', 'all', 'All', 9.0, null, null, 3.0, 0.1, 0.5), ('d', 'store', '01', 9.0, null, null, 3.0, 0.1, 0.5)",
         None, ["discounts"]),
        (None, "('d', 2, 'Tuesday', 8, 1, 1.0, 0, 1.0, null)", ["sales-hours"]),
        (None, None, []),
    ],
)  # fmt: skip
def test_blocks_are_there_where_their_rows_are(
    tmp_path: Path, gross_margins: str | None, hour_rows: str | None, keys: list[str]
) -> None:
    published = tmp_path / "marts.duckdb"
    with duckdb.connect(str(published)) as connection:
        if gross_margins:
            connection.execute(
                "create table gross_margins as select *, null::varchar as product_name, 1.0 as costed_sales_share,"
                " sales_amount as costed_sales_amount, 0.0 as returned_share from (values "
                f"{gross_margins}) as rows (dataset, attribute, attribute_value, sales_amount, margin_amount,"
                " margin_share, discount_amount, discounted_share, discount_depth)"
            )
        if hour_rows:
            connection.execute(
                f"create table sales_hours as select * from (values {hour_rows}) as rows (dataset, iso_weekday,"
                " weekday, hour_of_day, receipts, receipt_share, customers, units, sales_amount)"
            )
    figures = [figure for section in sections_of(published) for figure in section.figures]
    assert [figure.key for figure in figures] == keys
    for figure in figures:
        assert figure.is_drawn
        json.dumps(specification(figure), allow_nan=False)
