from segmart.statistics.fits import personas


def model(dbt, session):
    strengths, analyses = dbt.ref("int_segmentation__strengths").df(), dbt.ref("segmentation_settings").df()
    return personas(
        strengths, analyses, dbt.ref("segment_names").df(), dbt.ref("personas").df(), dbt.config.meta_get("min_score")
    )
