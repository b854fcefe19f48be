from segmart.statistics.lifetime import fits_table


def model(dbt, session):
    return fits_table(dbt.ref("int_loyalty__lifetime_customers").filter("is_fitted").df())
