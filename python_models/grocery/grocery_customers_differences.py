from segmart.differences import differences_table


def model(dbt, session):
    features = dbt.ref("int_grocery__customer_features").filter("is_fitted")
    clusters = dbt.ref("int_grocery__customer_scores").select("unit_id, cluster_id")
    return differences_table(features.join(clusters, "unit_id").df(), dbt.config.meta_get("analysis"))
