from segmart.statistics.inference import add_p_and_q_values

KEYS = ["dataset", "segment_type", "segment", "attribute", "attribute_value"]


def model(dbt, session):
    affinities = dbt.ref("int_loyalty__segment_affinities").df()
    # The loyal customers' profile is published as a mart of its own, so its comparisons are a family of their own.
    affinities["is_loyalty"] = affinities["segment_type"] == "loyalty"
    judged = add_p_and_q_values(affinities, families=["dataset", "is_loyalty"])[[*KEYS, "p_value", "q_value"]]
    # Without a row, columns of objects would have no type.
    return judged.astype(dict.fromkeys(KEYS, "string"))
