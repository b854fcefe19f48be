"""Read a published file over and over until told to stop, as a dashboard does; run as a program of its own.

Usage: ``python published_reader.py FILE STOP_FILE (keep | reconnect)``. Writes a line when it has read for the first
time, and at the end, as JSON, what it saw. Needs duckdb only, of any version since 1.0.
"""

import json
import sys
import time
from pathlib import Path

import duckdb

READ = """
    select
        (select min(build_number) from lines),
        (select max(build_number) from lines),
        (select count(*) from lines),
        (select build_number from totals),
        (select line_count from totals),
        (select sum(row_count) from publication)
"""


def read(connection: duckdb.DuckDBPyConnection) -> int:
    """Number of the build that all tables are of; a ValueError if they are not of one, or not complete."""
    lowest, highest, rows, build, expected_rows, all_rows = connection.execute(READ).fetchall()[0]
    if not (lowest == highest == build and rows == expected_rows and all_rows == rows + 1):
        raise ValueError(f"lines of builds {lowest} to {highest}, {rows} of {expected_rows}, totals of build {build}")
    return build


def main(file: str, stop_file: str, mode: str) -> None:
    connection = duckdb.connect(file, read_only=True)
    builds: list[int] = []
    errors: list[str] = []
    reads = 0
    while not Path(stop_file).exists():
        try:
            if mode == "reconnect" and reads:
                connection.close()
                connection = duckdb.connect(file, read_only=True)
            build = read(connection)
        except (duckdb.Error, ValueError) as error:
            errors.append(f"{type(error).__name__}: {error}")
            break
        if not builds or builds[-1] != build:
            builds.append(build)
        reads += 1
        if reads == 1:
            print("reading", flush=True)
        time.sleep(0.01)
    print(json.dumps({"version": duckdb.__version__, "reads": reads, "builds": builds, "errors": errors}))


if __name__ == "__main__":
    main(*sys.argv[1:])
