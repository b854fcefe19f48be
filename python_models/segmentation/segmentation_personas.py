from segmart.statistics.fits import personas


def model(dbt, session):
    profiles, analyses = dbt.ref("int_segmentation__profiles").df(), dbt.ref("segmentation_settings").df()
    return personas(
        profiles, analyses, dbt.ref("segment_names").df(), dbt.ref("personas").df(), dbt.config.meta_get("min_score")
    )
