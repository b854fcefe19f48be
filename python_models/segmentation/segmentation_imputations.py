from segmart.statistics.fits import imputations


def model(dbt, session):
    rows = dbt.ref("int_segmentation__imputation_rows").df()
    return imputations(rows, dbt.ref("segmentation_settings").df(), dbt.ref("int_segmentation__measures").df())
