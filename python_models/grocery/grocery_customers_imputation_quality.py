from segmart.imputation import imputation_quality_table


def model(dbt, session):
    donors = dbt.ref("int_grocery__imputation_rows").filter("is_donor").df()
    return imputation_quality_table(donors, dbt.config.meta_get("imputation"))
