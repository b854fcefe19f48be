{%- set file_columns = [
    'ID', 'Year_Birth', 'Education', 'Marital_Status', 'Income', 'Kidhome', 'Teenhome', 'Dt_Customer', 'Recency',
    'MntWines', 'MntFruits', 'MntMeatProducts', 'MntFishProducts', 'MntSweetProducts', 'MntGoldProds',
    'NumDealsPurchases', 'NumWebPurchases', 'NumCatalogPurchases', 'NumStorePurchases', 'NumWebVisitsMonth',
    'AcceptedCmp3', 'AcceptedCmp4', 'AcceptedCmp5', 'AcceptedCmp1', 'AcceptedCmp2', 'Response', 'Complain', 'Country',
] %}

with

entries as (
    select * from {{ ref('base_campaign__data_dictionary') }}
    where rejection_reason is null
),

file_columns as (
    {%- for column in file_columns %}
    select
        {{ loop.index }} as position,
        '{{ column }}' as column_name
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    select
        file_columns.position,
        coalesce(file_columns.column_name, entries.column_name) as column_name,
        entries.description,
        file_columns.column_name is not null as is_in_file,
        entries.description is not null as has_entry
    from file_columns
    full outer join entries on lower(file_columns.column_name) = lower(entries.column_name)
)

select * from final
