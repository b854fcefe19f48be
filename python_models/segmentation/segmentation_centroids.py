from segmart.statistics.fits import centroids


def model(dbt, session):
    vectors = dbt.ref("int_segmentation__vectors").filter("is_fitted").df()
    return centroids(
        vectors,
        dbt.ref("segmentation_settings").df(),
        dbt.ref("int_segmentation__measures").df(),
        dbt.ref("int_segmentation__last_segments").df(),
    )
