"""The report: one page with charts and tables, drawn from the published file.

A section is a module in `segmart.report.sections` with a function `sections(marts)`, which reads what it needs and
hands it to pure functions that turn frames into blocks: charts on bounded rows, tables and sentences.
"""
