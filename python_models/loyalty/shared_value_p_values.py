from segmart.statistics.overlap import overlaps


def model(dbt, session):
    return overlaps(dbt.ref("int_loyalty__shared_values").df())
