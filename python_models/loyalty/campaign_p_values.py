from segmart.statistics.campaigns import campaign_p_values


def model(dbt, session):
    return campaign_p_values(dbt.ref("int_loyalty__campaign_groups").df())
