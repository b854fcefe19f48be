from segmart.statistics.forecast import forecasts

COVERAGE = 0.8


def model(dbt, session):
    series = dbt.ref("int_products__sales_series").df()
    names = {"period_start_date": "period_start", "sales_amount": "sales", "usual_sales_amount": "usual_sales"}
    return forecasts(series.rename(columns=names).astype({"sales": "float64"}), coverage=COVERAGE)
