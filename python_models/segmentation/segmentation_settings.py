from segmart.statistics.settings import settings_table


def model(dbt, session):
    return settings_table(
        dbt.ref("analyses").df(),
        dbt.ref("analysis_measures").df(),
        dbt.ref("int_segmentation__available_measures").df(),
    )
