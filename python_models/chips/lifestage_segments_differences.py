from segmart.differences import differences_table


def model(dbt, session):
    features = dbt.ref("int_chips__lifestage_features").filter("is_fitted").df()
    scores = dbt.ref("int_chips__lifestage_scores").df()
    return differences_table(features, scores, dbt.config.meta_get("analysis"))
