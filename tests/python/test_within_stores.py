"""Segments whose members shop in different stores: ranges of stores are no preferences, and preferences are found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from statsmodels.stats.contingency_tables import StratifiedTable

from tools.model_sql import ModelSql

STORES = 24
CUSTOMERS = 60
"""Customers of each store."""

BRANDS = ["Alto", "Brio", "Core", "Dune", "Echo", "Fern"]

MODELS = [
    *("int_loyalty__affinity_cells", "int_loyalty__segment_weights", "int_loyalty__segment_affinities"),
    *("int_loyalty__store_preferences", "int_loyalty__store_cells", "int_loyalty__store_shares"),
    *("int_loyalty__store_comparisons", "int_loyalty__adjusted_affinities"),
]
KEY = ["dataset", "segment_type", "segment", "attribute", "attribute_value"]


def shop(seed: int, liking: float = 1.0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Customers and lines of stores that differ in range and in who shops there.

    Args:
        seed: Draws everything.
        liking: How many times as often as others of their store Budget customers choose Alto, in odds.

    Returns:
        Customers with ``store_key`` and ``tier``, and lines with ``customer_key``, ``store_key``, ``brand`` and
        ``units``. Customers have favourites, so their lines are alike.
    """
    random = np.random.default_rng(seed)
    budget_share = random.uniform(0.1, 0.9, STORES)
    # A poor store has many Budget customers and much Alto.
    shares = random.dirichlet(np.ones(len(BRANDS)), STORES)
    shares[:, 0] = budget_share**2
    shares /= shares.sum(axis=1, keepdims=True)
    store = np.repeat(np.arange(STORES), CUSTOMERS)
    is_budget = random.random(len(store)) < budget_share[store]
    own = shares[store] * np.where(np.arange(len(BRANDS)) == 0, np.where(is_budget, liking, 1)[:, None], 1)
    own /= own.sum(axis=1, keepdims=True)
    favourite = (own.cumsum(axis=1) > random.random((len(store), 1))).argmax(axis=1)
    lines = 1 + random.negative_binomial(1, 0.25, len(store))
    customer = np.repeat(np.arange(len(store)), lines)
    drawn = (own[customer].cumsum(axis=1) > random.random((len(customer), 1))).argmax(axis=1)
    brand = np.where(random.random(len(customer)) < 0.3, favourite[customer], drawn)
    customers = pd.DataFrame({
        "customer_key": np.arange(len(store)) + 1,
        "store_key": store + 1,
        "tier": np.where(is_budget, "Budget", "Premium"),
    })  # fmt: skip
    return customers, pd.DataFrame({
        "customer_key": customer + 1,
        "store_key": store[customer] + 1,
        "brand": np.array(BRANDS)[brand],
        "units": random.integers(1, 3, len(customer)),
    })  # fmt: skip


def shops(count: int, liking: float = 1.0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Several shops, each a dataset of its own, with keys that differ."""
    drawn = [shop(seed, liking) for seed in range(count)]
    customers, lines = (
        pd.concat([
            rows.assign(
                dataset=f"shop {seed}",
                customer_key=rows["customer_key"] + seed * STORES * CUSTOMERS,
                store_key=rows["store_key"] + seed * STORES,
            )
            for seed, rows in enumerate(tables)
        ], ignore_index=True)
        for tables in zip(*drawn, strict=True)
    )  # fmt: skip
    return customers, lines


def compare(customers: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Crude and adjusted affinities with two-sided p-values, by the models' own SQL.

    Args:
        customers: ``dataset``, ``customer_key``, ``store_key``, ``tier`` and perhaps ``is_loyal``.
        lines: ``dataset``, ``customer_key``, ``store_key``, ``brand`` and ``units``.
    """
    customers = customers.assign(is_loyal=customers.get("is_loyal", False))
    keys = ["dataset", "tier", "is_loyal"]
    cells = customers.assign(cell_id=customers.groupby(keys).ngroup())
    sizes = cells.groupby([*keys, "cell_id"]).size().rename("customers").reset_index()
    lines = lines.assign(product_key=lines["brand"].map(BRANDS.index), receipt_date=pd.Timestamp(2024, 1, 1))
    totals = lines.groupby("customer_key")["units"].agg(units="sum", receipts="size").reset_index()
    bought = lines.groupby(["customer_key", "product_key"])["units"].sum().reset_index()
    by_tier = sizes.rename(columns={"tier": "segment"}).assign(segment_type="tier")
    loyal = sizes[sizes["is_loyal"]].assign(segment="Loyal customers", segment_type="loyalty")
    database = ModelSql()
    database.put(
        int_loyalty__customer_cells=cells[["customer_key", "cell_id"]],
        int_loyalty__cells=sizes[["dataset", "cell_id", "customers"]],
        int_loyalty__cell_attributes=sizes.rename(columns={"tier": "attribute_value"}).assign(segment_type="tier"),
        int_loyalty__segment_cells=pd.concat([by_tier, loyal])[
            ["dataset", "segment_type", "segment", "cell_id", "customers"]
        ],
        int_loyalty__customer_purchases=totals.assign(
            receipts_of_1_unit=totals["receipts"], receipts_of_2_units=0, receipts_of_3_units=0
        ),
        int_loyalty__customer_preferences=bought.rename(columns={"product_key": "value_id"}),
        int_loyalty__home_stores=customers[["customer_key", "store_key"]],
        int_loyalty__compared_datasets=customers[["dataset"]]
        .drop_duplicates()
        .assign(no_store_key=-1, is_range_changing=False),
        int_products__product_attributes=pd.DataFrame(
            {"product_key": range(len(BRANDS)), "attribute": "brand", "attribute_value": BRANDS}
        ).assign(value_id=range(len(BRANDS))),
        int_products__sales_lines=lines,
        int_products__receipts=lines,
    )
    database.build(*MODELS)
    crude = database.table("int_loyalty__segment_affinities").set_index(KEY)
    adjusted = database.table("int_loyalty__adjusted_affinities").set_index(KEY)
    both = crude.join(adjusted)
    return both.assign(
        p=2 * norm.sf(both["z_score"].abs()), adjusted_p=2 * norm.sf(both["adjusted_z_score"].abs())
    ).sort_index()


def of_budget(table: pd.DataFrame) -> pd.DataFrame:
    """Brands of Budget customers, by brand; those of Premium are their mirror."""
    return table.query("segment == 'Budget' and attribute == 'brand'").reset_index().set_index("attribute_value")


def test_ranges_of_stores_are_no_preferences() -> None:
    """Within a store all choose alike; over all stores Budget customers seem to love what poor stores sell."""
    found = of_budget(compare(*shops(40)))
    assert (found["p"] < 0.05).mean() > 0.4
    assert found.loc["Alto", "affinity_index"].median() > 1.3
    assert found.loc["Alto", "adjusted_index"].median() == pytest.approx(1, abs=0.03)
    assert 0.01 < (found["adjusted_p"] < 0.05).mean() < 0.075
    inside = (found["adjusted_index_low"] < 1) & (found["adjusted_index_high"] > 1)
    assert 0.92 < inside.mean() < 0.99


def test_a_preference_within_stores_is_found_and_measured() -> None:
    """The planted ratio of odds is nearly a ratio of shares where the brand is rare, and less where it is not."""
    alto = of_budget(compare(*shops(10, liking=2.0))).loc["Alto"]
    assert (alto["adjusted_p"] < 0.01).all()
    assert alto["adjusted_index"].between(1.2, 2).all()


def test_what_all_customers_of_a_store_do_is_one_observation() -> None:
    """Each store's manager makes either its Budget customers buy Brio or all others: as many stores do the one."""
    customers, lines = shops(40)
    is_pushed = np.random.default_rng(1000).random(customers["store_key"].max()) < 0.5
    tier = lines["customer_key"].map(customers.set_index("customer_key")["tier"])
    meant = (tier == "Budget") == is_pushed[lines["store_key"] - 1]
    is_moved = meant & (np.random.default_rng(1001).random(len(lines)) < 0.35)
    brio = of_budget(compare(customers, lines.assign(brand=lines["brand"].mask(is_moved, "Brio")))).loc["Brio"]
    assert (brio["adjusted_p"] < 0.05).mean() < 0.15
    assert brio["adjusted_z_score"].var() < 1.5


def test_what_customers_are_is_compared_as_mantel_and_haenszel_do() -> None:
    """Each customer weighs one: the index is the pooled ratio of statsmodels, and its test nearly theirs."""
    customers, lines = shops(1)
    is_premium = (customers["tier"] == "Premium").to_numpy()
    is_loyal = np.random.default_rng(4).random(len(customers)) < np.where(is_premium, 0.5, 0.3)
    table = compare(customers.assign(is_loyal=is_loyal), lines)
    row = table.loc[("shop 0", "loyalty", "Loyal customers", "tier", "Premium")]
    strata = [
        [
            [(here & loyal & (is_premium == premium)).sum() for premium in (True, False)]
            for loyal in (is_loyal, ~is_loyal)
        ]
        for here in (customers["store_key"].to_numpy() == store for store in range(1, STORES + 1))
    ]
    pooled = StratifiedTable([np.array(stratum, dtype=float) for stratum in strata])
    assert row["adjusted_index"] == pytest.approx(pooled.riskratio_pooled, rel=1e-8)
    # Customers are drawn one by one, so the error with stores as the unit is about as large; the larger of both counts.
    z = np.sqrt(pooled.test_null_odds(correction=False).statistic)
    assert 0.75 * z < row["adjusted_z_score"] < 1.02 * z
