from segmart.two_stage import merges_table


def model(dbt, session):
    features = dbt.ref("int_grocery__customer_features").filter("is_fitted").df()
    return merges_table(features, dbt.config.meta_get("analysis"))
