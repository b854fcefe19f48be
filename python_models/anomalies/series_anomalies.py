from segmart.statistics.anomalies import anomalies


def model(dbt, session):
    series = dbt.ref("int_anomalies__series").df().rename(columns={"period_start_date": "period_start"})
    # More than is published: the SQL behind this applies the project's variables.
    return anomalies(series, largest_q_value=0.2, smallest_size=0.05)
