"""What customers will buy: the models against published numbers, integrals and simulations, the SQL against pandas."""

from __future__ import annotations

import re
from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd
import pytest
from dbt_runs import REAL_DATA, DbtRun
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.special import hyp2f1
from scipy.stats import beta, gamma
from statsmodels.duration.survfunc import SurvfuncRight

from segmart.report.sections import lifetime as report
from segmart.statistics.lifetime import (
    EXPECTATION_TYPES,
    FIT_TYPES,
    BgNbd,
    GammaGamma,
    bg_nbd_log_likelihood,
    expectations_table,
    fit_bg_nbd,
    fit_gamma_gamma,
    fits_table,
    gamma_gamma_log_likelihood,
    purchases_if_active,
)

PUBLISHED = BgNbd(0.243, 4.414, 0.793, 2.426)
"""Fader, Hardie and Lee (2005), a tenth of CDNOW's customers, in weeks."""

PUBLISHED_AMOUNTS = GammaGamma(6.25, 3.74, 15.44)
"""Fader and Hardie (2013), on the same customers."""

HISTORIES = [(0, 0.0, 20.0), (1, 3.0, 20.0), (2, 19.0, 20.0), (7, 10.0, 38.0)]
"""Repeat purchases, recency and age."""

HORIZON = 90
DAYS = 540
"""Of the simulated shop, without the days after its end."""

MODELS = (
    *("int_loyalty__customer_months", "int_loyalty__months", "int_loyalty__purchase_days"),
    *("int_loyalty__lifetime_customers", "lifetime_fits", "lifetime_expectations", "int_loyalty__lifetime_rates"),
    *("int_loyalty__lifetime_predictions", "int_loyalty__lifetime_methods", "int_loyalty__lifetime_values"),
    *("int_loyalty__lifetime_buckets", "lifetime_value", "lifetime_value_diagnostics"),
    *("int_loyalty__interval_days", "purchase_intervals"),
)
"""The models in their order."""


def probability_active(model: BgNbd, repeats: np.ndarray, recency: np.ndarray, age: np.ndarray) -> np.ndarray:
    """Probability that customers have not left for good, shape (n,); see `bg_nbd_log_likelihood` for the arguments."""
    x = np.asarray(repeats, dtype=float)
    odds = model.a / (model.b + np.maximum(x, 1) - 1)
    odds = odds * ((model.alpha + age) / (model.alpha + np.asarray(recency))) ** (model.r + x)
    return np.where(x > 0, 1 / (1 + odds), 1.0)


def expected_amount(model: GammaGamma, purchases: np.ndarray, mean_amount: np.ndarray) -> np.ndarray:
    """Amount to expect of a customer's next purchase, shape (n,): between the customer's mean and that of all.

    Source: equation 5 of that of `gamma_gamma_log_likelihood`, whose arguments these are; purchases may be 0.
    """
    x = np.asarray(purchases, dtype=float)
    return model.p * (model.gamma + x * mean_amount) / (model.p * x + model.q - 1)


def columns(rows: list[tuple[int, float, float]]) -> tuple[np.ndarray, ...]:
    return tuple(np.array(values, dtype=float) for values in zip(*rows, strict=True))


def simulated_purchases(
    random: np.random.Generator, model: BgNbd, starts: np.ndarray, end: float
) -> tuple[list[np.ndarray], np.ndarray]:
    """Times of purchase of each customer until the end, and when each has left."""
    times, left = [], np.full(len(starts), np.inf)
    rates = random.gamma(model.r, 1 / model.alpha, len(starts))
    chances = random.beta(model.a, model.b, len(starts))
    for number, (start, rate, chance) in enumerate(zip(starts, rates, chances, strict=True)):
        at, own = start, [start]
        while (at := at + random.exponential(1 / rate)) < end:
            own.append(at)
            if random.random() < chance:
                left[number] = at
                break
        times.append(np.array(own))
    return times, left


# The models


def test_expectations_are_the_published_ones() -> None:
    """The first customer of the paper's spreadsheet came twice again, the last time after 30.43 of 38.86 weeks."""
    expected = probability_active(PUBLISHED, *columns([(2, 30.43, 38.86)]))
    expected = expected * purchases_if_active(PUBLISHED, np.array([2]), np.array([38.86]), 39)
    assert expected[0] == pytest.approx(1.226, abs=5e-4)
    amounts = expected_amount(PUBLISHED_AMOUNTS, np.array([2, 0]), np.array([22.35, 0]))
    assert amounts == pytest.approx([24.65, 6.25 * 15.44 / 2.74], abs=0.02)


@pytest.mark.parametrize("history", HISTORIES)
def test_the_likelihood_is_the_mean_over_rates_and_chances(history: tuple[int, float, float]) -> None:
    """What the model says of one customer of known rate and chance, averaged over quantiles of both."""
    model = BgNbd(0.8, 9.0, 1.5, 3.0)
    repeats, recency, age = history
    quantiles = (np.arange(2000) + 0.5) / 2000
    rate = gamma.ppf(quantiles, model.r, scale=1 / model.alpha)[:, None]
    chance = beta.ppf(quantiles, model.a, model.b)
    stayed = rate**repeats * (1 - chance) ** repeats * np.exp(-rate * age)
    left = rate**repeats * chance * (1 - chance) ** (repeats - 1) * np.exp(-rate * recency) if repeats else 0
    likelihood = (stayed + left).mean()
    assert bg_nbd_log_likelihood(model, *columns([history]))[0][0] == pytest.approx(np.log(likelihood), abs=2e-3)
    share = stayed.mean() / likelihood
    assert probability_active(model, *columns([history]))[0] == pytest.approx(share, abs=2e-3)


def test_the_likelihood_of_amounts_is_an_integral_over_rates() -> None:
    model = GammaGamma(2.0, 3.0, 10.0)
    purchases, mean = 3, 7.0

    def of_one(rate: float) -> float:
        return gamma.pdf(purchases * mean, model.p * purchases, scale=1 / rate) * gamma.pdf(
            rate, model.q, scale=1 / model.gamma
        )

    density, _ = quad(of_one, 1e-9, np.inf)
    found = gamma_gamma_log_likelihood(model, np.array([purchases]), np.array([mean]))[0][0]
    assert found == pytest.approx(np.log(purchases * mean * density), abs=1e-6)


def test_gradients_are_those_of_small_steps() -> None:
    for values in ((0.243, 4.414, 0.793, 2.426), (2.0, 30.0, 0.01, 40.0)):
        slopes = bg_nbd_log_likelihood(BgNbd(*values), *columns(HISTORIES))[1].sum(axis=1)
        for number, slope in enumerate(slopes):
            ends = []
            for step in (-1e-6, 1e-6):
                moved = [value * (1 + step * (place == number)) for place, value in enumerate(values)]
                ends.append(bg_nbd_log_likelihood(BgNbd(*moved), *columns(HISTORIES))[0].sum())
            assert slope * values[number] * 2e-6 == pytest.approx(ends[1] - ends[0], rel=1e-3, abs=1e-9)
    amounts = (6.25, 3.74, 15.44)
    rows = np.array([1, 4]), np.array([3.0, 20.0])
    slopes = gamma_gamma_log_likelihood(GammaGamma(*amounts), *rows)[1].sum(axis=1)
    for number, slope in enumerate(slopes):
        ends = []
        for step in (-1e-6, 1e-6):
            moved = [value * (1 + step * (place == number)) for place, value in enumerate(amounts)]
            ends.append(gamma_gamma_log_likelihood(GammaGamma(*moved), *rows)[0].sum())
        assert slope * amounts[number] * 2e-6 == pytest.approx(ends[1] - ends[0], rel=1e-3, abs=1e-9)


@pytest.mark.parametrize("a", [0.05, 0.793, 1.001, 3.0, 100.0])
def test_expectations_are_those_of_the_hypergeometric_function(a: float) -> None:
    model, horizon = BgNbd(0.5, 20.0, a, 2.5), 90
    repeats, age = np.array([0, 1, 5, 40]), np.array([30.0, 200.0, 365.0, 700.0])
    start, shape = model.alpha + age, model.r + repeats
    total = a + model.b + repeats - 1
    series = hyp2f1(shape, model.b + repeats, total, horizon / (start + horizon))
    expected = total / (a - 1) * (1 - (start / (start + horizon)) ** shape * series)
    assert purchases_if_active(model, repeats, age, horizon) == pytest.approx(expected, rel=1e-7)


def test_without_leaving_the_rate_goes_on() -> None:
    """And a = 1, where the published formula has a pole, is a number like its neighbours."""
    staying = purchases_if_active(BgNbd(2.0, 100.0, 1e-3, 1e3), np.array([3]), np.array([200.0]), 90)
    assert staying[0] == pytest.approx(90 * (2 + 3) / (100 + 200), rel=1e-4)
    near = [
        purchases_if_active(BgNbd(2.0, 100.0, a, 3.0), np.array([3]), np.array([200.0]), 90)[0]
        for a in (0.999, 1, 1.001)
    ]
    assert near[0] > near[1] > near[2] > 0.99 * near[0]


def test_planted_parameters_are_found_again() -> None:
    random = np.random.default_rng(5)
    model, end = BgNbd(0.6, 25.0, 0.9, 4.0), 365.0
    starts = random.uniform(0, 150, 20_000)
    times, left = simulated_purchases(random, model, starts, end + HORIZON)
    repeats = np.array([(own < end).sum() - 1 for own in times], dtype=float)
    recency = np.array([own[own < end][-1] - own[0] for own in times])
    found = fit_bg_nbd(repeats, recency, end - starts)
    assert found is not None
    assert (found.r, found.alpha) == pytest.approx((model.r, model.alpha), rel=0.06)
    assert found.a / (found.a + found.b) == pytest.approx(model.a / (model.a + model.b), rel=0.06)
    active = probability_active(found, repeats, recency, end - starts)
    bins = pd.cut(active, [0, 0.2, 0.5, 0.8, 0.95, 1], include_lowest=True)
    shares = pd.DataFrame({"said": active, "is_true": left > end}).groupby(bins, observed=True).mean()
    assert shares["said"].to_numpy() == pytest.approx(shares["is_true"].to_numpy(), abs=0.03)
    later = np.array([(own >= end).sum() for own in times])
    expected = active * purchases_if_active(found, repeats, end - starts, HORIZON)
    means = pd.DataFrame({"said": expected, "is_true": later}).groupby(np.minimum(repeats, 8)).mean()
    assert means["said"].to_numpy() == pytest.approx(means["is_true"].to_numpy(), rel=0.12)
    assert expected.sum() == pytest.approx(later.sum(), rel=0.04)


def test_planted_amounts_are_found_again() -> None:
    random = np.random.default_rng(6)
    model = GammaGamma(6.25, 3.74, 15.44)
    rates = random.gamma(model.q, 1 / model.gamma, 20_000)
    purchases = 1 + random.poisson(3, len(rates))
    means = random.gamma(model.p * purchases, 1 / rates) / purchases
    found = fit_gamma_gamma(purchases, means)
    assert found is not None
    assert (found.p, found.q, found.gamma) == pytest.approx((model.p, model.q, model.gamma), rel=0.06)
    truth, said = model.p / rates, expected_amount(found, purchases, means)
    assert ((said - truth) ** 2).mean() < 0.95 * ((means - truth) ** 2).mean()


def test_nothing_is_concluded_from_nothing() -> None:
    zeros, ones = np.zeros(3), np.ones(3)
    assert fit_bg_nbd(zeros, zeros, ones) is None
    assert fit_bg_nbd(ones, zeros, zeros) is None
    assert fit_gamma_gamma(np.zeros(0), np.zeros(0)) is None
    empty = customers_frame(0)
    fits = fits_table(empty)
    cells = empty[["dataset", "customer_group", "snapshot", "repeat_purchases", "age_days"]]
    assert {name: str(kind) for name, kind in fits.dtypes.items()} == FIT_TYPES
    expectations = expectations_table(fits, cells, HORIZON)
    assert {name: str(kind) for name, kind in expectations.dtypes.items()} == EXPECTATION_TYPES
    once = customers_frame(5).assign(repeat_purchases=0, purchases=1)
    fits = fits_table(once)
    assert fits["r"].isna().all()
    assert expectations_table(fits, once[cells.columns].drop_duplicates(), HORIZON).empty


def customers_frame(rows: int) -> pd.DataFrame:
    random = np.random.default_rng(2)
    repeats = random.poisson(1.5, rows)
    age = random.integers(50, 300, rows)
    return pd.DataFrame(
        {
            "dataset": "d", "customer_group": "all customers", "snapshot": "now",
            "customer_id": [str(number) for number in range(rows)], "purchases": repeats + 1,
            "repeat_purchases": repeats, "recency_days": np.where(repeats > 0, age // 2, 0), "age_days": age,
            "mean_purchase_amount": random.gamma(3, 5, rows),
        }
    )  # fmt: skip


def test_the_order_of_rows_changes_nothing() -> None:
    customers = customers_frame(300)
    shuffled = customers.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(fits_table(customers), fits_table(shuffled), check_exact=True)
    cells = customers[["dataset", "customer_group", "snapshot", "repeat_purchases", "age_days"]].drop_duplicates()
    fits = fits_table(customers)
    first, second = (expectations_table(fits, rows, HORIZON) for rows in (cells, cells.sample(frac=1, random_state=1)))
    pd.testing.assert_frame_equal(first, second, check_exact=True)
    assert len(first) == len(cells)


def test_the_public_file_gives_what_another_optimiser_finds() -> None:
    """All of CDNOW's customers; the published numbers are of a tenth of them, which the file does not name."""
    file = REAL_DATA / "own" / "cdnow" / "CDNOW_master.txt"
    if not file.exists():
        pytest.skip(f"{file} is not there")
    lines = pd.read_csv(file, sep=r"\s+", header=None, names=["customer", "day", "units", "amount"], dtype=str)
    lines = lines[lines["day"].str.fullmatch("[0-9]{8}")]
    days = pd.to_datetime(lines["day"], format="%Y%m%d")
    known = lines.assign(day=days, amount=lines["amount"].astype(float))[days <= "1997-09-30"]
    days = known.groupby(["customer", "day"], as_index=False)["amount"].sum()
    spans = days.groupby("customer")["day"].agg(["min", "max", "size"])
    assert len(spans) == 23_570
    rows = (
        (spans["size"] - 1).to_numpy(float),
        (spans["max"] - spans["min"]).dt.days.to_numpy() / 7,
        (pd.Timestamp("1997-09-30") - spans["min"]).dt.days.to_numpy() / 7,
    )
    found = fit_bg_nbd(*rows)
    assert found is not None

    def target(logarithms: np.ndarray) -> float:
        return -bg_nbd_log_likelihood(BgNbd(*np.exp(logarithms)), *rows)[0].sum()

    other = minimize(target, np.zeros(4), method="Nelder-Mead", options={"maxiter": 2000, "xatol": 1e-5, "fatol": 1e-4})
    assert (found.r, found.alpha, found.a, found.b) == pytest.approx(tuple(np.exp(other.x)), rel=2e-3)
    # A tenth of the customers differ from all by no more than chance.
    assert (found.r, found.alpha) == pytest.approx((PUBLISHED.r, PUBLISHED.alpha), rel=0.15)
    again = days[days["day"] > days["customer"].map(spans["min"])].groupby("customer")["amount"].agg(["size", "mean"])
    again = again[again["mean"] > 0]
    amounts = fit_gamma_gamma(again["size"].to_numpy(), again["mean"].to_numpy())
    assert amounts is not None
    mean = amounts.p * amounts.gamma / (amounts.q - 1)
    assert mean == pytest.approx(PUBLISHED_AMOUNTS.p * PUBLISHED_AMOUNTS.gamma / (PUBLISHED_AMOUNTS.q - 1), rel=0.1)


# The SQL


@dataclass(frozen=True)
class Shops:
    """Simulated shops of which the days after the end are known.

    Attributes:
        purchases: Purchases and returns until the end: dataset, customer, day, cents.
        later: Those of the horizon after the end.
        tables: What the models make of the former.
    """

    purchases: pd.DataFrame
    later: pd.DataFrame
    tables: dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def shops(sample_build: DbtRun) -> Shops:
    """In `leaving` customers leave for good and differ much; in `alike` all are the same, and nobody leaves."""
    random = np.random.default_rng(9)
    parts = []
    kinds = [("leaving", BgNbd(0.7, 30.0, 1.0, 4.0), 3000), ("alike", BgNbd(1e4, 6e5, 1e-3, 1e3), 1500)]
    for dataset, model, customers in kinds:
        begins = random.uniform(0, 300, customers) if dataset == "leaving" else np.zeros(customers)
        times, _ = simulated_purchases(random, model, begins, DAYS + HORIZON)
        owner = np.repeat(np.arange(customers), [len(own) for own in times])
        level = random.gamma(5, 200, customers)[owner]
        day = np.floor(np.concatenate(times)).astype(int)
        part = pd.DataFrame({"dataset": dataset, "customer": owner, "day": day})
        part["cents"] = np.round(level * random.gamma(4, 0.25, len(part))).astype(int) + 1
        parts.append(part)
        back = part.sample(frac=0.05, random_state=1)
        parts.append(back.assign(day=back["day"] + 1, cents=-back["cents"] // 2))
    rows = pd.concat(parts, ignore_index=True)
    # A shop of one customer and day, and one that is too short.
    rows = pd.concat(
        [
            rows,
            pd.DataFrame({"dataset": "tiny", "customer": [0], "day": [3], "cents": [100]}),
            pd.DataFrame(
                {"dataset": "short", "customer": np.arange(200) % 90, "day": np.arange(200) % 120, "cents": 500}
            ),
        ],
        ignore_index=True,
    )
    rows["key"] = rows.groupby(["dataset", "customer"]).ngroup()
    known, later = rows[rows["day"] < DAYS], rows[(rows["day"] >= DAYS) & (rows["day"] < DAYS + HORIZON)]
    return Shops(known, later, tables_of(sample_build, known))


def tables_of(build: DbtRun, rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """What the SQL, as dbt compiled it, and the fits make of purchases."""
    connection = duckdb.connect()
    connection.register("rows_of_receipts", rows.sample(frac=1, random_state=3))
    connection.sql("""
        create table int_products__receipts as
        select
            dataset, cast(key as integer) as customer_key, date '2023-01-01' + cast(day as integer) as receipt_date,
            cast(sign(cents) as decimal(18, 3)) as units, cast(cents / 100 as decimal(18, 2)) as sales_amount
        from rows_of_receipts
    """)
    connection.sql("""
        create table int_products__sales_lines as
        select *, cast(1 + customer_key % 2 as integer) as product_key from int_products__receipts
    """)
    connection.sql("""
        create table int_products__product_attributes as
        select * from (values
            (1, 'product', 'odd'), (2, 'product', 'even'), (1, 'brand', 'A'), (2, 'brand', 'A'), (1, 'colour', 'red')
        ) as rows (product_key, attribute, attribute_value)
    """)
    connection.sql("""
        create table customers as
        select distinct dataset, customer_key, cast(customer_key as varchar) as customer_id from int_products__receipts
    """)
    connection.sql("""
        create table int_loyalty__customer_rfm as
        select customer_key, if(customer_key % 3 = 0, 'Lost', 'Champions') as rfm_segment from customers
    """)
    connection.sql("""
        create table calendar_days as
        select cast(unnest(generate_series(date '2023-01-01', date '2024-12-31', interval 1 day)) as date) as day,
            cast(date_trunc('month', day) as date) as month_start_date
    """)
    made: dict[str, pd.DataFrame] = {}
    cells = ["dataset", "customer_group", "snapshot", "repeat_purchases", "age_days"]
    for model in MODELS:
        known = made.get("int_loyalty__lifetime_customers")
        if model == "lifetime_fits":
            connection.register(model, fits_table(known[known["is_fitted"]]))
        elif model == "lifetime_expectations":
            fits = made["lifetime_fits"]
            connection.register(model, expectations_table(fits, known[cells].drop_duplicates(), HORIZON))
        else:
            compiled = build.manifest["nodes"][f"model.segmart.{model}"]["compiled_code"]
            local = re.sub(r'"\w+"\."\w+"\."(\w+)"', r"\1", compiled)
            connection.sql(f"create table {model} as {local}")
        made[model] = connection.sql(f"from {model}").df()
    return made


def net_days(rows: pd.DataFrame) -> pd.DataFrame:
    days = rows.groupby(["dataset", "key", "day"], as_index=False)["cents"].sum()
    return days.assign(is_purchase=days["cents"] > 0)


def test_customers_are_those_of_pandas(shops: Shops) -> None:
    found = shops.tables["int_loyalty__lifetime_customers"]
    days = net_days(shops.purchases)
    ends = days.groupby("dataset")["day"].max()
    checked = 0
    for snapshot, ago in (("now", 0), ("check", HORIZON), ("fit", 2 * HORIZON)):
        limit = days["dataset"].map(ends) - ago
        past = days[days["is_purchase"] & (days["day"] <= limit)].groupby("key")
        coming = days[(days["day"] > limit) & (days["day"] <= limit + HORIZON)]
        recent = days[days["is_purchase"] & (days["day"] <= limit) & (days["day"] > limit - HORIZON)]
        rows = found[found["snapshot"] == snapshot].set_index("customer_key")
        spans = past["day"].agg(["min", "max", "size"]).loc[rows.index]
        assert (rows["purchases"] == spans["size"]).all()
        assert (rows["recency_days"] == spans["max"] - spans["min"]).all()
        assert (rows["age_days"] == rows["dataset"].map(ends) - ago - spans["min"]).all()
        np.testing.assert_allclose(rows["mean_purchase_amount"], past["cents"].mean().loc[rows.index] / 100)
        assert (rows["recent_purchases"] == recent.groupby("key").size().reindex(rows.index, fill_value=0)).all()
        if snapshot == "now":
            assert set(rows.index) == set(days.loc[days["is_purchase"], "key"])
            assert rows["next_purchases"].isna().all()
        else:
            bought = coming[coming["is_purchase"]].groupby("key").size().reindex(rows.index, fill_value=0)
            assert (rows["next_purchases"] == bought).all()
            money = coming.groupby("key")["cents"].sum().reindex(rows.index, fill_value=0)
            assert ((rows["next_sales_amount"].astype(float) * 100).round() == money).all()
            assert set(rows["dataset"]) == {"leaving", "alike"}
        checked += len(rows)
    assert checked == len(found)


def test_methods_are_judged_as_in_pandas(shops: Shops) -> None:
    found = shops.tables["lifetime_value_diagnostics"].query("bucket == 0 and target == 'purchases'")
    customers = shops.tables["int_loyalty__lifetime_customers"]
    fits = shops.tables["lifetime_fits"].set_index(["dataset", "customer_group", "snapshot"])
    judged = 0
    for (dataset, group), rows in customers[customers["snapshot"] == "check"].groupby(["dataset", "customer_group"]):
        fit = fits.loc[(dataset, group, "check")]
        model = BgNbd(fit["r"], fit["alpha"], fit["a"], fit["b"])
        own = [rows[name].to_numpy(float) for name in ("repeat_purchases", "recency_days", "age_days")]
        said = {
            "all alike": np.ones(len(rows)),
            "recent purchases": rows["recent_purchases"].to_numpy(float),
            "purchase rate": own[0] * HORIZON / np.maximum(own[2], 1),
            "BG/NBD": probability_active(model, *own) * purchases_if_active(model, own[0], own[2], HORIZON),
        }
        came = rows["next_purchases"].to_numpy(float)
        table = found[(found["dataset"] == dataset) & (found["customer_group"] == group)].set_index("method")
        errors = {}
        for method, values in said.items():
            factor = came.sum() / values.sum()
            errors[method] = came - factor * values
            row = table.loc[method]
            assert row["level_factor"] == pytest.approx(factor, abs=1e-8)
            assert row["mean_absolute_error"] == pytest.approx(np.abs(errors[method]).mean(), abs=1e-8)
            assert row["root_mean_squared_error"] == pytest.approx(np.sqrt((errors[method] ** 2).mean()), abs=1e-8)
            if values.std() > 0:
                assert row["correlation"] == pytest.approx(np.corrcoef(values, came)[0, 1], abs=1e-8)
            judged += 1
        best = table.drop("BG/NBD")["root_mean_squared_error"].idxmin()
        is_model_better = table.loc["BG/NBD", "is_chosen"]
        assert table.index[table["is_chosen"]].tolist() == ["BG/NBD" if is_model_better else best]
        gains = errors[best] ** 2 - errors["BG/NBD"] ** 2
        gain = gains.mean() / gains.std() * np.sqrt(len(gains))
        assert table.loc["BG/NBD", "gain_z_score"] == pytest.approx(gain, abs=1e-5)
        assert is_model_better == (gain > 1.959963984540054)
    assert judged >= 8


def test_the_model_wins_where_customers_leave_and_loses_where_they_are_alike(shops: Shops) -> None:
    table = shops.tables["lifetime_value_diagnostics"].query("bucket == 0 and method == 'BG/NBD'").set_index("dataset")
    assert (table.loc[["leaving"], "gain_z_score"] > 3).all()
    assert table.loc[["leaving"], "is_chosen"].all()
    assert not table.loc[["alike"], "is_chosen"].any()
    assert table.loc[["short"], "verdict"].str.startswith("too short: 120 days").all()
    assert table.loc[["tiny"], "verdict"].str.startswith("too short: 1 days").all()
    values = shops.tables["lifetime_value"]
    assert set(values["dataset"]) == {"leaving", "alike"}
    is_leaving = values["dataset"] == "leaving"
    assert values.loc[is_leaving, "probability_active"].notna().all()
    assert values.loc[~is_leaving, "probability_active"].isna().all()
    assert (values["is_model_better"] == is_leaving).all()


def test_what_is_expected_comes(shops: Shops) -> None:
    """The simulated shops go on after the last day that the models see."""
    values = shops.tables["lifetime_value"].assign(key=lambda rows: rows["customer_id"].astype(int)).set_index("key")
    later = net_days(shops.later)
    bought = later[later["is_purchase"]].groupby("key").size().reindex(values.index, fill_value=0)
    spent = later.groupby("key")["cents"].sum().reindex(values.index, fill_value=0) / 100
    for dataset, rows in values.groupby("dataset"):
        said, came = rows["expected_purchases"], bought[rows.index]
        assert said.sum() == pytest.approx(came.sum(), rel=0.12), dataset
        assert rows["expected_sales_amount"].sum() == pytest.approx(spent[rows.index].sum(), rel=0.2), dataset
        is_inside = spent[rows.index].between(rows["expected_sales_amount_low"], rows["expected_sales_amount_high"])
        assert 0.9 < is_inside.mean() < 0.995, dataset
    leaving = values[values["dataset"] == "leaving"]
    correlation = np.corrcoef(leaving["expected_sales_amount"], spent[leaving.index])[0, 1]
    assert correlation > 0.5
    assert (values["expected_sales_amount_low"] <= values["expected_sales_amount"]).all()
    assert (values["expected_sales_amount_high"] >= values["expected_sales_amount"]).all()


def test_shops_that_say_little_conclude_little(sample_build: DbtRun) -> None:
    """Nothing was paid, all came back, nobody came again, all on one day, one customer, all alike, all are gone."""
    weeks, ten = np.arange(60) * 7, np.arange(100)
    hundred = {"customer": np.repeat(np.arange(100), 60), "cents": 100}
    rows = pd.concat(
        [
            pd.DataFrame({"dataset": "free", "customer": ten % 10, "day": ten * 4, "cents": 0}),
            pd.DataFrame({"dataset": "back", "customer": ten % 10, "day": ten * 4, "cents": -100}),
            pd.DataFrame({"dataset": "once", "customer": np.arange(400), "day": np.arange(400), "cents": 100}),
            pd.DataFrame({"dataset": "one day", "customer": ten, "day": 5, "cents": 100}),
            pd.DataFrame({"dataset": "one", "customer": 0, "day": weeks, "cents": 100}),
            pd.DataFrame({"dataset": "weekly", "day": np.tile(weeks, 100), **hundred}),
            pd.DataFrame({"dataset": "gone", "day": np.tile(np.arange(60) * 4, 100), **hundred}),
            pd.DataFrame({"dataset": "gone", "customer": [1000], "day": [420], "cents": [100]}),
        ],
        ignore_index=True,
    )
    tables = tables_of(sample_build, rows.assign(key=rows.groupby(["dataset", "customer"]).ngroup()))
    diagnostics = tables["lifetime_value_diagnostics"]
    models = diagnostics[diagnostics["method"] == "BG/NBD"].set_index("dataset")
    assert set(models.index) == {"once", "one day", "one", "weekly", "gone"}
    assert models.loc["one day", "verdict"].startswith("too short: 1 days")
    few = ["once", "one", "gone"]
    assert (models.loc[few, "verdict"] == "too few customers who came again").all()
    assert models.loc["weekly", "verdict"] == "no better than the best plain rule"
    values = tables["lifetime_value"]
    assert set(values["dataset"]) == {"weekly"}
    assert (values["expected_purchases"] == 13).all()
    assert (values[["expected_sales_amount_low", "expected_sales_amount_high"]] == 13).all(axis=None)
    whole = tables["purchase_intervals"].query("group_kind == 'all' and interval_start == 'first purchase'")
    medians = whole.set_index("dataset")["median_days"]
    assert medians[["weekly", "gone", "one"]].tolist() == [7, 4, 7]
    assert medians[["once", "one day"]].isna().all()


def test_shares_that_came_again_are_those_of_statsmodels(shops: Shops) -> None:
    found = shops.tables["purchase_intervals"]
    days = net_days(shops.purchases)
    ends = days.groupby("dataset")["day"].max()
    bought = days[days["is_purchase"]].sort_values(["key", "day"])
    coming = bought.groupby("key")["day"].shift(-1)
    bought = bought.assign(
        is_closed=coming.notna(), length=coming.fillna(bought["dataset"].map(ends)) - bought["day"],
        is_first=~bought["key"].duplicated(), product=np.where(bought["key"] % 2 == 0, "odd", "even"),
        segment=np.where(bought["key"] % 3 == 0, "Lost", "Champions"),
    )  # fmt: skip
    checked = 0
    for row in found.itertuples():
        own = bought[bought["dataset"] == row.dataset]
        if row.interval_start == "first purchase":
            own = own[own["is_first"]]
        if row.group_kind == "first product":
            own = own[own["product"] == row.group_value]
        elif row.group_kind == "rfm segment":
            own = own[own["segment"] == row.group_value]
        assert (row.intervals, row.customers) == (len(own), own["key"].nunique())
        if not own["is_closed"].any():
            assert pd.isna(row.median_days)
            continue
        curve = SurvfuncRight(own["length"].to_numpy(float), own["is_closed"].to_numpy(float))
        for days_after in (30, 60, 90):
            before = curve.surv_times <= days_after
            share = 1 - curve.surv_prob[before][-1] if before.any() else 0.0
            assert getattr(row, f"returned_share_{days_after}_days") == pytest.approx(share, abs=1e-8)
            if row.interval_start == "first purchase" and 0 < share < 1:
                half = 1.959963984540054 * curve.surv_prob_se[before][-1]
                low = getattr(row, f"returned_share_{days_after}_days_low")
                assert low == pytest.approx(max(0, share - half), abs=1e-8)
        reached = curve.surv_times[curve.surv_prob <= 0.5 + 1e-9]
        assert row.median_days == reached[0] if len(reached) else pd.isna(row.median_days)
        checked += 1
    assert set(found["group_kind"]) == {"all", "rfm segment", "first product", "first brand"}
    assert checked > 8


def test_the_sample_has_an_answer(sample_build: DbtRun) -> None:
    values, verdicts = sample_build.mart("lifetime_value"), sample_build.mart("lifetime_value_diagnostics")
    assert len(values) == len(sample_build.mart("loyalty_customers"))
    assert not verdicts["verdict"].str.startswith("too").any()
    intervals = sample_build.mart("purchase_intervals")
    whole = intervals.query("group_kind == 'all'")
    assert (whole["lower_quartile_days"] < whole["median_days"]).all()


# The report


def models_of(*rows: tuple[str, int | None, bool, str]) -> pd.DataFrame:
    """Rows of BG/NBD by group, customers, whether it is chosen, and verdict."""
    frame = pd.DataFrame(rows, columns=["customer_group", "customers", "is_chosen", "verdict"])
    return frame.assign(bucket=0, method="BG/NBD", target="purchases")


@pytest.mark.parametrize(
    ("rows", "title"),
    [
        ([], "No customer can be followed"),
        (
            [("all customers", None, False, "too short: 9 days of purchases, 180 are needed")],
            "Nothing is expected of customers: too short: 9 days of purchases, 180 are needed",
        ),
        ([("all customers", 90, True, "")], "BG/NBD says better than every plain rule what customers will buy"),
        (
            [("start known", 90, False, ""), ("start unknown", None, False, "")],
            "A plain rule says what customers will buy, as BG/NBD does not beat it",
        ),
        (
            [("start known", 90, True, ""), ("start unknown", 90, False, "")],
            "BG/NBD says what new customers will buy; for others no model beats a plain rule",
        ),
    ],
)
def test_the_title_says_which_method_is_used(rows: list[tuple[str, int | None, bool, str]], title: str) -> None:
    assert report.lifetime_title(models_of(*rows)) == title


@pytest.mark.parametrize(
    ("median", "share", "title"),
    [
        (1, 0.9, "Half of the customers come again within 1 day of the first purchase"),
        (40, 0.9, "Half of the customers come again within 40 days of the first purchase"),
        (
            None,
            0.25,
            "25.0\u00a0% of the customers come again within 90 days of the first purchase, fewer than half in all",
        ),
        (None, None, "Too few days are known to say when customers come again"),
    ],
)
def test_the_title_says_when_customers_come_again(median: int | None, share: float | None, title: str) -> None:
    row = {"interval_start": "first purchase", "group_kind": "all"}
    frame = pd.DataFrame([{**row, "median_days": median, "returned_share_90_days": share}])
    assert report.came_again_title(frame) == title
    assert report.came_again_title(frame[:0]) == "No customer can be followed"
