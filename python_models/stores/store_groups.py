from segmart.statistics.store_groups import store_groups


def model(dbt, session):
    lines = dbt.ref("int_stores__value_lines").df()
    return store_groups(lines, dbt.config.meta_get("significance_level"))
