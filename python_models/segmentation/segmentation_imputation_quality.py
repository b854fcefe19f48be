from segmart.statistics.fits import imputation_quality


def model(dbt, session):
    rows = dbt.ref("int_segmentation__imputation_rows").df()
    return imputation_quality(rows, dbt.ref("segmentation_settings").df(), dbt.ref("int_segmentation__measures").df())
