from segmart.two_stage import centroid_table


def model(dbt, session):
    features = dbt.ref("int_grocery__customer_features").filter("is_fitted").df()
    return centroid_table(features, dbt.config.meta_get("analysis"))
