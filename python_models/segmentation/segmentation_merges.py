from segmart.statistics.fits import merges


def model(dbt, session):
    vectors = dbt.ref("int_segmentation__vectors").filter("is_fitted").df()
    return merges(
        vectors,
        dbt.ref("segmentation_settings").df(),
        dbt.ref("int_segmentation__measures").df(),
        dbt.ref("segmentation_centroids").df(),
    )
