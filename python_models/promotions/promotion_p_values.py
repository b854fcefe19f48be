from segmart.statistics.inference import add_p_and_q_values

KEYS = ["promotion_key", "effect"]


def model(dbt, session):
    effects = dbt.ref("int_promotions__effects").df()
    # Days after and the rest of the brand are other questions than the uplift.
    judged = add_p_and_q_values(effects, families=["dataset", "effect"])[[*KEYS, "p_value", "q_value"]]
    # Without a row, a column of objects would have no type.
    return judged.astype({"effect": "string"})
