from segmart.statistics.seasons import seasons


def model(dbt, session):
    series = dbt.ref("int_products__sales_series").df()
    months = series[(series["period_type"] == "month") & (series["level"] != "store")]
    return seasons(months.rename(columns={"period_start_date": "period_start", "usual_sales_amount": "usual_sales"}))
