from segmart.statistics.inference import add_p_and_q_values

KEYS = ["dataset", "segment_type", "segment", "attribute", "attribute_value"]


def model(dbt, session):
    affinities = dbt.ref("int_loyalty__segment_affinities").df()
    # Preferences are picked by segment type, traits of loyal customers by attribute: true findings of one are no reason
    # to believe in those of another.
    affinities["picked_by"] = affinities["attribute"].where(affinities["segment_type"] == "loyalty", "segment type")
    judged = add_p_and_q_values(affinities, families=["dataset", "segment_type", "picked_by"])[
        [*KEYS, "p_value", "q_value"]
    ]
    # Without a row, columns of objects would have no type.
    return judged.astype(dict.fromkeys(KEYS, "string"))
