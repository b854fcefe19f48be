from segmart.statistics.inference import add_exact_p_and_q_values

KEYS = ["analysis", "campaign_number", "cluster_id"]


def model(dbt, session):
    responses = dbt.ref("int_campaigns__segment_responses").df()
    # A campaign in which segments differ is no reason to believe in differences in another one.
    judged = add_exact_p_and_q_values(
        responses,
        counts=["responses", "customers", "other_responses", "other_customers"],
        families=["analysis", "campaign_number"],
    )
    # Without a row, a column of objects would have no type.
    return judged[[*KEYS, "p_value", "q_value"]].astype({"analysis": "string"})
