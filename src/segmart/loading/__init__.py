"""Find, check and describe raw files, so that DuckDB can read them."""
