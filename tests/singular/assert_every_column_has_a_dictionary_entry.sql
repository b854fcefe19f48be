{{- config(enabled='campaign' in enabled_datasets() and env_var('SEGMART_DATA', '') != '', severity='warn') -}}
-- A column that nobody describes is easily misread; it is listed here, and no reason to stop. The sample leaves two out on purpose.
select
    position,
    column_name
from {{ ref('data_dictionary') }}
where is_in_file and not has_entry
