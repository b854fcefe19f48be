"""The project's variables: of which type each is, and between which limits it lies.

They become part of SQL. A build checks them before it does anything else, so that what reaches SQL is a number, a day
or a text of the kind that is meant.
"""

from __future__ import annotations

import datetime
import difflib
import re
from collections.abc import Callable, Mapping
from typing import Any

Rule = tuple[str, Callable[[Any], bool]]
"""What a value has to be, and whether one is that."""

MAX_WHOLE = 2_147_483_647
MAX_DAYS = 36_500


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(low: float, high: float) -> Rule:
    return f"a number from {low} to {high}", lambda value: _is_number(value) and low <= value <= high


def _whole(low: int, high: int = MAX_WHOLE) -> Rule:
    return (
        f"a whole number from {low} to {high}",
        lambda value: _is_whole(value) and low <= value <= high,
    )


def _is_day(value: Any) -> bool:
    try:
        return isinstance(value, str) and datetime.date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _or_empty(rule: Rule) -> Rule:
    kind, is_right = rule
    return f"empty or {kind}", lambda value: value is None or is_right(value)


def _listed(kind: str, is_right: Callable[[Any], bool]) -> Rule:
    return f"a list of {kind}", lambda value: isinstance(value, list) and all(map(is_right, value))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value.strip() != ""


def _matches(pattern: str, kind: str) -> Rule:
    return kind, lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def _are_rising_shares(value: Any) -> bool:
    is_pair = isinstance(value, list) and len(value) == 2 and all(map(_is_number, value))
    return is_pair and 0 < value[0] < value[1] <= 1


DAY: Rule = ("a day such as 2024-12-31", _is_day)
SHARE = _number(0, 1)
DAYS = _whole(1, MAX_DAYS)
COUNT = _whole(1)

RULES: dict[str, Rule] = {
    "datasets": _listed("names", _is_text),
    "raw_view_bytes": _whole(0, 2**63 - 1),
    "earliest_date": DAY,
    "latest_date": DAY,
    "max_quantity": COUNT,
    "max_rejected_share": SHARE,
    "product_types": _listed("texts", _is_text),
    "default_product_type": ("a text", _is_text),
    "till_name_datasets": _listed("names of datasets", _is_text),
    "leading_attributes": _listed("texts", _is_text),
    "max_attribute_values": _whole(1, 999),
    "as_of_date": _or_empty(DAY),
    "holiday_country": _or_empty(_matches(r"[A-Z]{2,3}(-[A-Z0-9]{1,6})?", "a code such as DE or DE-BY")),
    "grocery_as_of_date": DAY,
    "placeholder_years": _listed("whole numbers", _is_whole),
    "max_age": _whole(1, 200),
    "outlier_z_score": _number(0.1, 1000),
    "abc_limits": ("two rising numbers from 0 to 1", _are_rising_shares),
    "promotion_min_discount": SHARE,
    "promotion_min_line_share": SHARE,
    "promotion_min_regular_share": SHARE,
    "promotion_reference_weeks": _whole(1, 520),
    "promotion_min_days": DAYS,
    "promotion_max_days": DAYS,
    "promotion_min_lines": COUNT,
    "promotion_min_buyers": COUNT,
    "promotion_max_gap_days": _whole(0, MAX_DAYS),
    "promotion_max_usual_share": SHARE,
    "promotion_baseline_weeks": _whole(1, 520),
    "promotion_after_days": _whole(0, MAX_DAYS),
    "promotion_min_baseline_days": DAYS,
    "anomaly_max_stores": _whole(0),
    "anomaly_min_receipts": _whole(0),
    "anomaly_max_days": DAYS,
    "significance_level": SHARE,
    "small_count": _whole(0),
    "smallest_group": COUNT,
    "notable_index": _number(1, 1000),
    "notable_difference": _number(0, 1000),
    "min_share_at_stake": SHARE,
    "max_changing_range": SHARE,
    "lapse_horizon_days": DAYS,
    "lapse_sample_customers": COUNT,
    "lapse_ratio": SHARE,
    "lifetime_horizon_days": DAYS,
    "lifetime_sample_customers": COUNT,
    "migration_months": _whole(1, 1200),
    "stopped_months": _whole(1, 1200),
    "holdout_share": SHARE,
    "campaign_horizon_days": DAYS,
    "max_compared_values": COUNT,
    "clustered_store_receipts": COUNT,
    "max_clustered_stores": _whole(0),
    "max_clustered_values": COUNT,
    "forecast_max_members": _whole(0),
    "min_persona_score": _number(0, 1000),
    "max_moved_share": SHARE,
    "borderline_ratio": SHARE,
    "segment_map_rows": _whole(0),
    "offers_per_type": _whole(0),
    "offer_test_effect": SHARE,
    "offer_test_significance": _number(0.000001, 0.5),
    "offer_test_power": _number(0.01, 0.999999),
    "max_basket_items": _whole(2),
    "max_mined_stores": COUNT,
    "max_frequent_items": COUNT,
    "max_rules": COUNT,
    "max_network_edges": _whole(0),
    "max_published_lines": _whole(0),
    "max_keyed_rows": _whole(0),
    "max_published_change": _or_empty(SHARE),
}
"""Variable -> its rule."""


def wrong_variables(values: Mapping[str, Any]) -> list[str]:
    """What is wrong with variables.

    Args:
        values: By name: those of the project, and those that somebody gave by another name.

    Returns:
        A sentence for each that is wrong.
    """
    sentences = []
    for name, value in values.items():
        if name not in RULES:
            alike = difflib.get_close_matches(name, RULES, n=1)
            advice = f"is {alike[0]} meant?" if alike else "docs/settings.md has all of them."
            sentences.append(f"There is no variable {name}: {advice}")
            continue
        kind, is_right = RULES[name]
        if not is_right(value):
            written = "empty" if value is None else f"{value}"
            sentences.append(f"The variable {name} is {written}, but has to be {kind}.")
    return sentences
