from segmart.components import components_table


def model(dbt, session):
    features = dbt.ref("int_shop__customer_features").filter("is_fitted").df()
    return components_table(features, dbt.config.meta_get("analysis"))
