from segmart.statistics.inference import add_p_and_q_values

KEYS = ["dataset", "segment_type", "segment", "attribute", "attribute_value"]


def model(dbt, session):
    affinities = dbt.ref("int_loyalty__segment_affinities").df()
    # Findings are picked by segment type and attribute; true ones of one are no reason to believe in those of another.
    judged = add_p_and_q_values(affinities, families=["dataset", "segment_type", "attribute"])[
        [*KEYS, "p_value", "q_value"]
    ]
    # Without a row, columns of objects would have no type.
    return judged.astype(dict.fromkeys(KEYS, "string"))
