<<<<<<< HEAD
"""Find, check and describe raw files, so that DuckDB can read them."""
=======
"""Raw files: which there are, what they hold, and how they are read."""
>>>>>>> frontdoor
