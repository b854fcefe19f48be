{#- What the columns of marketing_data.csv are called from staging on: {raw column: name}, one list per kind of value. -#}
{% macro campaign_amounts() -%}
    {{ return({
        'MntWines': 'wine_amount',
        'MntFruits': 'fruit_amount',
        'MntMeatProducts': 'meat_amount',
        'MntFishProducts': 'fish_amount',
        'MntSweetProducts': 'sweets_amount',
        'MntGoldProds': 'gold_amount',
    }) }}
{%- endmacro %}


{% macro campaign_counts() -%}
    {{ return({
        'Kidhome': 'small_children',
        'Teenhome': 'teenagers',
        'Recency': 'recency_days',
        'NumDealsPurchases': 'deal_purchases',
        'NumWebPurchases': 'web_purchases',
        'NumCatalogPurchases': 'catalogue_purchases',
        'NumStorePurchases': 'store_purchases',
        'NumWebVisitsMonth': 'web_visits',
    }) }}
{%- endmacro %}


{#- In the order in which the campaigns ran; the file has the third to the fifth in front, and calls the last one Response. -#}
{% macro campaign_answers() -%}
    {{ return({
        'AcceptedCmp1': 'has_accepted_1',
        'AcceptedCmp2': 'has_accepted_2',
        'AcceptedCmp3': 'has_accepted_3',
        'AcceptedCmp4': 'has_accepted_4',
        'AcceptedCmp5': 'has_accepted_5',
        'Response': 'has_accepted_6',
    }) }}
{%- endmacro %}


{% macro campaign_channels() -%}
    {{ return(['web', 'catalogue', 'store']) }}
{%- endmacro %}


{#- All columns of marketing_data.csv, in the order of the file. -#}
{% macro campaign_columns() -%}
    {{ return([
        'ID', 'Year_Birth', 'Education', 'Marital_Status', 'Income', 'Kidhome', 'Teenhome', 'Dt_Customer', 'Recency',
        'MntWines', 'MntFruits', 'MntMeatProducts', 'MntFishProducts', 'MntSweetProducts', 'MntGoldProds',
        'NumDealsPurchases', 'NumWebPurchases', 'NumCatalogPurchases', 'NumStorePurchases', 'NumWebVisitsMonth',
        'AcceptedCmp3', 'AcceptedCmp4', 'AcceptedCmp5', 'AcceptedCmp1', 'AcceptedCmp2', 'Response', 'Complain', 'Country',
    ]) }}
{%- endmacro %}
