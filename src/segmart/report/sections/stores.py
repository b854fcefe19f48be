"""Which stores sell most, and what a trial in some of them did."""

from __future__ import annotations

import altair as alt
import pandas as pd

from segmart.report import charts, words
from segmart.report.blocks import Block, Column, Figure, Section, Table
from segmart.report.marts import Marts

TOP_ROWS = 15
"""More stores than this are left to the table."""

SMALL = "too few receipts in the store"
"""The verdict on stores that are left out."""

SIDES = {"the store": charts.BLUE, "its control": charts.GREY}


def sections(marts: Marts) -> list[Section]:
    """The section, if there are stores to compare."""
    blocks: list[Block] = []
    if marts.has("store_ranking"):
        stores = marts.frame("select * from store_ranking order by dataset, sales_rank")
        if len(stores) > 1:
            blocks.append(ranking(stores))
    if marts.has("store_clusters"):
        stores = marts.frame("select * from store_clusters order by dataset, cluster_id nulls last, store_id")
        if len(stores) > 1:
            blocks.append(clusters(stores))
    if marts.has("store_trials"):
        trials = marts.frame("select * from store_trials order by dataset, trial, store_id, month_start_date, measure")
        if len(trials):
            blocks += [effects(trials), months(trials)] if trials["observed_value"].notna().any() else [effects(trials)]
    lead = "Which stores sell most, at which prices, which of them sell alike, and what was tried in some of them."
    return [Section("stores", "Stores", lead, blocks)] if blocks else []


def ranking(stores: pd.DataFrame) -> Figure:
    """Sales of each store.

    Args:
        stores: `store_ranking` by rank.
    """
    shown = stores.head(TOP_ROWS).assign(store=[f"Store {name}" for name in stores["store_id"].head(TOP_ROWS)])
    tooltip = [
        charts.tip("store", "Store"),
        charts.tip("sales_amount", "Sales", charts.COUNT),
        charts.tip("sales_share", "Share", charts.SHARE),
        charts.tip("receipts", "Receipts", charts.COUNT),
        charts.tip("customers", "Customers", charts.COUNT),
        charts.tip("price_index_vs_all", "Prices against all stores", charts.DECIMAL),
    ]
    columns = ["store", "sales_amount", "sales_share", "receipts", "customers", "price_index_vs_all"]
    has_changes = stores["like_for_like_change_share"].notna().any()
    changes = [Column("like_for_like_change_share", "Like for like", words.share)] if has_changes else []
    return Figure(
        key="store-ranking",
        title=ranking_title(stores),
        chart=charts.bars(shown, "store", "sales_amount", "Sales", charts.COUNT, tooltip),
        data=shown[columns],
        alt="Bars of sales by store, the highest first",
        table=Table(
            stores,
            [
                Column("sales_rank", "Rank", words.count),
                Column("store_id", "Store"),
                Column("sales_amount", "Sales", words.amount),
                Column("sales_share", "Share", words.share),
                *changes,
                Column("receipts", "Receipts", words.count),
                Column("customers", "Customers", words.count),
                Column("sales_per_receipt", "Sales per receipt", words.decimal),
                Column("products", "Products sold", words.count),
                Column("price_index_vs_all", "Prices against all stores", words.decimal),
            ],
            "store_ranking",
            is_searchable=True,
        ),
        note=(f"The first {TOP_ROWS} of {len(stores)}; the table has the others. " if len(stores) > TOP_ROWS else "")
        + "Prices compare the same products in the same months; 1 is the mean of all stores."
        + (" Like for like: months in which a store was open both years." if has_changes else ""),
    )


def ranking_title(stores: pd.DataFrame) -> str:
    """How much of sales the first tenth of the stores makes, or the first store if they are few.

    Args:
        stores: `store_ranking` by rank.
    """
    number = max(1, len(stores) // 10)
    share = words.share(stores["sales_share"].head(number).astype(float).sum(min_count=1))
    if number > 1:
        return f"The {words.count(number)} largest of {words.count(len(stores))} stores make {share} of sales"
    names, most = words.leaders([f"store {name}" for name in stores["store_id"]], stores["sales_amount"])
    if not names or most <= 0:
        return "No store has sales"
    if len(names) > 1:
        return f"{words.title_case(words.leading(names, 'store'))} sell most, {words.amount(most)} each"
    return f"{words.title_case(names[0])} sells most: {share} of sales"


def clusters(stores: pd.DataFrame) -> Figure:
    """How many stores each cluster has, and what these sell more and less of.

    Args:
        stores: `store_clusters` by cluster.
    """
    known = stores.dropna(subset=["cluster_id"])
    marks = ["most_value", "most_share", "most_all_share", "least_value", "least_share", "least_all_share"]
    drawn = known.groupby(["cluster_id", "cluster_name"], as_index=False).agg(
        stores=("store_id", "count"), sales_amount=("sales_amount", "sum"), **{name: (name, "first") for name in marks}
    )
    drawn = drawn.assign(label=[charts.broken(words.text(name)) for name in drawn["cluster_name"]])
    tooltip = [
        charts.tip("cluster_name", "Cluster"),
        charts.tip("stores", "Stores", charts.COUNT),
        charts.tip("sales_amount", "Sales", charts.COUNT),
        charts.tip("most_value", "More"),
        charts.tip("most_share", "Share of lines", charts.SHARE),
        charts.tip("most_all_share", "In all stores", charts.SHARE),
        charts.tip("least_value", "Less"),
        charts.tip("least_share", "Share of lines", charts.SHARE),
        charts.tip("least_all_share", "In all stores", charts.SHARE),
    ]
    columns = ["label", "cluster_name", "stores", "sales_amount", *marks]
    return Figure(
        key="store-clusters",
        title=clusters_title(stores),
        chart=charts.bars(drawn, "label", "stores", "Stores", charts.COUNT, tooltip),
        data=drawn[columns],
        alt="Bars of the number of stores in each cluster",
        table=Table(
            stores,
            [
                Column("store_id", "Store"),
                Column("cluster_name", "Cluster"),
                Column("attribute", "By"),
                Column("same_cluster_share", "How sure", words.share),
                Column("verdict", "Verdict"),
                Column("receipts", "Receipts", words.count),
                Column("sales_amount", "Sales", words.amount),
            ],
            "store_clusters",
            is_searchable=True,
        ),
        note="Stores are alike if the same shares of their lines fall on each value. Clusters stand out against chance,"
        " against customers who buy the same again, and against differences that go by degrees. How sure: how often a"
        " store would be in its cluster if its lines were drawn again.",
    )


def clusters_title(stores: pd.DataFrame) -> str:
    """How many clusters there are, or why there are none.

    Args:
        stores: `store_clusters`.
    """
    known = stores.dropna(subset=["cluster_id"])
    if not len(known):
        judged = stores.loc[stores["verdict"] != SMALL, "verdict"]
        return f"No clusters of stores: {judged.iloc[0] if len(judged) else 'too few receipts'}"
    sizes = known.groupby("cluster_id").size()
    by, verdict = known["attribute"].iloc[0], known["verdict"].iloc[0]
    numbers = words.listing([words.count(size) for size in sizes])
    return f"By {words.label(by)}, stores fall into {len(sizes)} clusters of {numbers} stores: {verdict}"


def _named(trials: pd.DataFrame) -> pd.DataFrame:
    """Rows with the name of the store, and of the trial where there are several."""
    several = trials["trial"].nunique() > 1
    names = [
        f"Store {store}, {trial}" if several else f"Store {store}"
        for store, trial in zip(trials["store_id"], trials["trial"], strict=True)
    ]
    return trials.assign(store=names)


def effects(trials: pd.DataFrame) -> Figure:
    """The effect of each trial store on sales, with its interval.

    Args:
        trials: `store_trials`.
    """
    whole = _named(trials)[lambda rows: rows["period"] == "whole trial"]
    sales = whole[whole["measure"] == "sales_amount"]
    drawn = sales.dropna(subset=["effect_share_low"])
    tooltip = [
        charts.tip("store", "Store"),
        charts.tip("control_stores", "Compared with"),
        charts.tip("effect_share", "Effect on sales", charts.SHARE),
        charts.tip("effect_share_low", "from", charts.SHARE),
        charts.tip("effect_share_high", "to", charts.SHARE),
        charts.tip("q_value", "q-value", ".3f"),
    ]
    columns = ["store", "control_stores", "effect_share", "effect_share_low", "effect_share_high", "q_value"]
    shares = ("effect_share", "effect_share_low", "effect_share_high", charts.WHOLE_SHARE)
    return Figure(
        key="trial-effects",
        title=effects_title(sales),
        chart=charts.intervals(
            drawn, "store", *shares[:3], "Sales against the control", shares[3], tooltip, reference=0.0
        ),
        data=drawn[columns],
        alt="Effect of the trial on the sales of each store, with its interval",
        table=Table(
            whole.assign(measure_name=[words.label(name) for name in whole["measure"]]),
            [
                Column("store", "Store"),
                Column("measure_name", "Measure"),
                Column("control_stores", "Compared with"),
                Column("observed_value", "In the trial", words.measured),
                Column("expected_value", "Expected", words.measured),
                Column("effect_share", "Effect", words.share),
                Column("effect_share_low", "From", words.share),
                Column("effect_share_high", "To", words.share),
                Column("contribution_amount", "Part of the change of sales", words.amount),
                Column("q_value", "q-value", words.p_value),
                Column("placebo_p_value", "p-value among other stores", words.p_value),
                Column("remark", "Remark"),
            ],
            "store_trials",
        ),
        note="Each store is compared with other stores that went along with it before the trial. The interval reaches"
        " from 5 to 95 %, and allows for how far stores without a trial drift.",
    )


def effects_title(sales: pd.DataFrame) -> str:
    """Which stores sold more or less than was to be expected.

    Args:
        sales: Rows of `store_trials` about the sales of the whole trial, with ``store``.
    """
    judged = sales.dropna(subset=["effect_share"])
    if not len(judged):
        return "No trial store can be judged"
    proven = judged[judged["is_significant"].fillna(False).astype(bool)]
    if not len(proven):
        number = len(judged)
        return (
            f"No effect on sales is proven in {'the trial store' if number == 1 else f'any of {number} trial stores'}"
        )
    names = [
        f"{name[:1].lower()}{name[1:]} ({'+' if effect > 0 else ''}{words.share(effect)})"
        for name, effect in zip(proven["store"], proven["effect_share"], strict=True)
    ]
    if len(names) > words.NAMED_LEADERS:
        return f"The trial changed sales in {len(names)} of {len(judged)} stores"
    return f"The trial changed sales in {words.listing(names)}"


def months(trials: pd.DataFrame) -> Figure:
    """Sales of a trial store and of its control, month by month; a list chooses the store.

    Args:
        trials: `store_trials`.
    """
    chosen = (trials["measure"] == "sales_amount") & (trials["period"] != "whole trial")
    of_months = _named(trials[chosen]).sort_values(["dataset", "trial", "store_id", "month_start_date"])
    stores = list(dict.fromkeys(of_months["store"]))
    sides = zip(SIDES, ("observed_value", "expected_value"), strict=True)
    lines = pd.concat(
        [of_months.assign(side=side, value=of_months[column].astype(float)) for side, column in sides],
        ignore_index=True,
    )
    base = charts.chart(280).transform_filter("datum.store == shown")
    x = alt.X("month_start_date:T", title=None, axis=alt.Axis(format="%b %Y", labelOverlap=True))
    y = alt.Y("value:Q", title="Sales per month", axis=charts.few_ticks(charts.COUNT))
    tooltip = [
        charts.day_tip("month_start_date", "Month from"),
        charts.tip("side", "Of"),
        charts.tip("value", "Sales", charts.COUNT),
        charts.tip("effect_share", "Difference", charts.SHARE),
        charts.tip("control_stores", "Control"),
    ]
    drawn = base.encode(x=x, y=y, color=charts.named_colours("side", SIDES), tooltip=tooltip)
    begin = (
        base.transform_filter("datum.period == 'trial'")
        .transform_aggregate(start="min(month_start_date)")
        .mark_rule(strokeDash=[4, 4], opacity=0.6)
        .encode(x=alt.X("start:T", title=None))
    )
    return Figure(
        key="trial-months",
        title="Trial stores and their controls, month by month",
        chart=(begin + drawn.mark_line(strokeWidth=2.2) + drawn.mark_circle(size=45, opacity=1)).add_params(
            charts.shown(stores[0] if stores else "")
        ),
        data=lines[["store", "month_start_date", "period", "side", "value", "effect_share", "control_stores"]],
        alt="Lines of the sales of a trial store and of its control",
        table=Table(
            of_months,
            [
                Column("store", "Store"),
                Column("month_start_date", "Month", words.month),
                Column("period", "Period"),
                Column("observed_value", "Sales", words.amount),
                Column("expected_value", "Expected", words.amount),
                Column("effect_share", "Difference", words.share),
                Column("effect_share_low", "From", words.share),
                Column("effect_share_high", "To", words.share),
                Column("q_value", "q-value", words.p_value),
            ],
            "store_trials",
        ),
        note="The dashed line is where the trial begins. The control is scaled to the store by the months before.",
        options=("Store", tuple((name, name) for name in stores)),
    )
