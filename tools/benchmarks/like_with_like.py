"""How often is something found where nothing is, crude and adjusted? Measured on a build of real files.

    python -m tools.benchmarks.like_with_like warehouse/segmart.duckdb --dataset chips --draws 12

Two simulations take away what could be found and keep the rest as it is:

* Every store gets the life stages and tiers of another store's customers, drawn with replacement. Stores go on to
  differ in range and in who shops there, and within a store labels say nothing.
* Baskets of a store trade items until nothing goes together: each basket keeps its number of items, each item its
  number of baskets in the store (Strona et al., Nature Communications 5, 2014).

Beside them stands what the build itself found. Writes ``like_with_like.md`` beside this file.
"""

from __future__ import annotations

import argparse
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmart.statistics.association import benjamini_hochberg, fisher_p_values
from segmart.statistics.inference import add_p_and_q_values
from segmart.statistics.margins import judge_divisions
from tools.benchmarks.harness import FOLDER, draw_bars, markdown_table, surroundings
from tools.model_sql import ModelSql

GIVEN = (
    *(f"intermediate.int_loyalty__{name}" for name in ("customer_rfm", "customer_purchases", "customer_preferences")),
    *(f"intermediate.int_loyalty__{name}" for name in ("home_stores", "compared_datasets")),
    *(f"intermediate.int_products__{name}" for name in ("sales_lines", "receipts", "product_attributes")),
    "core.customer_attributes",
)
"""Tables of the build that customers' labels do not change."""

MODELS = tuple(
    f"int_loyalty__{name}"
    for name in (
        *("segment_values", "customer_cells", "cells", "cell_attributes", "segment_cells", "affinity_cells"),
        *("segment_weights", "segment_affinities", "store_preferences", "store_cells", "store_shares"),
        *("store_comparisons", "adjusted_affinities"),
    )
)
KEY = ["dataset", "segment_type", "segment", "attribute", "attribute_value"]
SEED = 20240101
ROUNDS = 20
"""Trades of each basket."""


def trade(
    held: NDArray[np.bool_], store: NDArray[np.int64], random: np.random.Generator, rounds: int
) -> NDArray[np.bool_]:
    """Let baskets of a store exchange the items that they do not share.

    Args:
        held: Which items each basket holds, shape (n_baskets, n_items).
        store: Store of each basket, shape (n_baskets,).
        random: Draws the pairs and the exchanges.
        rounds: How often each basket trades.

    Returns:
        The baskets after trading, with the same sizes, and the same number of baskets for each item in each store.
    """
    held = held.copy()
    for _ in range(rounds):
        order = np.lexsort((random.random(len(store)), store))
        first = np.searchsorted(store[order], store[order])
        opens = np.flatnonzero((np.arange(len(order)) - first) % 2 == 0)
        opens = opens[opens + 1 < len(order)]
        opens = opens[store[order[opens]] == store[order[opens + 1]]]
        one, other = order[opens], order[opens + 1]
        common = held[one] & held[other]
        differ = held[one] ^ held[other]
        own = (held[one] & differ).sum(axis=1, keepdims=True)
        lots = np.where(differ, random.random(differ.shape), 2.0)
        taken = differ & (lots.argsort(axis=1).argsort(axis=1) < own)
        held[one], held[other] = common | taken, common | (differ & ~taken)
    return held


def relabelled(database: ModelSql, random: np.random.Generator) -> pd.DataFrame:
    """Text attributes of customers, those of another store's customers in each store."""
    attributes = database.table("customer_attributes").query("attribute_type == 'text'")
    homes = database.table("int_loyalty__home_stores").sort_values(["store_key", "customer_key"])
    stores = homes["store_key"].unique()
    donors = dict(zip(stores, np.roll(random.permutation(stores), 1), strict=True))
    members = {store: rows.to_numpy() for store, rows in homes.groupby("store_key")["customer_key"]}
    drawn = pd.concat([
        pd.DataFrame({"customer_key": keys, "donor_key": random.choice(members[donors[store]], len(keys))})
        for store, keys in members.items()
    ])  # fmt: skip
    labels = attributes.rename(columns={"customer_key": "donor_key"})
    return drawn.merge(labels, on="donor_key").drop(columns="donor_key")


def affinities(database: ModelSql) -> pd.DataFrame:
    """Crude and adjusted p- and q-values of all segments but the loyal customers."""
    database.build(*MODELS)
    crude = database.table("int_loyalty__segment_affinities")
    both = crude.merge(database.table("int_loyalty__adjusted_affinities"), on=KEY).query("segment_type != 'loyalty'")
    judged = add_p_and_q_values(both, ["dataset"])
    adjusted = add_p_and_q_values(both.assign(z_score=both["adjusted_z_score"]), ["dataset"])
    return judged.assign(adjusted_p_value=adjusted["p_value"], adjusted_q_value=adjusted["q_value"])


def pairs(held: NDArray[np.bool_], store: NDArray[np.int64]) -> pd.DataFrame:
    """Fisher's and the adjusted p- and q-values of all pairs of items."""
    basket, item = np.nonzero(held)
    items = range(held.shape[1])
    database = ModelSql()
    database.put(
        int_baskets__memberships=pd.DataFrame({"own_segment_id": [1], "segment_id": [1]}),
        int_baskets__basket_items=pd.DataFrame(
            {"segment_id": 1, "basket_id": basket, "store_key": store[basket], "item_id": item, "is_mined": True}
        ),
        int_baskets__itemsets_1=pd.DataFrame({"segment_id": 1, "item_id": items, "is_frequent": True}),
    )
    database.build("int_baskets__store_contents", "int_baskets__store_margins")
    couples = list(combinations(items, 2))
    both = np.array([(held[:, first] & held[:, second]).sum() for first, second in couples])
    sums = held.sum(axis=0)
    singles = pd.DataFrame({"itemset_id": items, "prefix_id": -1, "item_id": items, "itemset_baskets": sums})
    divisions = pd.DataFrame(couples, columns=["first_id", "second_id"]).assign(
        itemset_id=lambda rows: 1000 + rows.index, segment_id=1, tests=len(couples),
        dataset="", item_level="", is_segment=False, itemset_size=2,
    )  # fmt: skip
    doubles = divisions.rename(columns={"first_id": "prefix_id", "second_id": "item_id"}).assign(itemset_baskets=both)
    itemsets = pd.concat([singles, doubles[list(singles)]]).assign(segment_id=1)
    judged = judge_divisions(database.table("int_baskets__store_margins"), itemsets, divisions)
    first, second = sums[divisions["first_id"]], sums[divisions["second_id"]]
    p_values = fisher_p_values(np.full(len(both), len(held)), first, second, both)
    return pd.DataFrame({
        "p_value": p_values,
        "q_value": benjamini_hochberg(p_values, np.ones(len(both), dtype=np.int64)),
        "lift": both * len(held) / (first * second),
        "adjusted_p_value": judged["p_value"],
        "adjusted_q_value": judged["q_value"],
        "adjusted_lift": judged["lift"],
    })  # fmt: skip


def row(what: str, tables: list[pd.DataFrame]) -> list[str]:
    """Shares of small p- and q-values over some draws, and in how many anything is found."""
    joined = pd.concat(tables)
    cells = [what, f"{len(joined):,}"]
    for prefix in ("", "adjusted_"):
        is_found = [bool((table[f"{prefix}q_value"] < 0.05).any()) for table in tables]
        cells += [
            f"{(joined[f'{prefix}p_value'] < 0.05).mean():.1%}",
            f"{(joined[f'{prefix}q_value'] < 0.05).sum():,}",
            f"{sum(is_found)} of {len(tables)}",
        ]
    return cells


def held_items(database: Path, dataset: str) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Which items the baskets of a build hold, and the stores of the baskets; of brands, or of all levels the first."""
    tables = ModelSql()
    tables.copy(database, "intermediate.int_baskets__basket_items", "intermediate.int_baskets__levels")
    levels = tables.table("int_baskets__levels").query("dataset == @dataset").sort_values("item_level")
    items = tables.table("int_baskets__basket_items")
    items = items[(items["level_id"] == levels["level_id"].iloc[0]) & items["is_mined"]]
    baskets, rows = np.unique(items["basket_id"], return_inverse=True)
    names, columns = np.unique(items["item_id"], return_inverse=True)
    held = np.zeros((len(baskets), len(names)), dtype=bool)
    held[rows, columns] = True
    store = np.zeros(len(baskets), dtype=np.int64)
    store[rows] = items["store_key"].fillna(0)
    is_frequent = held.mean(axis=0) >= 0.01
    return held[:, is_frequent], store


def main(database: Path, dataset: str, draws: int) -> str:
    """Simulate, and give the page."""
    random = np.random.default_rng(SEED)
    labels = ModelSql()
    labels.copy(database, *GIVEN)
    # Clusters are made of the labels, and left out.
    nothing = pd.DataFrame({"analysis": [""], "unit_id": [0], "cell_id": [0], "cluster_id": [0], "segment_name": [""]})
    labels.put(**{f"int_segmentation__{name}": nothing[:0] for name in ("group_cells", "scores", "names")})
    own = affinities(labels)
    exchanged = []
    for _ in range(draws):
        labels.put(customer_attributes=relabelled(labels, random))
        exchanged.append(affinities(labels))
        labels.copy(database, "core.customer_attributes")
    held, store = held_items(database, dataset)
    own_pairs = pairs(held, store)
    traded = [pairs(trade(held, store, random, ROUNDS), store) for _ in range(draws)]
    header = [
        *("what", "comparisons", "crude p < 0.05", "crude q < 0.05", "any"),
        *("adjusted p < 0.05", "adjusted q < 0.05", "any"),
    ]
    table = markdown_table(header, [
        row("affinities, labels of other stores", exchanged), row("affinities as they are", [own]),
        row("pairs, items traded", traded), row("pairs as they are", [own_pairs]),
    ])  # fmt: skip
    found = {"affinities, labels of other stores": exchanged, "pairs, items traded": traded}
    draw_bars(FOLDER / "like_with_like.svg", {
        f"{what}: % of comparisons with q < 0.05": {
            "crude": 100 * float((pd.concat(tables)["q_value"] < 0.05).mean()),
            "adjusted": 100 * float((pd.concat(tables)["adjusted_q_value"] < 0.05).mean()),
        }
        for what, tables in found.items()
    })  # fmt: skip
    deviation = pd.concat(exchanged)["adjusted_z_score"].std()
    lifts = pd.concat(traded)[["lift", "adjusted_lift"]].median()
    return "\n".join([
        "# Like with like",
        "",
        "Written by `python -m tools.benchmarks.like_with_like`.",
        "",
        f"Files of the layout {dataset}: {len(held):,} baskets, {len(np.unique(store))} stores; {draws} draws each."
        " Comparisons are those of all draws, q-values are of each draw; `any` says in how many draws something was"
        " found. Without differences, the standard deviation of the adjusted z-scores of affinities is"
        f" {deviation:.2f}; 1 is right, and less is cautious. The median lift of a pair without association is"
        f" {lifts['lift']:.2f} crude"
        f" and {lifts['adjusted_lift']:.3f} adjusted.",
        "",
        table,
        "![Share of comparisons that are significant though nothing is there](like_with_like.svg)",
        "",
        surroundings(["duckdb", "numpy", "scipy"]),
    ])  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("database", type=Path, help="DuckDB file of a build, with its intermediate tables")
    parser.add_argument("--dataset", default="chips")
    parser.add_argument("--draws", type=int, default=12)
    arguments = parser.parse_args()
    page = main(arguments.database, arguments.dataset, arguments.draws)
    (FOLDER / "like_with_like.md").write_text(page, encoding="utf-8")
    print(page)
