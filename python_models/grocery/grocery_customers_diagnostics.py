from segmart.two_stage import diagnostics_table


def model(dbt, session):
    features = dbt.ref("int_grocery__customer_features").filter("is_fitted").df()
    return diagnostics_table(features, dbt.config.meta_get("analysis"))
