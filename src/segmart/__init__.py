"""The Python that Segmart's dbt models call: fits, p-values, and the synthetic sample."""
