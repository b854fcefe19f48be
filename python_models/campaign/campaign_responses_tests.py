from segmart.statistics.inference import add_p_and_q_values

KEYS = ["campaign_number", "cluster_id"]


def model(dbt, session):
    responses = dbt.ref("int_campaign__segment_responses").df()
    return add_p_and_q_values(responses.assign(family="all"), families=["family"])[[*KEYS, "p_value", "q_value"]]
