import pandas as pd

from segmart.statistics.inference import add_p_and_q_values

KEYS = ["dataset", "segment_type", "segment", "attribute", "attribute_value"]
JUDGED = ["p_value", "q_value"]


def model(dbt, session):
    crude = dbt.ref("int_loyalty__segment_affinities").df()
    adjusted = dbt.ref("int_loyalty__adjusted_affinities").df()
    merged = pd.merge(
        judged(crude), judged(adjusted.assign(z_score=adjusted["adjusted_z_score"])).add_prefix("adjusted_"),
        how="left", left_on=KEYS, right_on=[f"adjusted_{key}" for key in KEYS], validate="one_to_one",
    )  # fmt: skip
    columns = [*JUDGED, *(f"adjusted_{name}" for name in JUDGED)]
    # Without a row, columns of objects would have no type.
    return merged[[*KEYS, *columns]].astype({**dict.fromkeys(KEYS, "string"), **dict.fromkeys(columns, "float64")})


def judged(affinities):
    # Preferences are picked by segment type, traits of loyal customers by attribute: true findings of one are no reason
    # to believe in those of another.
    picked_by = affinities["attribute"].where(affinities["segment_type"] == "loyalty", "segment type")
    families = ["dataset", "segment_type", "picked_by"]
    return add_p_and_q_values(affinities.assign(picked_by=picked_by), families)[[*KEYS, *JUDGED]]
