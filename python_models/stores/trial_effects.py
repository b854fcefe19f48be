from segmart.statistics.trials import trial_effects


def model(dbt, session):
    trials = dbt.ref("trial_stores").df()
    months = dbt.ref("int_stores__months").df()
    return trial_effects(trials, months)
