from segmart.personas import personas_table


def model(dbt, session):
    profiles = dbt.ref("int_grocery__customer_profiles").df()
    traits = dbt.ref("personas").filter("analysis = 'grocery_customers'").df()
    return personas_table(profiles, traits, dbt.config.meta_get("min_score"))
