"""The Python behind Segmart's dbt project: loading of raw files, fits and p-values, publication and the report."""
