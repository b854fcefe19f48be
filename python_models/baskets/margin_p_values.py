from segmart.statistics.margins import judge_divisions


def model(dbt, session):
    margins = dbt.ref("int_baskets__store_margins").df()
    itemsets = dbt.ref("int_baskets__itemsets").df()
    divisions = dbt.ref("int_baskets__judged_divisions").df()
    return judge_divisions(margins, itemsets[itemsets["is_frequent"]], divisions)
