from segmart.statistics.lifetime import expectations_table

CELL = "dataset, customer_group, snapshot, repeat_purchases, age_days"


def model(dbt, session):
    cells = dbt.ref("int_loyalty__lifetime_customers").filter("snapshot <> 'fit'").project(CELL).distinct()
    return expectations_table(dbt.ref("lifetime_fits").df(), cells.df(), dbt.config.meta_get("horizon_days"))
