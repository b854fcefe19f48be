"""The raw chips files as pandas reads them: what the marts are checked against."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from dbt_runs import DbtRun

BULK = 50
"""More packets in a line than this are a bulk purchase, which the marts leave out."""

PURCHASE = ["TXN_ID", "customer_id", "day"]
"""What tells purchases apart; TXN_ID alone does not."""


@dataclass(frozen=True)
class Chips:
    """A build with its raw files.

    Attributes:
        build: The build.
        lines: All sales lines, with day, customer_id, cents and product_id.
        customers: The customer file, one row per card.
    """

    build: DbtRun
    lines: pd.DataFrame
    customers: pd.DataFrame

    def mart(self, name: str) -> pd.DataFrame:
        """The dataset's rows of a mart, with ids as numbers like those of the files."""
        table = self.build.mart(name)
        if "dataset" in table:
            table = table[table["dataset"] == "chips"].reset_index(drop=True)
        return table.astype({key: np.int64 for key in ("customer_id", "product_id") if key in table})

    @cached_property
    def sales(self) -> pd.DataFrame:
        """The lines that count, with the attributes that the marts give to their products."""
        sales = self.lines[self.lines["units"] <= BULK]
        return sales.merge(self.products, on="product_id", validate="many_to_one")

    @cached_property
    def products(self) -> pd.DataFrame:
        """Brand, flavour family and pack size of each product, named as in the marts of sales and affinities."""
        table = self.mart("product_sales").set_index("product_id")
        return pd.DataFrame(
            {
                "brand": table["brand"],
                "flavour": table["flavour_family"].fillna("Not stated"),
                "pack size": table["pack_size_g"].map(lambda grams: f"{grams:.0f} g"),
            }
        ).reset_index()

    @cached_property
    def names(self) -> pd.Series:
        """Name of each product as in the file, by product_id."""
        return self.lines.drop_duplicates("product_id").set_index("product_id")["PROD_NAME"].sort_index()

    @cached_property
    def buyers(self) -> pd.DataFrame:
        """One row per customer with a sale, by customer_id: life stage, tier, packets, cents, purchases."""
        by_customer = self.sales.groupby("customer_id")
        table = pd.DataFrame(
            {
                "units": by_customer["units"].sum(),
                "cents": by_customer["cents"].sum(),
                "transactions": self.sales.drop_duplicates(PURCHASE).groupby("customer_id").size(),
                "first_day": by_customer["day"].min(),
                "last_day": by_customer["day"].max(),
                "months": self.sales["day"].dt.to_period("M").groupby(self.sales["customer_id"]).nunique(),
            }
        )
        return table.join(self.customers.set_index("customer_id"))


def read_chips(build: DbtRun, data: Path) -> Chips:
    """Read the raw files that a build has read."""
    lines = pd.read_csv(data / "chips" / "transaction_data.csv").rename(
        columns={"LYLTY_CARD_NBR": "customer_id", "PROD_NBR": "product_id", "PROD_QTY": "units"}
    )
    lines["day"] = pd.Timestamp("1899-12-30") + pd.to_timedelta(lines["DATE"], unit="D")
    lines["cents"] = (100 * lines["TOT_SALES"]).round().astype(np.int64)
    customers = pd.read_csv(data / "chips" / "purchase_behaviour.csv").rename(
        columns={"LYLTY_CARD_NBR": "customer_id", "LIFESTAGE": "lifestage", "PREMIUM_CUSTOMER": "premium_tier"}
    )
    return Chips(build, lines, customers)


def cents(amounts: pd.Series) -> pd.Series:
    """Amounts in whole cents."""
    return (100 * amounts).round().astype(np.int64)


def pack_grams(name: str) -> int:
    """The number before the g of a product name."""
    found = re.findall(r"([0-9]+) ?g\b", name, flags=re.IGNORECASE)
    assert len(found) == 1, name
    return int(found[0])


def totals(sales: pd.DataFrame, key: str) -> pd.DataFrame:
    """Cents, units, receipts and customers by a column, best seller first, Not stated last, equal ones by key."""
    by_key = sales.groupby(key)
    table = pd.DataFrame(
        {
            "cents": by_key["cents"].sum(),
            "units": by_key["units"].sum(),
            "transactions": sales.drop_duplicates([key, *PURCHASE]).groupby(key).size(),
            "customers": by_key["customer_id"].nunique(),
        }
    ).reset_index()
    table["is_stated"] = table[key] != "Not stated"
    table = table.sort_values(["is_stated", "cents", key], ascending=[False, False, True], ignore_index=True)
    table = table.drop(columns="is_stated")
    return table.assign(rank=np.arange(1, len(table) + 1))
