"""What was refused and why, whether everything adds up, and how far to trust what was estimated."""

from __future__ import annotations

import pandas as pd

from segmart.report import charts, words
from segmart.report.blocks import Block, Column, Figure, Findings, Listing, Section, Table
from segmart.report.marts import Marts
from segmart.report.sections.findings import finding
from segmart.report.sections.products import off_trend
from segmart.report.sections.segmentations import count_weak, final_diagnostics

TOP_REASONS = 12


def sections(marts: Marts) -> list[Section]:
    """The section, if anything was checked."""
    blocks: list[Block] = []
    if marts.has("row_reconciliation"):
        blocks.append(reconciliation(marts.frame("select * from row_reconciliation order by dataset, source_file")))
    if marts.has("rejected_rows"):
        query = """
            select
                dataset,
                source_file,
                rejection_reason,
                cast(sum(row_count) as bigint) as row_count,
                min(rejected_column) as rejected_column,
                min(rejected_value) as example
            from rejected_rows
            group by all
            order by row_count desc, dataset, source_file, rejection_reason
        """
        blocks.append(rejections(marts.frame(query)))
    if marts.has("implausible_rows"):
        query = "select * from implausible_rows order by row_count desc, dataset, reason"
        blocks.append(implausible(marts.frame(query)))
    if marts.has("sales_anomalies"):
        query = "select * from sales_anomalies order by first_date, level, measure, store_id nulls first, kind"
        blocks.append(unusual_times(marts.frame(query)))
    if marts.has("segment_diagnostics"):
        blocks.append(verdicts(marts.frame("select * from segment_diagnostics order by analysis, n_clusters")))
    if marts.has("imputation_quality"):
        blocks.append(imputation(marts.frame("select * from imputation_quality order by dataset, measure")))
    if marts.has("products_to_review"):
        query = "select * from products_to_review order by sales_amount desc nulls last, product_id, problem"
        blocks.append(to_review(marts.frame(query)))
    if marts.has("insights"):
        cautions = marts.frame("select * from insights where is_caution order by insight_rank")
        if len(cautions):
            blocks.insert(0, Findings("Read with care", [finding(row) for row in cautions.to_dict("records")]))
    lead = "What was left out and why, and how far to trust the rest."
    return [Section("quality", "Data quality", lead, blocks)] if blocks else []


def reconciliation(files: pd.DataFrame) -> Listing:
    """Rows and amounts of every raw file, kept and refused.

    Args:
        files: `row_reconciliation`.
    """
    return Listing(
        "reconciliation",
        reconciliation_title(files),
        Table(
            files,
            [
                Column("source_file", "File"),
                Column("raw_rows", "Raw rows", words.count),
                Column("accepted_rows", "Accepted", words.count),
                Column("rejected_rows", "Refused", words.count),
                Column("excluded_rows", "Excluded", words.count),
                Column("unmatched_rows", "Unmatched", words.count),
                Column("raw_amount", "Raw amount", words.amount),
                Column("accepted_amount", "Accepted", words.amount),
                Column("rejected_amount", "Refused", words.amount),
                Column("is_reconciled", "Adds up", words.yes_no),
            ],
            "row_reconciliation",
        ),
        note="Excluded: accepted, but no sale that counts. The mart excluded_rows has the reasons.",
    )


def reconciliation_title(files: pd.DataFrame) -> str:
    """Whether every row and cent of every file is accounted for."""
    if not len(files):
        return "No file was read"
    broken = files[~files["is_reconciled"].astype(bool)]
    if len(broken):
        names = words.listing([words.text(name) for name in broken["source_file"]])
        return f"Rows or amounts are missing in {names}"
    which = {1: "the one file", 2: "both files"}.get(len(files), f"all {len(files)} files")
    has_amounts = files["raw_amount"].notna().any()
    return f"Every row{' and every cent' if has_amounts else ''} of {which} is accounted for"


def rejections(reasons: pd.DataFrame) -> Figure:
    """Refused rows by reason.

    Args:
        reasons: Refused rows by dataset, file and reason, the most frequent first.
    """
    shown = reasons.head(TOP_REASONS)
    shown = shown.assign(label=[charts.broken(words.text(reason)) for reason in shown["rejection_reason"]])
    tooltip = [
        charts.tip("source_file", "File"),
        charts.tip("rejection_reason", "Reason"),
        charts.tip("row_count", "Rows", charts.COUNT),
        charts.tip("example", "For example"),
    ]
    drawn = charts.bars(shown, "label", "row_count", "Refused rows", charts.COUNT, tooltip)
    total = int(reasons["row_count"].sum())
    title = "No row was refused"
    if total:
        why = ", most often because" if len(reasons) > 1 else " because"
        title = (
            f"{words.plural(total, 'row')} {'was' if total == 1 else 'were'} refused{why}"
            f" {reasons['rejection_reason'].iloc[0]}"
        )
    return Figure(
        key="rejected-rows",
        title=title,
        chart=drawn,
        data=shown[["label", "source_file", "rejection_reason", "row_count", "example"]],
        alt="Bars of refused rows by reason",
        table=Table(
            reasons,
            [
                Column("source_file", "File"),
                Column("rejection_reason", "Reason"),
                Column("row_count", "Rows", words.count),
                Column("rejected_column", "Column"),
                Column("example", "For example"),
            ],
            "rejected_rows",
        ),
    )


def implausible(reasons: pd.DataFrame) -> Figure:
    """Rows that were kept in doubt, by reason.

    Args:
        reasons: `implausible_rows`, the most frequent first.
    """
    shown = reasons.head(TOP_REASONS)
    shown = shown.assign(label=[charts.broken(words.text(reason)) for reason in shown["reason"]])
    tooltip = [
        charts.tip("reason", "Reason"),
        charts.tip("row_count", "Rows", charts.COUNT),
    ]
    drawn = charts.bars(shown, "label", "row_count", "Rows kept in doubt", charts.COUNT, tooltip)
    title = "No row was kept in doubt"
    if len(reasons):
        most = words.plural(int(reasons["row_count"].iloc[0]), "row")
        title = f"The most frequent doubt: {reasons['reason'].iloc[0]}, {most}"
    return Figure(
        key="implausible-rows",
        title=title,
        chart=drawn,
        data=shown[["label", "reason", "row_count"]],
        alt="Bars of implausible rows by reason",
        table=Table(
            reasons,
            [
                Column("reason", "Reason"),
                Column("row_count", "Rows", words.count),
            ],
            "implausible_rows",
        ),
        note="Implausible is not wrong: these rows count, and a row may have several doubts.",
        for_analysts=True,
    )


def unusual_times(anomalies: pd.DataFrame) -> Listing:
    """When sales and what belongs to them left their trend and their week.

    Args:
        anomalies: `sales_anomalies` in the order of time.
    """
    return Listing(
        "sales-anomalies",
        unusual_title(anomalies),
        Table(
            anomalies.assign(store=[words.text(store) for store in anomalies["store_id"]]),
            [
                Column("measure", "Measure", words.label),
                Column("level", "Watched by"),
                Column("store", "Store"),
                Column("kind", "Kind"),
                Column("first_date", "From", words.day),
                Column("last_date", "To", words.day),
                Column("observed_value", "Observed", words.measured),
                Column("expected_value", "Expected", words.measured),
                Column("deviation_share", "Deviation", words.share),
            ],
            "sales_anomalies",
            is_searchable=True,
        ),
        note="Expected is what trend and weekday say; what comes again every year is no anomaly once there are two"
        " years. Amounts and counts are those of a trading day. Without a last day the level still lasts.",
        for_analysts=True,
    )


def unusual_title(anomalies: pd.DataFrame) -> str:
    """How many times were unusual for all stores, and the one that was farthest off."""
    everywhere = anomalies[anomalies["level"] != "store week"]
    if not len(anomalies):
        return "No time was unusual"
    if not len(everywhere):
        stores = anomalies["store_id"].nunique()
        return f"No time was unusual for all stores, but some weeks were in {words.plural(stores, 'store')}"
    days = everywhere[everywhere["level"] == "day"]
    shown = days if len(days) else everywhere
    return words.title_case(off_trend(shown.loc[shown["z_score"].abs().idxmax()]))


def verdicts(diagnostics: pd.DataFrame) -> Listing:
    """How real the segments of every analysis are.

    Args:
        diagnostics: `segment_diagnostics`.
    """
    chosen = final_diagnostics(diagnostics)
    weak = count_weak(chosen)
    title = "No segmentation was judged"
    if len(chosen):
        every = "The one segmentation has" if len(chosen) == 1 else "Every segmentation has"
        some = f"{weak} of {len(chosen)} segmentations {'has' if weak == 1 else 'have'}"
        title = f"{every} clear structure" if not weak else f"{every if weak == len(chosen) else some} weak structure"
        title += ", or none" if weak else ""
    return Listing(
        "verdicts",
        title,
        Table(
            chosen.assign(name=[words.label(name) for name in chosen["analysis"]]),
            [
                Column("name", "Segmentation"),
                Column("n_clusters", "Segments", words.count),
                Column("fitted_rows", "Members judged", words.count),
                Column("silhouette", "Silhouette", words.decimal),
                Column("stability", "Stability", words.decimal),
                Column("verdict", "Verdict"),
            ],
            "segment_diagnostics",
        ),
        note="Silhouette: 1 if every member is far nearer to its own segment than to the next, 0 if not nearer at all."
        " Stability: 1 if repeated fits on resampled members agree, 0 if they agree by chance.",
        for_analysts=True,
    )


def imputation(estimates: pd.DataFrame) -> Listing:
    """How good filled-in values are.

    Args:
        estimates: `imputation_quality`.
    """
    title = "No value was filled in"
    filled = int(estimates["imputed_rows"].sum())
    if filled:
        row = estimates.loc[estimates["imputed_rows"].idxmax()]
        title = (
            f"{words.plural(filled, 'value')} {'was' if filled == 1 else 'were'} filled in; estimates of"
            f" {words.label(row['measure'])} are off by {words.measured(row['mean_absolute_error'])} on average,"
            f" the plain average by {words.measured(row['baseline_error'])}"
        )
    return Listing(
        "imputation",
        title,
        Table(
            estimates,
            [
                Column("measure", "Measure", words.label),
                Column("imputed_rows", "Filled in", words.count),
                Column("masked_rows", "Known, hidden as a test", words.count),
                Column("mean_absolute_error", "Mean error", words.measured),
                Column("median_absolute_error", "Median error", words.measured),
                Column("baseline_error", "Error of the average", words.measured),
                Column("correlation", "Correlation", words.decimal),
            ],
            "imputation_quality",
        ),
        for_analysts=True,
    )


def to_review(products: pd.DataFrame) -> Listing:
    """Products whose name could not be read in full.

    Args:
        products: `products_to_review`, the best-selling first.
    """
    open_products = products["product_id"].nunique()
    title = "Every product's name could be read"
    if open_products:
        verb = "has" if open_products == 1 else "have"
        title = f"{words.plural(open_products, 'product')} {verb} a name that the reference lists do not fully know"
    return Listing(
        "products-to-review",
        title,
        Table(
            products,
            [
                Column("product_name", "Product"),
                Column("problem", "Problem"),
                Column("reference_seed", "List to extend"),
                Column("sales_amount", "Sales", words.amount),
                Column("sales_share", "Share of sales", words.share),
            ],
            "products_to_review",
        ),
        for_analysts=True,
    )
