from segmart.statistics.fits import differences


def model(dbt, session):
    units = dbt.ref("int_segmentation__fitted_units").df()
    return differences(units, dbt.ref("segmentation_settings").df(), dbt.ref("int_segmentation__measures").df())
