"""Where dbt looks for it."""

version = "0.1.0"
