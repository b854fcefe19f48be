from segmart.segmentation import diagnostics_table


def model(dbt, session):
    features = dbt.ref("int_campaign__customer_features").filter("is_fitted").df()
    return diagnostics_table(features, dbt.config.meta_get("analysis"))
