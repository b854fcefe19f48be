from segmart.statistics.inference import add_p_and_q_values

KEYS = ["analysis", "campaign_number", "cluster_id"]


def model(dbt, session):
    responses = dbt.ref("int_campaigns__segment_responses").df()
    judged = add_p_and_q_values(responses, families=["analysis"])[[*KEYS, "p_value", "q_value"]]
    # Without a row, a column of objects would have no type.
    return judged.astype({"analysis": "string"})
