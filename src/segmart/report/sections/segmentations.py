"""Each segmentation of customers: how large its segments are, what sets them apart, how real they are, what to do."""

from __future__ import annotations

import json

import altair as alt
import numpy as np
import pandas as pd

from segmart.report import charts, words
from segmart.report.blocks import Block, Card, Cards, Column, Figure, Section, Selector, Table, Verdict
from segmart.report.marts import Marts
from segmart.report.sections import campaigns

ALL_UNITS = "All"
"""Name that `feature_distributions` gives to all units together."""

READABLE_FEATURES = 12
"""A phone has room for the correlations of so many features."""

PROFILE_SHARES = 8
"""A heat map has room for so many values of categories: those that differ most."""

STRONG_CORRELATION = 0.5
WEAK_CORRELATION = 0.3

VERDICT_MEANINGS = {
    "strong": "The segments are groups that the data really has.",
    "reasonable": "The segments are groups that the data has, with blurred borders.",
    "weak": "Read the segments as a useful division of a continuum, not as natural groups.",
    "no substantial": "Data without groups gives as clear segments. Read them as a way to divide customers, no more.",
}
UNSTABLE = " Other customers of the same kind would be divided differently, so do not rely on who is where."


def sections(marts: Marts) -> list[Section]:
    """A section for each segmentation of single customers."""
    if not marts.has("segment_profiles"):
        return []
    query = """
        select analysis, dataset, sum(customers) as customers, count(*) as segments
        from segment_profiles
        where measure = 'cluster_customers'
        group by analysis, dataset
        having sum(units) = sum(customers)
        order by analysis
    """
    return [
        Section(
            key=row.analysis.replace("_", "-"),
            title=words.title_case(words.label(row.analysis)),
            lead=f"{words.plural(int(row.customers), 'customer')} in {words.plural(int(row.segments), 'segment')}.",
            blocks=blocks(marts, row.analysis),
        )
        for row in marts.frame(query).itertuples()
    ]


def blocks(marts: Marts, analysis: str, unit: str = "customer") -> list[Block]:
    """All that is known of a segmentation.

    Args:
        marts: The published marts, with `segment_profiles`.
        analysis: Name of the segmentation.
        unit: What is segmented.
    """
    profiles = _of(marts, "segment_profiles", analysis, "measure, cluster_id")
    names = segment_names(profiles)
    prefix = analysis.replace("_", "-")
    made: list[Block] = []
    diagnostics = _of(marts, "segment_diagnostics", analysis, "n_clusters")
    if diagnostics is not None:
        made.append(verdict(diagnostics))
    made.append(Selector(prefix, names))
    made.append(segment_cards(prefix, profiles, known_of_segments(marts, analysis), actions_of(marts, analysis)))
    made.append(sizes(prefix, profiles))
    differences = _of(marts, "segment_differences", analysis, "effect_size desc nulls last, attribute")
    distributions = _of(marts, "feature_distributions", analysis, "feature, segment_name, bin_start")
    if distributions is not None and len(distributions):
        made.append(feature_distributions(prefix, distributions, names, differences, unit))
    places, components = _of(marts, "segment_map", analysis), _of(marts, "segment_components", analysis)
    if places is not None and components is not None:
        made.append(segment_map(prefix, places, components, names, unit))
    made.append(profile_map(prefix, profiles))
    if differences is not None:
        made.append(effects(prefix, differences))
    correlations = _of(marts, "feature_correlations", analysis)
    if correlations is not None:
        made.append(correlation_map(prefix, correlations))
    if diagnostics is not None:
        made += [elbow(prefix, diagnostics), quality(prefix, diagnostics)]
    merges = _of(marts, "dendrogram_merges", analysis, "merge_rank")
    if merges is not None and len(merges):
        made.append(dendrogram(prefix, merges, names))
    spend = _of(marts, "spend_by_segment_category", analysis, "segment_name, category")
    if spend is not None and len(spend):
        made.append(campaigns.category_map(spend, words.text(spend["dataset"].iloc[0])))
    return made


def _of(marts: Marts, mart: str, analysis: str, order: str = "all") -> pd.DataFrame | None:
    """The rows of an analysis, or None if there is no such mart."""
    if not marts.has(mart):
        return None
    return marts.frame(f"select * from {mart} where analysis = ? order by {order}", analysis)


def segment_names(profiles: pd.DataFrame) -> list[str]:
    """Segments in the order of their numbers, which gives them their colours."""
    ordered = profiles.drop_duplicates("cluster_id").sort_values("cluster_id")
    return [words.text(name) for name in ordered["segment_name"]]


def final_diagnostics(diagnostics: pd.DataFrame) -> pd.DataFrame:
    """The row that judges what is published; several stages may have a chosen number each."""
    return diagnostics[diagnostics["is_final" if "is_final" in diagnostics else "is_chosen"].astype(bool)]


def verdict(diagnostics: pd.DataFrame) -> Verdict:
    """How much structure the published segments have, in words.

    Args:
        diagnostics: `segment_diagnostics` of one analysis.
    """
    chosen = final_diagnostics(diagnostics)
    if not len(chosen):
        return Verdict("Not judged", "Nothing says how real these segments are.", is_weak=True)
    row = chosen.iloc[0]
    judged = words.text(row["verdict"])
    meaning = next((text for start, text in VERDICT_MEANINGS.items() if judged.startswith(start)), "")
    scores = ""
    if not words.is_missing(row["silhouette"]):
        scores = f" Silhouette {words.decimal(row['silhouette'])}"
        if not words.is_missing(row.get("reference_silhouette")):
            scores += f", against {words.decimal(row['reference_silhouette'])} in data without groups"
        scores += f"; stability {words.decimal(row['stability'])}, 1 if resamples always give the same segments."
        if not words.is_missing(row.get("kept_share")):
            scores += f" If 1 % of customers change, {words.share(row['kept_share'])} keep their segment."
    unstable = UNSTABLE if "unstable" in judged else ""
    return Verdict(words.title_case(judged), f"{meaning}{unstable}{scores}".strip(), is_weak(judged))


def is_weak(judged: str) -> bool:
    """Whether a verdict is a warning."""
    return not judged.startswith(("strong", "reasonable")) or "unstable" in judged


def count_weak(judged: pd.DataFrame) -> int:
    """How many segmentations have a verdict that is a warning, of their rows of `final_diagnostics`."""
    return sum(is_weak(words.text(verdict)) for verdict in judged["verdict"])


def sizes(prefix: str, profiles: pd.DataFrame) -> Figure:
    """Customers per segment as bars.

    Args:
        prefix: Start of the figure's key.
        profiles: `segment_profiles` of one analysis.
    """
    frame = profiles.drop_duplicates("cluster_id").sort_values("cluster_id")[["segment_name", "units", "customers"]]
    total = frame["customers"].sum()
    frame = frame.assign(
        share=frame["customers"].astype(float) / total if total else 0.0,
        label=[charts.broken(name) for name in frame["segment_name"]],
    ).sort_values("customers", ascending=False, kind="stable")
    names = segment_names(profiles)
    tooltip = [
        charts.tip("segment_name", "Segment"),
        charts.tip("customers", "Customers", charts.COUNT),
        charts.tip("share", "Share of all", charts.SHARE),
    ]
    drawn = charts.bars(
        frame,
        "label",
        "customers",
        "Customers",
        charts.COUNT,
        tooltip,
        colour=charts.segment_colour(names).legend(None),
        opacity=charts.faded(),
    ).add_params(charts.chosen_segment())
    title = size_title(frame)
    return Figure(
        key=f"{prefix}-sizes",
        title=title,
        chart=drawn,
        data=frame,
        alt=f"Bars of the number of customers in {words.plural(len(frame), 'segment')}",
        table=Table(
            frame,
            [
                Column("segment_name", "Segment"),
                Column("customers", "Customers", words.count),
                Column("share", "Share", words.share),
            ],
            "segment_profiles",
        ),
        for_analysts=True,
    )


def size_title(frame: pd.DataFrame) -> str:
    """The largest segment and the smallest one."""
    largest, most = words.leaders(frame["segment_name"], frame["customers"])
    if not largest:
        return "There are no segments"
    if len(frame) == 1:
        return f"All {words.count(most)} customers are in one segment"
    if len(largest) == len(frame):
        return f"All {len(frame)} segments have {words.count(most)} customers"
    first = words.leading([f"“{name}”" for name in largest], "segment")
    verb = "is the largest segment" if len(largest) == 1 else "are the largest segments"
    each = "" if len(largest) == 1 else " each"
    most, least = words.share(frame["share"].max()), words.share(frame["share"].min())
    return f"{first} {verb}, {most} of customers{each}; the smallest has {least}"


def segment_map(
    prefix: str, places: pd.DataFrame, components: pd.DataFrame, names: list[str], unit: str = "customer"
) -> Figure:
    """Units on the two directions in which they differ most.

    Args:
        prefix: Start of the figure's key.
        places: `segment_map` of one analysis.
        components: `segment_components` of it.
        names: Segments in the order of their numbers.
        unit: What a point is.
    """
    drawn = (
        charts.chart(420)
        .mark_circle(size=200 if len(places) < 100 else 24)
        .encode(
            x=alt.X("component_1:Q", title=direction(components, 1), axis=alt.Axis(tickCount=5, labels=False)),
            y=alt.Y("component_2:Q", title=direction(components, 2), axis=alt.Axis(tickCount=5, labels=False)),
            color=charts.segment_colour(names),
            opacity=charts.faded(full=0.65, faint=0.05),
            tooltip=[charts.tip("segment_name", "Segment"), charts.tip("unit_id", words.title_case(unit))],
        )
        .add_params(charts.chosen_segment())
    )
    centres = (
        places.groupby("segment_name", sort=False)
        .agg(units=("unit_id", "count"), x=("component_1", "mean"), y=("component_2", "mean"))
        .reset_index()
        .sort_values("segment_name")
    )
    title = map_title(components)
    return Figure(
        key=f"{prefix}-map",
        title=title,
        chart=drawn,
        data=places[["unit_id", "segment_name", "component_1", "component_2"]],
        alt=f"Scatter of {words.plural(len(places), 'point')}, coloured by segment, on two directions",
        table=Table(
            centres,
            [
                Column("segment_name", "Segment"),
                Column("units", "Points", words.count),
                Column("x", "Mean on the first direction", words.decimal),
                Column("y", "Mean on the second", words.decimal),
            ],
            "segment_map",
        ),
        note=f"Each point is a {unit}; near ones are alike. Segments that lie apart differ clearly; where colours mix,"
        " they differ in features that these two directions do not show, or hardly at all.",
        is_wide=True,
        has_legend=False,
        for_analysts=True,
    )


def direction(components: pd.DataFrame, number: int) -> str:
    """What a direction consists of: the features that count most in it, with their sign.

    Args:
        components: `segment_components` of one analysis.
        number: Of the component.
    """
    of_it = components[components["component"] == number]
    if not len(of_it):
        return ""
    strongest = of_it.reindex(of_it["loading"].abs().sort_values(ascending=False, kind="stable").index).head(2)
    parts = [
        f"{'higher' if row.loading > 0 else 'lower'} {words.label(row.feature)}"
        for row in strongest.itertuples()
        if abs(row.loading) >= 0.1
    ]
    return f"{', '.join(parts)} →"


def map_title(components: pd.DataFrame) -> str:
    """How much of the differences between units the map shows."""
    shares = components.drop_duplicates("component")["explained_share"]
    if not len(shares) or not shares.sum() > 0:
        return "The units do not differ"
    first = components[components["component"] == 1]
    feature = first.loc[first["loading"].abs().idxmax(), "feature"] if len(first) else ""
    return (
        f"Two directions show {words.share(shares.sum())} of all differences, the first mostly {words.label(feature)}"
    )


def profile_map(prefix: str, profiles: pd.DataFrame) -> Figure:
    """Z-scores of every segment in every measure, and in the values of categories that differ most.

    Args:
        prefix: Start of the figure's key.
        profiles: `segment_profiles` of one analysis.
    """
    described = profiles[profiles["measure_type"] != "size"]
    spread = described.assign(size=described["z_score"].abs()).groupby("measure")["size"].max()
    kinds = described.drop_duplicates("measure").set_index("measure")
    is_share = kinds["measure_type"] == "share"
    numbers = [name for name in spread.sort_values(ascending=False, kind="stable").index if not is_share[name]]
    shares = [name for name in spread.sort_values(ascending=False, kind="stable").index if is_share[name]]
    order = {name: place for place, name in enumerate([*numbers, *shares[:PROFILE_SHARES]])}
    shown = described[described["measure"].isin(order)]
    shown = shown.assign(
        place=shown["measure"].map(order),
        name=[words.label(name) for name in shown["measure"]],
        text=[signed(value) for value in shown["z_score"]],
        label=[charts.broken(words.label(name)) for name in shown["measure"]],
        segment_label=[charts.broken(name, 18) for name in shown["segment_name"]],
    ).sort_values(["place", "cluster_id"])
    tooltip = [
        charts.tip("segment_name", "Segment"),
        charts.tip("name", "Measure"),
        charts.tip("mean", "Mean", charts.DECIMAL),
        charts.tip("population_mean", "Mean of all", charts.DECIMAL),
        charts.tip("index_to_population", "Times the average", charts.DECIMAL),
        charts.tip("z_score", "Standard deviations from it", charts.DECIMAL),
    ]
    drawn = charts.heat_map(
        shown,
        "segment_label",
        "label",
        "z_score",
        "+.1f",
        "Standard deviations",
        tooltip,
        middle=0,
        opacity=charts.faded(faint=0.25),
        text="text",
    ).add_params(charts.chosen_segment())
    title = profile_title(described)
    columns = ["segment_label", "label", "text", "segment_name", "name", "mean", "population_mean"]
    return Figure(
        key=f"{prefix}-profiles",
        title=title,
        chart=drawn,
        data=shown[[*columns, "index_to_population", "z_score"]],
        alt="Heat map of how far each segment's mean lies from the average",
        table=Table(
            described.sort_values(["measure_type", "measure", "cluster_id"]),
            [
                Column("segment_name", "Segment"),
                Column("measure", "Measure", words.label),
                Column("mean", "Mean", words.measured),
                Column("median", "Median", words.measured),
                Column("population_mean", "Mean of all", words.measured),
                Column("index_to_population", "Index", words.decimal),
                Column("z_score", "z-score", words.decimal),
            ],
            "segment_profiles",
        ),
        note="Distance of the mean from the average of all: blue above it, brown below."
        + (f" Of categories, the {PROFILE_SHARES} values that differ most." if len(shares) > PROFILE_SHARES else ""),
        is_wide=True,
        for_analysts=True,
    )


def signed(value: object) -> str:
    """A z-score or correlation in a cell: one decimal, with a sign unless it is zero."""
    if words.is_missing(value):
        return ""
    written = f"{float(str(value)):+.1f}".replace("+0.0", "0.0").replace("-0.0", "0.0").replace("-", "\N{MINUS SIGN}")
    return words.current_format().number(written)


def profile_title(described: pd.DataFrame) -> str:
    """The measure in which a segment stands out most."""
    z_scores = described["z_score"].astype(float).abs()
    if not z_scores.notna().any() or z_scores.max() == 0:
        return "The segments do not differ in any measure"
    top = described.loc[z_scores.idxmax()]
    ratio = top["index_to_population"]
    against = (
        f"{words.decimal(ratio)} times the average"
        if not words.is_missing(ratio)
        else f"{words.measured(top['mean'])} against {words.measured(top['population_mean'])}"
    )
    return f"“{top['segment_name']}” stands out most, in {words.label(top['measure'])}: {against}"


def effects(prefix: str, differences: pd.DataFrame) -> Figure:
    """How much of each attribute goes with the segment.

    Args:
        prefix: Start of the figure's key.
        differences: `segment_differences` of one analysis, the largest effect first.
    """
    frame = differences.assign(
        name=[words.label(name) for name in differences["attribute"]],
        label=[charts.broken(words.label(name)) for name in differences["attribute"]],
        judged=[_judged(row) for row in differences.to_dict("records")],
    )
    of_names = {
        "made the segments": charts.BLUE,
        "follows from what made them": charts.SKY,
        "significant": charts.ORANGE,
        "not significant": charts.GREY,
    }
    # What the title is about stands first, each kind with its largest effect first.
    frame = frame.sort_values("judged", key=lambda kinds: kinds.map(list(of_names).index), kind="stable")
    judged = set(frame["judged"])
    colour = charts.named_colours("judged", {name: colour for name, colour in of_names.items() if name in judged})
    tooltip = [
        charts.tip("name", "Attribute"),
        charts.tip("effect_size", "Effect, 0 to 1", charts.DECIMAL),
        charts.tip("effect_name", "Measured by"),
        charts.tip("judged", "Status"),
    ]
    drawn = charts.bars(frame, "label", "effect_size", "Effect size, 0 to 1", charts.DECIMAL, tooltip, colour)
    title = effects_title(frame)
    return Figure(
        key=f"{prefix}-effects",
        title=title,
        chart=drawn,
        data=frame[["label", "name", "effect_size", "effect_name", "judged"]],
        alt="Bars of how much of each attribute goes with the segment",
        table=Table(
            frame,
            [
                Column("name", "Attribute"),
                Column("effect_size", "Effect size", words.decimal),
                Column("effect_name", "Measured by"),
                Column("test", "Test"),
                Column("p_value", "p", words.p_value),
                Column("q_value", "q", words.p_value),
                Column("judged", "Status"),
            ],
            "segment_differences",
        ),
        note="What made the segments must differ between them; only the other attributes are tested.",
        for_analysts=True,
    )


def _judged(row: dict[str, object]) -> str:
    if row["is_fit_feature"]:
        return "made the segments"
    if words.is_missing(row["q_value"]):
        return "follows from what made them"
    return "significant" if row["is_significant"] else "not significant"


def effects_title(frame: pd.DataFrame) -> str:
    """The features that divide the customers, and how many of the other attributes differ."""
    made = frame[frame["judged"] == "made the segments"]
    tested = frame[frame["judged"].isin(["significant", "not significant"])]
    first, strongest = words.leaders(made["name"], made["effect_size"])
    title = "Nothing separates the segments"
    if first and strongest > 0:
        verb = "separates" if len(first) == 1 else "separate"
        title = f"{words.title_case(words.leading(first, 'feature'))} {verb} the segments most"
    if not len(tested):
        return title
    different = int((tested["judged"] == "significant").sum())
    who = f"{different or 'none'} of {words.plural(len(tested), 'other attribute')}"
    return f"{title}; {who} differ{'' if different > 1 else 's'} provably"


def feature_distributions(
    prefix: str, distributions: pd.DataFrame, names: list[str], differences: pd.DataFrame | None, unit: str = "customer"
) -> Figure:
    """How a feature is distributed in each segment; a list chooses the feature.

    Args:
        prefix: Start of the figure's key.
        distributions: `feature_distributions` of one analysis, with at least one row.
        names: Segments in the order of their numbers.
        differences: `segment_differences` of it, the largest effect first; puts the features into this order.
        unit: What is counted.
    """
    features = list(dict.fromkeys(distributions["feature"]))
    if differences is not None:
        rank = {name: place for place, name in enumerate(differences["attribute"])}
        features.sort(key=lambda name: rank.get(name, len(rank)))
    rows = ridges(with_empty_bins(distributions), names)
    labels = [charts.broken(name) for name in names]
    named = f"split({json.dumps(labels)}[{len(names) - 1} - datum.value], '\\n')"
    axis = alt.Axis(
        values=list(range(len(names))),
        labelExpr=named,
        labelLineHeight=charts.LINE_HEIGHT,
        labelOffset=charts.centred(named, -16),
        grid=False,
    )
    y = alt.Y("base:Q", title=None, axis=axis, scale=alt.Scale(domain=[0, max(1, len(names))], nice=False, zero=True))
    base = (
        charts.chart(charts.rows_height(len(names), 48))
        .transform_filter("datum.feature == shown")
        .encode(
            x=alt.X(
                "middle:Q", title=None, axis=alt.Axis(tickCount=5, labelExpr=charts.SHORT), scale=alt.Scale(zero=False)
            ),
            y=y,
            detail="segment_name:N",
            tooltip=[
                charts.tip("segment_name", "Segment"),
                charts.tip("bin_start", "From", charts.DECIMAL),
                charts.tip("bin_end", "to below", charts.DECIMAL),
                charts.tip("units", words.title_case(unit) + "s", charts.COUNT),
                charts.tip("unit_share", "Share of the segment", charts.SHARE),
                charts.tip("all_share", "Share of all", charts.SHARE),
            ],
        )
    )
    of_all = base.mark_area(color=charts.GREY, opacity=0.3).encode(y2="all_top:Q")
    of_segment = base.mark_area(fillOpacity=0.45, line={"strokeWidth": 1.6}).encode(
        y=alt.Y("top:Q", title=None, axis=axis), y2="base:Q", color=charts.segment_colour(names), opacity=charts.faded()
    )
    drawn = (of_all + of_segment).add_params(charts.chosen_segment(), charts.shown(features[0]))
    title = (
        f"Segments differ most in {words.label(features[0])}"
        if differences is not None
        else "How the features are distributed"
    )
    return Figure(
        key=f"{prefix}-distributions",
        title=title,
        chart=drawn,
        data=rows,
        alt="A small chart for each segment of how a feature is distributed in it",
        table=Table(
            distributions.sort_values(["feature", "segment_name", "bin_start"]),
            [
                Column("feature", "Feature", words.label),
                Column("segment_name", "Segment"),
                Column("bin_start", "From", words.measured),
                Column("bin_end", "To below", words.measured),
                Column("units", "Members", words.count),
                Column("unit_share", "Share", words.share),
            ],
            "feature_distributions",
            is_searchable=True,
        ),
        note=f"Height: share of the segment's {unit}s. Grey: all together. What lies outside of the central 98 % counts"
        " in the first or last interval.",
        has_legend=False,
        options=("Feature", tuple((name, words.label(name)) for name in features)),
        for_analysts=True,
    )


RIDGE_HEIGHT = 0.9
"""Part of a row that the highest point of a feature fills."""


def ridges(filled: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Distributions as areas in rows, a row per segment, the first one on top, all with the same scale.

    Args:
        filled: `feature_distributions` `with_empty_bins`.
        names: Segments in the order of their numbers.

    Returns:
        Per feature, segment and bin, the middle of the bin, the row's base line and the tops of the segment's area and
        of that of all units, in rows from below.
    """
    keys = ["feature", "bin_start"]
    of_all = filled[filled["segment_name"] == ALL_UNITS][[*keys, "unit_share"]].rename(
        columns={"unit_share": "all_share"}
    )
    rows = filled[filled["segment_name"].isin(names)].merge(of_all, on=keys, how="left").fillna({"all_share": 0.0})
    highest = rows.groupby("feature")[["unit_share", "all_share"]].transform("max").max(axis=1)
    scale = RIDGE_HEIGHT / highest.where(highest > 0, 1.0)
    place = {name: len(names) - 1 - position for position, name in enumerate(names)}
    rows = rows.assign(
        middle=(rows["bin_start"] + rows["bin_end"]) / 2,
        base=rows["segment_name"].map(place).astype(float),
    )
    rows = rows.assign(top=rows["base"] + rows["unit_share"] * scale, all_top=rows["base"] + rows["all_share"] * scale)
    columns = ["feature", "segment_name", "bin_start", "bin_end", "middle", "units", "unit_share", "all_share"]
    return rows[[*columns, "base", "top", "all_top"]]


def with_empty_bins(distributions: pd.DataFrame) -> pd.DataFrame:
    """Add the bins that hold nobody of a segment, or a line would jump over them.

    Args:
        distributions: `feature_distributions` of one analysis.

    Returns:
        Per feature, every segment with every bin that any segment has, in order.
    """
    parts = []
    for _, of_feature in distributions.groupby("feature", sort=False):
        bins = of_feature[["feature", "bin_start", "bin_end"]].drop_duplicates()
        segments = of_feature[["segment_name"]].drop_duplicates()
        full = bins.merge(segments, how="cross").merge(
            of_feature[["segment_name", "bin_start", "units", "unit_share"]],
            on=["segment_name", "bin_start"],
            how="left",
        )
        parts.append(full.fillna({"units": 0, "unit_share": 0.0}))
    return pd.concat(parts).sort_values(["feature", "segment_name", "bin_start"], kind="stable").reset_index(drop=True)


def correlation_map(prefix: str, correlations: pd.DataFrame) -> Figure:
    """Pearson correlations of the features, below the diagonal.

    Args:
        prefix: Start of the figure's key.
        correlations: `feature_correlations` of one analysis.
    """
    # The first feature stands first in all of its pairs, the last in none.
    firsts = correlations["feature_x"].value_counts()
    names = dict.fromkeys([*correlations["feature_x"], *correlations["feature_y"]])
    order = sorted(names, key=lambda name: -firsts.get(name, 0))
    place = {name: position for position, name in enumerate(order)}
    frame = correlations.assign(
        row=correlations["feature_y"].map(place),
        column=correlations["feature_x"].map(place),
        x_label=[words.label(name).replace(" ", "\n", 1) for name in correlations["feature_x"]],
        text=[signed(value) for value in correlations["pearson"]],
        y_label=[words.label(name) for name in correlations["feature_y"]],
        x_name=[words.label(name) for name in correlations["feature_x"]],
    ).sort_values(["row", "column"])
    tooltip = [
        charts.tip("x_name", "Feature"),
        charts.tip("y_label", "and"),
        charts.tip("pearson", "Pearson", charts.DECIMAL),
        charts.tip("spearman", "Spearman", charts.DECIMAL),
    ]
    drawn = charts.heat_map(
        frame, "x_label", "y_label", "pearson", ".1f", "Correlation", tooltip, middle=0, limits=(-1, 1), text="text"
    )
    title = correlation_title(frame)
    return Figure(
        key=f"{prefix}-correlations",
        title=title,
        chart=drawn,
        data=frame[["x_label", "x_name", "y_label", "text", "pearson", "spearman"]],
        alt=f"Heat map of the correlations of {words.plural(len(order), 'feature')}",
        table=Table(
            frame.reindex(frame["pearson"].abs().sort_values(ascending=False, kind="stable").index),
            [
                Column("x_name", "Feature"),
                Column("y_label", "and"),
                Column("pearson", "Pearson", words.decimal),
                Column("spearman", "Spearman", words.decimal),
                Column("units", "Members", words.count),
            ],
            "feature_correlations",
        ),
        for_analysts=True,
        needs_room=len(order) > READABLE_FEATURES,
    )


def correlation_title(frame: pd.DataFrame) -> str:
    """The pair of features that go together most, or that none do."""
    strength = frame["pearson"].astype(float).abs()
    if not strength.notna().any():
        return "No pair of features varies"
    top = frame.loc[strength.idxmax()]
    value = words.decimal(top["pearson"])
    if strength.max() < WEAK_CORRELATION:
        return f"The features hardly depend on each other: no correlation is stronger than {value}"
    many = int((strength >= STRONG_CORRELATION).sum())
    rest = f"; {many} of {len(frame)} pairs correlate by {STRONG_CORRELATION} or more" if len(frame) > 1 else ""
    return f"{words.title_case(top['x_name'])} and {top['y_label']} go together most ({value}){rest}"


def kmeans_rows(diagnostics: pd.DataFrame) -> pd.DataFrame:
    """One row per number of clusters: those of K-Means where an analysis has several stages."""
    if "stage" not in diagnostics:
        return diagnostics
    rows = diagnostics[diagnostics["stage"] == "K-Means"]
    return rows if len(rows) else diagnostics.drop_duplicates("n_clusters")


def of_stage(diagnostics: pd.DataFrame, title: str) -> str:
    """A title that says so if it is about the second of two stages."""
    is_staged = "stage" in diagnostics and diagnostics["stage"].nunique() > 1
    return f"K-Means of those who are no specialists: {title}" if is_staged else title


def elbow(prefix: str, diagnostics: pd.DataFrame) -> Figure:
    """Inertia over the number of clusters, with the chosen number.

    Args:
        prefix: Start of the figure's key.
        diagnostics: `segment_diagnostics` of one analysis.
    """
    frame = kmeans_rows(diagnostics)
    title = of_stage(diagnostics, elbow_title(frame))
    return Figure(
        key=f"{prefix}-elbow",
        title=title,
        chart=_over_clusters(frame, [("inertia", "Inertia", charts.BLUE)], charts.COUNT, "Inertia"),
        data=frame[["n_clusters", "inertia", "is_chosen"]],
        alt=f"Curve of the inertia for {words.plural(len(frame), 'number')} of clusters",
        table=_diagnostics_table(frame),
        note="Inertia is what is left inside the segments; where the curve bends, more segments gain little.",
        for_analysts=True,
    )


def quality(prefix: str, diagnostics: pd.DataFrame) -> Figure:
    """Silhouette and stability over the number of clusters, with the chosen number.

    Args:
        prefix: Start of the figure's key.
        diagnostics: `segment_diagnostics` of one analysis.
    """
    frame = kmeans_rows(diagnostics)
    scored = frame[frame["silhouette"].notna()]
    series = [("silhouette", "Silhouette", charts.BLUE), ("stability", "Stability", charts.ORANGE)]
    title = of_stage(diagnostics, quality_title(scored))
    return Figure(
        key=f"{prefix}-quality",
        title=title,
        chart=_over_clusters(scored, series, charts.DECIMAL, "Score, 1 is perfect"),
        data=scored[["n_clusters", "silhouette", "stability", "is_chosen"]],
        alt=f"Curves of silhouette and stability for {words.plural(len(scored), 'number')} of clusters",
        table=_diagnostics_table(frame),
        note="Silhouette above 0.5: reasonable groups; above 0.25: weak ones. Stability: agreement with repeated fits.",
        for_analysts=True,
    )


def _over_clusters(frame: pd.DataFrame, series: list[tuple[str, str, str]], pattern: str, title: str) -> alt.LayerChart:
    axis = alt.Axis(format="d", tickMinStep=1, tickCount=10)
    x = alt.X(
        "n_clusters:Q", title="Number of segments", axis=axis, scale=alt.Scale(zero=False, nice=False, padding=10)
    )
    lowest = min(0.0, *(float(frame[name].min()) for name, _, _ in series))
    y_scale = alt.Scale(domainMin=lowest)
    of_labels = {label: colour for _, label, colour in series}
    colour = charts.named_colours("score", of_labels, legend=alt.Undefined if len(series) > 1 else None)
    layers: list[alt.Chart] = [
        charts.chart(260)
        .transform_filter("datum.is_chosen")
        .mark_rule(strokeDash=[4, 4], strokeWidth=1.5, opacity=0.7)
        .encode(x=x, tooltip=[charts.tip("n_clusters", "Chosen number", "d")])
    ]
    for name, label, _ in series:
        y = alt.Y(f"{name}:Q", title=title, axis=charts.few_ticks(pattern), scale=y_scale)
        tooltip = [charts.tip("n_clusters", "Segments", "d"), charts.tip(name, label, pattern)]
        base = charts.chart(260).transform_calculate(score=f"'{label}'").encode(x=x, y=y, color=colour, tooltip=tooltip)
        layers += [base.mark_line(strokeWidth=2), base.mark_circle(size=70, opacity=1)]
    return alt.layer(*layers)


def _diagnostics_table(frame: pd.DataFrame) -> Table:
    return Table(
        frame,
        [
            Column("n_clusters", "Segments", words.count),
            Column("inertia", "Inertia", words.measured),
            Column("silhouette", "Silhouette", words.decimal),
            Column("stability", "Stability", words.decimal),
            Column("davies_bouldin", "Davies-Bouldin", words.decimal),
            Column("calinski_harabasz", "Calinski-Harabasz", words.measured),
            Column("is_chosen", "Chosen", words.yes_no),
            Column("suggested_by", "Suggested by"),
            Column("verdict", "Verdict"),
        ],
        "segment_diagnostics",
    )


def elbow_title(frame: pd.DataFrame) -> str:
    """The chosen number, and the one that the elbow would take."""
    return _choice_title(frame, "elbow", "the curve bends")


def quality_title(frame: pd.DataFrame) -> str:
    """The chosen number's silhouette, and the number that has the best one."""
    chosen = frame[frame["is_chosen"].astype(bool)]
    best = frame[frame["silhouette"] == frame["silhouette"].max()]
    if not len(best):
        return "No number of segments could be judged"
    best_number, highest = int(best["n_clusters"].iloc[0]), words.decimal(best["silhouette"].iloc[0])
    if not len(chosen):
        return f"{best_number} segments would have the best silhouette, {highest}"
    number, silhouette = int(chosen["n_clusters"].iloc[0]), words.decimal(chosen["silhouette"].iloc[0])
    if number in set(best["n_clusters"]):
        return f"{number} segments have the best silhouette, {silhouette}"
    return f"{number} segments have a silhouette of {silhouette}; {best_number} would have {highest}"


def _choice_title(frame: pd.DataFrame, method: str, reason: str) -> str:
    chosen = frame[frame["is_chosen"].astype(bool)]
    suggested = [method in words.text(by).split(", ") for by in frame["suggested_by"]]
    preferred = frame[np.array(suggested, dtype=bool)]
    if not len(chosen):
        return "No number of segments was chosen"
    number = int(chosen["n_clusters"].iloc[0])
    if not len(preferred):
        return f"{words.plural(number, 'segment')}, as configured"
    bend = int(preferred["n_clusters"].iloc[0])
    if bend == number:
        return f"{words.plural(number, 'segment')}, as configured, and there {reason}"
    return f"{words.plural(number, 'segment')}, as configured; {reason} at {bend}"


def dendrogram(prefix: str, merges: pd.DataFrame, names: list[str]) -> Figure:
    """The upper merges of a tree as brackets, with its cut and the groups that were kept as they are.

    Args:
        prefix: Start of the figure's key.
        merges: `dendrogram_merges` of one analysis, the last merge first, with at least one row.
        names: Segments in the order of their numbers.
    """
    above = merges["is_above_cut"].astype(bool)
    kept, cut_off = merges.loc[above, "merge_height"], merges.loc[~above, "merge_height"]
    corners = []
    for row in merges.itertuples():
        points = (
            (row.left_position, row.left_height),
            (row.left_position, row.merge_height),
            (row.right_position, row.merge_height),
            (row.right_position, row.right_height),
        )
        about = {"rank": row.merge_rank, "height": row.merge_height, "rows": row.left_rows + row.right_rows}
        corners += [{**about, "step": step, "x": x, "y": y} for step, (x, y) in enumerate(points)]
    groups = [
        {"x": row[f"{side}_position"], "y": row[f"{side}_height"], "segment_name": row[f"{side}_segment_name"]}
        for row in merges.to_dict("records")
        for side in ("left", "right")
        if not words.is_missing(row[f"{side}_segment_name"])
    ]
    base = charts.chart(360).encode(
        x=alt.X("x:Q", axis=None),
        y=alt.Y("y:Q", title="Distance at which groups merge", axis=charts.few_ticks(charts.COUNT)),
    )
    lines = (
        base.transform_filter("isValid(datum.rank)")
        .mark_line(color=charts.GREY, strokeWidth=1.5)
        .encode(
            detail="rank:N",
            order="step:Q",
            tooltip=[charts.tip("height", "Distance", charts.DECIMAL), charts.tip("rows", "Members", charts.COUNT)],
        )
    )
    dots = (
        base.transform_filter("isValid(datum.segment_name)")
        .mark_circle(size=130)
        .encode(
            color=charts.segment_colour(names),
            opacity=charts.faded(),
            tooltip=[charts.tip("segment_name", "Kept as it is")],
        )
    )
    layers = [lines, dots]
    if len(kept):
        cut = (float(kept.min()) + (float(cut_off.max()) if len(cut_off) else 0.0)) / 2
        rule = charts.chart().mark_rule(strokeDash=[4, 4], opacity=0.7)
        layers.append(rule.encode(y=alt.datum(cut, type="quantitative")))
    title = dendrogram_title(int(above.sum()) + 1, len(groups))
    return Figure(
        key=f"{prefix}-dendrogram",
        title=title,
        chart=alt.layer(*layers).add_params(charts.chosen_segment()),
        data=pd.concat([pd.DataFrame(corners), pd.DataFrame(groups)], ignore_index=True),
        alt=f"Tree of the last {words.plural(len(merges), 'merge')}",
        table=Table(
            merges,
            [
                Column("merge_rank", "Merge, last first", words.count),
                Column("merge_height", "Distance", words.decimal),
                Column("left_rows", "Members left", words.count),
                Column("right_rows", "Members right", words.count),
                Column("is_above_cut", "Above the cut", words.yes_no),
                Column("left_segment_name", "Left side"),
                Column("right_segment_name", "Right side"),
            ],
            "dendrogram_merges",
        ),
        note="Long vertical lines: groups that lie well apart. Dashed: the cut. Dots: specialists, kept as they are;"
        " K-Means divides all others.",
        is_wide=True,
        has_legend=False,
        for_analysts=True,
    )


def dendrogram_title(groups: int, specialists: int) -> str:
    """Into how many groups the tree is cut, and how many of these are kept."""
    title = f"The tree is cut into {words.plural(groups, 'group')}"
    if not specialists:
        return f"{title}; none of them is kept as it is"
    return f"{title}; {specialists} of them {'is' if specialists == 1 else 'are'} kept as specialists"


def actions_of(marts: Marts, analysis: str) -> dict[str, list[tuple[str, str]]]:
    """What to do about each segment: actions with their reasons, then what to offer.

    Args:
        marts: The published marts.
        analysis: Name of the segmentation.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    for mart, action, order in (
        ("segment_actions", "action", "cluster_id, action_rank"),
        ("segment_offers", "offer", "segment_name, offer_rank"),
    ):
        rows = _of(marts, mart, analysis, order)
        for row in [] if rows is None else rows.to_dict("records"):
            reason = "" if words.is_missing(row["reason"]) else words.text(row["reason"])
            found.setdefault(words.text(row["segment_name"]), []).append((words.text(row[action]), reason))
    return found


def known_of_segments(marts: Marts, analysis: str) -> dict[str, list[tuple[str, str]]]:
    """What marts say of each segment beside its profile: worth, what it buys, what it answered.

    Args:
        marts: The published marts.
        analysis: Name of the segmentation.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    spend = _of(marts, "spend_by_segment_category", analysis, "segment_name, category")
    if spend is not None and len(spend):
        for name, (worth, buys) in spending(spend).items():
            found[name] = [("Worth", worth), *([("Buys", buys)] if buys else [])]
    if analysis == LIFESTAGES and marts.has("lifestage_segment_clusters"):
        for name, worth in worth_of_cells(marts.frame("select * from lifestage_segment_clusters")).items():
            found.setdefault(name, []).append(("Worth", worth))
    responses = _of(marts, "campaign_responses", analysis, "segment_name, campaign_number")
    if responses is not None and len(responses):
        for name, answered in best_answers(responses).items():
            found.setdefault(name, []).append(("Answered", answered))
    return found


LIFESTAGES = "lifestage_segments"
"""The analysis whose units are life stages and tiers."""

CLEAR_INDEX = 1.1
"""A share this many times the usual one is worth a word on a card."""

CARD_TRAITS = 3
CLEAR_DISTANCE = 0.3
"""A mean this many standard deviations from that of all is worth a word on a card."""


def spending(spend: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """What a customer of each segment spends, with the segment's share of all, and the category it prefers most.

    Args:
        spend: `spend_by_segment_category` of one analysis.
    """
    amounts = spend.assign(amount=spend["spend_amount"].astype(float))
    total = amounts["amount"].sum()
    said = {}
    for name, rows in amounts.groupby("segment_name", sort=True):
        customers = float(rows["customers"].max())
        worth = words.MISSING
        if customers and total:
            share = words.share(rows["amount"].sum() / total)
            worth = f"{words.amount(rows['amount'].sum() / customers)} spent per customer, {share} of all spending"
        preferred = rows[rows["index_to_all"].astype(float) >= CLEAR_INDEX]
        buys = ""
        if len(preferred):
            top = preferred.loc[preferred["index_to_all"].astype(float).idxmax()]
            buys = f"{words.label(top['category'])}, {words.decimal(top['index_to_all'])} times the usual share"
        said[words.text(name)] = (worth, buys)
    return said


def worth_of_cells(cells: pd.DataFrame) -> dict[str, str]:
    """What a customer of each group of life stages brings, with the group's share of all.

    Args:
        cells: `lifestage_segment_clusters`.
    """
    totals = cells.assign(sales=cells["total_sales"].astype(float)).groupby("segment_name")
    sales, customers = totals["sales"].sum(), totals["customer_count"].sum()
    return {
        words.text(name): f"{words.amount(sales[name] / customers[name])} per customer, "
        f"{words.share(sales[name] / sales.sum())} of sales"
        for name in sales.index
        if customers[name] and sales.sum()
    }


def best_answers(responses: pd.DataFrame) -> dict[str, str]:
    """The campaign that each segment answered provably more often than others; the highest rate of several.

    Args:
        responses: `campaign_responses` of one analysis.
    """
    rates, of_all = responses["response_rate"].astype(float), responses["all_response_rate"].astype(float)
    proven = responses[
        responses["is_significant"].astype(bool) & ~responses["is_small_count"].astype(bool) & (rates > of_all)
    ]
    said = dict.fromkeys((words.text(name) for name in responses["segment_name"]), "no campaign more than others")
    for name, rows in proven.groupby("segment_name"):
        top = rows.loc[rows["response_rate"].astype(float).idxmax()]
        said[words.text(name)] = (
            f"campaign {int(top['campaign_number'])}: {words.share(top['response_rate'])},"
            f" against {words.share(top['all_response_rate'])} of all customers"
        )
    return said


def traits(own: pd.DataFrame) -> str:
    """What sets a segment apart: the measures whose means lie farthest from those of all.

    Args:
        own: `segment_profiles` of one segment.
    """
    described = own[own["measure_type"] != "size"]
    far = described[described["z_score"].astype(float).abs() >= CLEAR_DISTANCE]
    order = far["z_score"].astype(float).abs().sort_values(ascending=False, kind="stable").index
    said = []
    for row in far.loc[order].head(CARD_TRAITS).to_dict("records"):
        name = words.label(row["measure"])
        ratio = row["index_to_population"]
        said.append(
            f"{name} {words.decimal(ratio)} × the average"
            if not words.is_missing(ratio)
            else f"{name} {words.measured(row['mean'])} (all: {words.measured(row['population_mean'])})"
        )
    return "; ".join(said) or "near the average in everything"


def segment_cards(
    prefix: str,
    profiles: pd.DataFrame,
    known: dict[str, list[tuple[str, str]]],
    actions: dict[str, list[tuple[str, str]]],
) -> Cards:
    """Each segment: who they are, what they are worth, buy and answered, and what to do.

    Args:
        prefix: Start of the block's key.
        profiles: `segment_profiles` of one analysis.
        known: What other marts say of each segment, each with its heading.
        actions: What to do about each segment, each with its reason.
    """
    sizes_of = profiles.drop_duplicates("cluster_id").sort_values("cluster_id")
    total = float(sizes_of["customers"].sum())
    cards = []
    for row in sizes_of.itertuples():
        name = words.text(row.segment_name)
        own = profiles[profiles["cluster_id"] == row.cluster_id]
        share = f", {words.share(row.customers / total)}" if total else ""
        cards.append(
            Card(
                name=name,
                size=f"{words.plural(int(row.customers), 'customer')}{share}",
                facts=[("Who", traits(own)), *known.get(name, [])],
                actions=actions.get(name) or [("Treat them as the average customer.", "")],
            )
        )
    return Cards(f"{prefix}-cards", "The segments, and what to do", cards)
