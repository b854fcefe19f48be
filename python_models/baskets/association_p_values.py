from segmart.statistics.association import judge_independence


def model(dbt, session):
    tests = dbt.ref("int_baskets__independence").df()
    # Pairs and larger sets are families of their own: triples of which every pair goes together are seldom
    # independent, and would make room for false pairs.
    return judge_independence(tests, families=["dataset", "item_level", "is_segment", "itemset_size"])
