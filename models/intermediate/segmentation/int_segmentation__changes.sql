with

customers as (
    select * from {{ ref('customers') }}
),

current_customers as (
    select
        segments.dataset,
        segments.analysis,
        customers.customer_id,
        segments.segment_name
    from {{ ref('int_segmentation__customer_segments') }} as segments
    inner join customers on segments.customer_key = customers.customer_key
),

last_customers as (
    select * from {{ ref('int_segmentation__last_customers') }}
),

-- Without a last build nothing has changed.
known_analyses as (
    select distinct current_customers.analysis
    from current_customers
    inner join last_customers on current_customers.analysis = last_customers.analysis
),

compared as (
    select
        coalesce(current_customers.dataset, last_customers.dataset) as dataset,
        coalesce(current_customers.analysis, last_customers.analysis) as analysis,
        last_customers.segment_name as last_segment_name,
        current_customers.segment_name
    from current_customers
    full outer join last_customers
        on
            current_customers.analysis = last_customers.analysis
            and current_customers.customer_id = last_customers.customer_id
),

final as (
    select
        compared.dataset,
        compared.analysis,
        coalesce(compared.last_segment_name, 'New') as last_segment_name,
        coalesce(compared.segment_name, 'Gone') as segment_name,
        case
            when compared.last_segment_name is null then 'new'
            when compared.segment_name is null then 'gone'
            when compared.last_segment_name = compared.segment_name then 'kept'
            else 'moved'
        end as change,
        count(*) as customers
    from compared
    inner join known_analyses on compared.analysis = known_analyses.analysis
    group by
        compared.dataset,
        compared.analysis,
        compared.last_segment_name,
        compared.segment_name
)

select * from final
