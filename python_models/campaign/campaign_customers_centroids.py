from segmart.segmentation import centroid_table


def model(dbt, session):
    features = dbt.ref("int_campaign__customer_features").filter("is_fitted").df()
    return centroid_table(features, dbt.config.meta_get("analysis"))
