from segmart.statistics.inference import add_p_and_q_values

KEYS = ["comparison_key", "compared_id", "other_id"]
JUDGED = ["p_value", "q_value"]


def model(dbt, session):
    switches = dbt.ref("int_loyalty__switches").df()
    # Each pair once; the other side's z-score is the same but for its sign.
    pairs = switches[switches["compared_id"] < switches["other_id"]].sort_values(KEYS, ignore_index=True)
    judged = add_p_and_q_values(pairs, ["comparison_key", "attribute_id"])
    # Without a row, columns of objects would have no type.
    return judged[[*KEYS, *JUDGED]].astype({**dict.fromkeys(KEYS, "int64"), **dict.fromkeys(JUDGED, "float64")})
