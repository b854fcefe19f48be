from segmart.imputation import imputation_table


def model(dbt, session):
    customers = dbt.ref("int_campaign__imputation_rows")
    donors = customers.filter("is_donor").df()
    receivers = customers.filter("is_receiver").df()
    return imputation_table(donors, receivers, dbt.config.meta_get("imputation"))
