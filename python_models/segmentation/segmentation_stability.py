from segmart.statistics.fits import stability


def model(dbt, session):
    vectors = dbt.ref("int_segmentation__vectors").filter("is_fitted").df()
    return stability(
        vectors,
        dbt.ref("segmentation_settings").df(),
        dbt.ref("int_segmentation__measures").df(),
        dbt.ref("segmentation_centroids").df(),
    )
