from segmart.inference import add_p_and_q_values

KEYS = ["segment_type", "segment", "attribute", "attribute_value"]


def model(dbt, session):
    affinities = dbt.ref("int_chips__segment_affinities").df()
    # The loyal customers' profile is published as a mart of its own, so its comparisons are a family of their own.
    affinities["is_loyalty"] = affinities["segment_type"] == "loyalty"
    return add_p_and_q_values(affinities, families=["is_loyalty"])[[*KEYS, "p_value", "q_value"]]
