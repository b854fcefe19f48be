"""Affinities against the truth planted in the sample: what is there is found, and what is not there is not."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from dbt_runs import DbtRun

from segmart.statistics.inference import add_p_and_q_values
from tools.synthesize import ChipsSample
from tools.synthesize.chips import Affinity, Segment

AFFINITY_MODELS = tuple(
    f"int_loyalty__{name}"
    for name in (
        *("segment_values", "customer_cells", "cells", "cell_attributes"),
        *("affinity_cells", "segment_cells", "segment_affinities"),
    )
)
"""Models from customers with labels to comparisons of segments, in the order in which they are built."""

FAVOURED_SHARE = 0.3
"""Share of the lines that a customer spends on the favourite, where purchases are dealt out."""

Relabel = Callable[[pd.DataFrame], pd.DataFrame]


def bought_shares(sample: ChipsSample, segment: Segment) -> np.ndarray:
    """Share of each product in what a segment buys, by the definition of an affinity.

    A preferred brand takes its extra share from all other products, a preferred pack size from the other sizes of the
    same brand.
    """
    products = pd.DataFrame([vars(product) for product in sample.truth.products])
    shares = products["lines_per_1000"] / 1000
    for affinity in sample.truth.affinities:
        if affinity.applies_to(segment):
            chosen = products[affinity.attribute] == affinity.value
            pool = pd.Series(0, index=shares.index) if affinity.attribute == "brand" else products["brand"]
            for _, rows in shares.groupby(pool):
                own = chosen[rows.index]
                if own.any() and not own.all():
                    rest = (rows.sum() - affinity.index * rows[own].sum()) / rows[~own].sum()
                    shares[rows.index] = rows * np.where(own, affinity.index, rest)
    return shares.to_numpy()


@pytest.fixture(scope="module")
def expected(sample: ChipsSample) -> pd.Series:
    """Expected affinity index by segment type, segment, attribute and value."""
    segments = sample.truth.segments
    weights = np.array([segment.cards_per_1000 * segment.transactions_per_card for segment in segments])
    bought = np.array([bought_shares(sample, segment) for segment in segments])
    attributes = {
        "brand": [product.brand for product in sample.truth.products],
        "flavour": [product.family.replace("None", "Not stated") for product in sample.truth.products],
        "pack size": [f"{product.pack_grams} g" for product in sample.truth.products],
    }
    groupings = {
        "life stage and tier": [f"{segment.life_stage}, {segment.tier}" for segment in segments],
        "life stage": [segment.life_stage for segment in segments],
        "premium tier": [segment.tier for segment in segments],
        "cluster": [segment.group for segment in segments],
    }
    index = {}
    for kind, names in groupings.items():
        for name in set(names):
            inside = np.array(names) == name
            for attribute, values in attributes.items():
                for value in set(values):
                    by_segment = bought[:, np.array(values) == value].sum(axis=1)
                    share = np.average(by_segment[inside], weights=weights[inside])
                    index[kind, name, attribute, value] = share / np.average(
                        by_segment[~inside], weights=weights[~inside]
                    )
    return pd.Series(index)


@pytest.fixture(scope="module")
def affinities(sample_build: DbtRun, expected: pd.Series) -> pd.DataFrame:
    """The mart with the expected index of each row."""
    table = sample_build.mart("segment_affinity")
    table = table.set_index(["segment_type", "segment", "attribute", "attribute_value"])
    assert set(table.index) == set(expected.index)
    return table.assign(expected_index=expected)


def key_of(affinity: Affinity) -> tuple[str, str, str, str]:
    """Where the mart shows a planted affinity."""
    kind = "premium tier" if affinity.life_stage is None else "life stage and tier"
    segment = affinity.tier if affinity.life_stage is None else f"{affinity.life_stage}, {affinity.tier}"
    if affinity.attribute == "brand":
        return (kind, segment, "brand", str(affinity.value))
    return (kind, segment, "pack size", f"{affinity.value} g")


def test_planted_affinities_are_significant_and_measured(sample: ChipsSample, affinities: pd.DataFrame) -> None:
    """The planted index is against the usual share, that of the mart against all others, some of whom have one too."""
    for affinity in sample.truth.affinities:
        row = affinities.loc[key_of(affinity)]
        assert row["q_value"] < 0.01
        assert row["is_significant"]
        assert not row["is_small_count"]
        assert row["affinity_index_low"] < row["expected_index"] < row["affinity_index_high"]
        assert row["expected_index"] == pytest.approx(affinity.index, rel=0.12)


def test_planted_affinities_are_proven_within_stores(sample: ChipsSample, affinities: pd.DataFrame) -> None:
    """Stores of the sample are alike, so the adjusted index measures the same."""
    for affinity in sample.truth.affinities:
        row = affinities.loc[key_of(affinity)]
        assert row["is_proven"]
        assert row["is_adjusted_significant"]
        assert row["compared_stores"] > 10
        assert row["adjusted_index"] == pytest.approx(row["affinity_index"], rel=0.05)
        assert row["adjusted_index_low"] < row["expected_index"] < row["adjusted_index_high"]


def test_planted_affinities_lead_their_segment(sample: ChipsSample, affinities: pd.DataFrame) -> None:
    for affinity in sample.truth.affinities:
        kind, segment, attribute, value = key_of(affinity)
        rows = affinities.sort_index().loc[(kind, segment, attribute)]
        assert rows["affinity_index"].idxmax() == value
        assert rows["p_value"].idxmin() == value


def test_intervals_hold_the_expected_index_about_as_often_as_promised(affinities: pd.DataFrame) -> None:
    for index in ("affinity_index", "adjusted_index"):
        known = affinities.dropna(subset=f"{index}_low")
        inside = known["expected_index"].between(known[f"{index}_low"], known[f"{index}_high"])
        assert len(known) > 1000
        assert 0.92 < inside.mean() < (0.98 if index == "affinity_index" else 0.99)


def test_what_is_not_planted_is_hardly_ever_significant(affinities: pd.DataFrame) -> None:
    """Rows whose expected index is within 3 % of 1.

    It is never exactly 1: the planted preferences of others change what a segment is compared with.
    """
    null = affinities[(affinities["expected_index"] - 1).abs() < 0.03]
    assert len(null) > 500
    assert null["is_significant"].mean() < 0.01
    assert null["is_adjusted_significant"].mean() < 0.01


def test_most_significant_affinities_are_true(affinities: pd.DataFrame) -> None:
    significant = affinities[affinities["is_significant"] & ~affinities["is_small_count"]]
    same_direction = (significant["affinity_index"] > 1) == (significant["expected_index"] > 1)
    assert len(significant) > 40
    assert same_direction.mean() > 0.9


def test_a_significant_affinity_has_an_interval_without_one(affinities: pd.DataFrame) -> None:
    """The interval is not corrected for the number of comparisons, so it is the narrower judge of the two."""
    significant = affinities[affinities["is_significant"] & ~affinities["is_small_count"]]
    holds_one = (significant["affinity_index_low"] < 1) & (significant["affinity_index_high"] > 1)
    assert significant.index[holds_one].tolist() == []


class Relabelled:
    """The SQL of the affinities, run on customers who have another life stage or tier, or buy other values."""

    def __init__(self, build: DbtRun, folder: Path) -> None:
        copy = folder / build.database.name
        shutil.copy(build.database, copy)
        self._connection = duckdb.connect(str(copy))
        self._customers = self._connection.sql("""
            select customer_key, dataset, lifestage, premium_tier, units
            from intermediate.int_loyalty__customers order by customer_key
        """).df()
        compiled = build.folder / "target" / "compiled" / "segmart" / "models" / "intermediate" / "loyalty"
        self._models = {name: (compiled / f"{name}.sql").read_text(encoding="utf-8") for name in AFFINITY_MODELS}
        views = self._connection.execute("select view_name from duckdb_views()").fetchall()
        self._views = {name for (name,) in views}

    def __enter__(self) -> Relabelled:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def _replace(self, name: str, sql: str) -> None:
        kind = "view" if name in self._views else "table"
        self._connection.execute(f"create or replace {kind} intermediate.{name} as {sql}")

    def lines(self) -> pd.DataFrame:
        """Customer and packets of every line that was sold."""
        sql = """
            select customer_key, units from intermediate.int_products__sales_lines
            order by customer_key, receipt_date, receipt_id, product_key, units
        """
        return self._connection.sql(sql).df()

    def deal(self, lines: pd.DataFrame, attributes: list[str]) -> None:
        """Let customers buy other values: lines with ``customer_key``, ``units`` and a value of each attribute."""
        values = lines.melt(["customer_key", "units"], attributes, "attribute", "attribute_value")
        values["value_id"] = values.groupby(["attribute", "attribute_value"]).ngroup()
        units = values.groupby(["customer_key", "value_id"])["units"].sum().reset_index()
        names = values[["value_id", "attribute", "attribute_value"]].drop_duplicates()
        tables = {"int_loyalty__customer_preferences": units, "int_products__product_attributes": names}
        for name, table in tables.items():
            self._connection.register("dealt", table)
            self._replace(name, "from dealt")

    def affinities(self, relabel: Relabel) -> pd.DataFrame:
        """Affinities by life stage and tier of customers with other labels, with p- and q-values."""
        labels = relabel(self._customers).melt(
            ["dataset", "customer_key"], ["lifestage", "premium_tier"], "attribute", "attribute_value"
        )
        self._connection.register("labelled", labels.assign(attribute_type="text"))
        self._connection.execute("create or replace table core.customer_attributes as from labelled")
        for name, sql in self._models.items():
            self._replace(name, sql)
        table = self._connection.sql(f"from intermediate.{AFFINITY_MODELS[-1]} where segment_type <> 'loyalty'").df()
        return add_p_and_q_values(table.assign(family="segments"), families=["family"])


@pytest.mark.long
def test_random_segments_are_seldom_significant(sample_build: DbtRun, tmp_path: Path) -> None:
    """Labels dealt out anew: nothing differs, and a corrected test finds nothing in 19 cases of 20."""
    random = np.random.default_rng(20)

    def shuffle(customers: pd.DataFrame) -> pd.DataFrame:
        labels = customers[["lifestage", "premium_tier"]].to_numpy()
        return customers.assign(**dict(zip(["lifestage", "premium_tier"], random.permutation(labels).T, strict=True)))

    with Relabelled(sample_build, tmp_path) as data:
        found = [int((data.affinities(shuffle)["q_value"] < 0.05).sum()) for _ in range(40)]
    assert np.mean([count > 0 for count in found]) < 0.25


def test_a_handful_of_customers_is_not_significantly_different(sample_build: DbtRun, tmp_path: Path) -> None:
    """Eight customers drawn by lot: that none of them bought some brand is no finding."""

    def draw_lots(customers: pd.DataFrame) -> pd.DataFrame:
        lot = np.random.default_rng(8).permutation(len(customers))
        return customers.assign(lifestage=np.where(lot < 200, "LOT " + pd.Series(lot % 25).astype(str), "OTHERS"))

    with Relabelled(sample_build, tmp_path) as data:
        table = data.affinities(draw_lots).query("segment_type == 'life stage' and segment != 'OTHERS'")
    assert len(table) == 25 * 35
    assert (table["q_value"] < 0.05).mean() < 0.01


@pytest.fixture(scope="module")
def alike(sample_build: DbtRun, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Customers in three segments by how much they buy, who all choose alike: what they buy is dealt out, line by line.

    A line has a value by lot, or the customer's favourite, drawn by the same lot. Who buys how much, and how many
    packets of the same product at once, is as in the sample.
    """
    random = np.random.default_rng(41)
    attributes = ["brand", "flavour", "pack size"]
    shares = np.array([0.28, 0.2, 0.15, 0.12, 0.1, 0.07, 0.05, 0.03])

    def third_by_volume(customers: pd.DataFrame) -> pd.DataFrame:
        third = customers["units"].rank(method="first", pct=True).mul(3).apply(np.ceil).astype(int)
        return customers.assign(lifestage=third.map({1: "BUYS LITTLE", 2: "BUYS SOME", 3: "BUYS MUCH"}))

    tables = []
    with Relabelled(sample_build, tmp_path_factory.mktemp("alike")) as data:
        lines = data.lines()
        customer, customers = pd.factorize(lines["customer_key"])
        for _ in range(24):
            for attribute in attributes:
                favourite = random.choice(len(shares), len(customers), p=shares)[customer]
                by_lot = random.choice(len(shares), len(lines), p=shares)
                lines[attribute] = np.where(random.uniform(size=len(lines)) < FAVOURED_SHARE, favourite, by_lot)
            data.deal(lines.astype(dict.fromkeys(attributes, str)), attributes)
            tables.append(data.affinities(third_by_volume).query("segment_type == 'life stage'"))
    return pd.concat(tables)


@pytest.mark.long
@pytest.mark.parametrize("segment", ["BUYS LITTLE", "BUYS SOME", "BUYS MUCH"])
def test_p_values_and_intervals_hold_whether_a_segment_buys_little_or_much(alike: pd.DataFrame, segment: str) -> None:
    """Equal variances would find nothing in those who buy little, and one intraclass correlation twice too much."""
    rows = alike[alike["segment"] == segment]
    assert len(rows) == 24 * 3 * 8
    assert 0.03 < (rows["p_value"] < 0.05).mean() < 0.075
    assert 0.85 < rows["z_score"].var() < 1.18
    inside = (rows["affinity_index_low"] < 1) & (rows["affinity_index_high"] > 1)
    assert 0.92 < inside.mean() < 0.98
