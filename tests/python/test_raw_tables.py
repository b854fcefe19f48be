"""Raw tables in other forms than one CSV file: Parquet, directories of files, and views over files that are large."""

from __future__ import annotations

import gzip
import hashlib
import tempfile
from pathlib import Path

import duckdb
import pytest
from dbt_runs import DbtRun, run_dbt
from small_files import CHECK, CHIPS, CUSTOMERS, HEADER, LINE, SEED, Case, lines, load_case, run_cases

COLUMNS = HEADER.split(",")
OTHER = LINE.replace("43390", "43391")
REFUSED = LINE.replace(",2,6", ",200,6")
ROW, OTHER_ROW = (tuple(line.split(",")) for line in (LINE, OTHER))
WITHOUT_DATE = lines(LINE.split(",", 1)[1], header=HEADER.split(",", 1)[1])
REORDERED = lines(
    "6,2,Larkmoor Salt 175g,5,1,1000,1,43391,x",
    header="tot_sales,PROD_QTY, PROD_NAME ,PROD_NBR,TXN_ID,LYLTY_CARD_NBR,STORE_NBR,DATE,till",
)
"""OTHER in another layout."""

TYPED = """
    select
        43390 as "DATE", 1 as "STORE_NBR", 1000 as "LYLTY_CARD_NBR", 1 as "TXN_ID", 5 as "PROD_NBR",
        'Larkmoor Salt 175g' as "PROD_NAME", 2 as "PROD_QTY", 6 as "TOT_SALES"
"""
"""LINE with numbers as numbers."""

VALUES = {
    "date": ("date '2018-10-17'", "2018-10-17"),
    "moment": ("timestamp '2018-10-17 09:30:00'", "2018-10-17 09:30:00"),
    "moment with time zone": ("timestamptz '2018-10-17 23:30:00-05'", "2018-10-18 04:30:00"),
    "whole double": ("cast(43390 as double)", "43390"),
    "fraction": ("cast(7.4 as double)", "7.4"),
    "fraction in 32 bits": ("cast(7.4 as float)", "7.4"),
    "sum of fractions": ("0.1::double + 0.2::double", "0.30000000000000004"),
    "not a number": ("cast('nan' as double)", None),
    "large double": ("cast(123456789012345 as double)", "123456789012345"),
    "decimal": ("cast(7.4 as decimal(9, 2))", "7.40"),
    "largest integer": ("18446744073709551615::ubigint", "18446744073709551615"),
    "true": ("true", "1"),
    "false": ("false", "0"),
    "text": ("' Larkmoor  Salt'", " Larkmoor  Salt"),
    "empty text": ("''", ""),
    "missing": ("cast(null as varchar)", None),
    "missing number": ("cast(null as double)", None),
    "bytes": ("encode('Lärkmoor')", "Lärkmoor"),
    "list": ("""['rice', 'baker''s "yeast"']""", '["rice","baker\'s \\"yeast\\""]'),
}
"""What a Parquet column holds -> the value in SQL, the text that is loaded."""


def parquet(select: str) -> bytes:
    """A Parquet file of the rows of a query."""
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        file = Path(folder) / "rows.parquet"
        connection.execute("set timezone = 'Asia/Tokyo'")
        connection.execute(f"copy ({select}) to '{file}' (format parquet)")
        return file.read_bytes()


def typed(value: str, transaction: int = 1) -> bytes:
    """A Parquet file with one row, whose PROD_NAME is this value."""
    return parquet(TYPED.replace("'Larkmoor Salt 175g'", value).replace('1 as "TXN_ID"', f'{transaction} as "TXN_ID"'))


FORMS: dict[str, dict[str, bytes]] = {
    "parquet": {"transaction_data.parquet": parquet(f"{TYPED} union all {TYPED.replace('43390', '43391')}")},
    "a file a day": {
        "transaction_data/2018-10-17.csv": lines(LINE).encode(),
        "transaction_data/2018-10-18.csv": lines(OTHER).encode(),
    },
    "folders and formats": {
        "transaction_data/2018/10/a.csv.gz": gzip.compress(lines(LINE).encode()),
        "transaction_data/b.parquet": parquet(TYPED.replace("43390", "43391")),
    },
    "layouts": {
        "transaction_data/a.csv": lines(LINE).encode(),
        "transaction_data/b.csv": REORDERED.encode(),
    },
    "layouts of parquet": {
        "transaction_data/a.parquet": parquet(TYPED),
        "transaction_data/b.parquet": parquet(
            'select "TOT_SALES"::double as tot_sales, 1 as till, * exclude ("TOT_SALES", "DATE"), '
            f"'43391' as date from ({TYPED})"
        ),
    },
    "partitions": {
        "transaction_data/DATE=43390/a.csv": WITHOUT_DATE.encode(),
        "transaction_data/date=43391/a.parquet": parquet(f'select * exclude ("DATE") from ({TYPED})'),
    },
    "partitions that the files repeat": {
        "transaction_data/DATE=2018-10/STORE=1/a.csv": lines(LINE).encode(),
        "transaction_data/DATE=2018-10/STORE=1/b.csv": lines(OTHER).encode(),
    },
    "files of other programs": {
        "transaction_data/a.csv": lines(LINE, OTHER).encode(),
        "transaction_data/_SUCCESS": b"",
        "transaction_data/.a.csv.crc": b"crc",
        "transaction_data/_temporary/b.csv": lines(LINE).encode(),
    },
    "a file without rows": {
        "transaction_data/a.csv": lines(LINE, OTHER).encode(),
        "transaction_data/b.csv": lines().encode(),
    },
}  # fmt: skip
"""Ways to store the two rows LINE and OTHER."""

BROKEN: dict[str, tuple[dict[str, bytes], tuple[str, ...]]] = {
    "forms that exclude each other": (
        {
            "transaction_data.parquet": parquet(TYPED),
            "transaction_data.csv": lines(LINE).encode(),
            "transaction_data/a.csv": lines(LINE).encode(),
        },
        ("chips/transaction_data.csv exists twice, also as transaction_data.parquet and transaction_data/: keep one",),
    ),
    "a file that lacks a column": (
        {"transaction_data/a.csv": lines(LINE).encode(), "transaction_data/b.csv": WITHOUT_DATE.encode()},
        ("chips/transaction_data/b.csv lacks the column DATE.", "Expected: a comma-separated UTF-8 file"),
    ),
    "parquet that lacks a column": (
        {"transaction_data.parquet": parquet(f'select * exclude ("TOT_SALES"), 1 as paid from ({TYPED})')},
        (
            "chips/transaction_data.parquet lacks the column TOT_SALES and has in its place paid",
            "Expected: a Parquet file",
        ),
    ),
    "no parquet": ({"transaction_data.parquet": b"PAR1 not really"}, ("transaction_data.parquet",)),
    "parquet without rows": (
        {"transaction_data.parquet": parquet(f"{TYPED} where false")},
        ("chips/transaction_data.parquet has a header but no rows",),
    ),
    "a record in a column": (
        {"transaction_data.parquet": typed("{'name': 'Larkmoor'}")},
        ("transaction_data.parquet has in the column PROD_NAME no single values, but STRUCT(",),
    ),
    "a file that is no data": (
        {"transaction_data/a.csv": lines(LINE).encode(), "transaction_data/old/a.xlsx": b"PK"},
        ("chips/transaction_data/ holds old/a.xlsx, which is neither CSV nor Parquet",),
    ),
    "nothing but files of other programs": (
        {"transaction_data/_SUCCESS": b""},
        ("chips/transaction_data/ holds no CSV or Parquet files",),
    ),
    "an unreadable line": (
        {
            "transaction_data/a.csv": lines(LINE).encode(),
            "transaction_data/b.csv": REORDERED.encode(),
            "transaction_data/c.csv": lines(LINE, f"{LINE},7").encode(),
        },
        ("chips/transaction_data/c.csv can not be read: line 3 has too many fields (the header has 8 fields; 1 such",),
    ),
    "another encoding": (
        {"transaction_data/c.csv": lines(LINE, LINE.replace("Salt", "Sält")).encode("latin-1")},
        ("chips/transaction_data/c.csv can not be read: line 3 is not encoded as UTF-8",),
    ),
}
"""What is wrong -> files, what the error says."""

SIZES = {"copied": {}, "large": {"raw_view_bytes": 1}}
"""How large a table is taken to be -> variables."""

SIZED_FORMS = [
    *((form, "copied") for form in FORMS),
    *((form, "large") for form in ("folders and formats", "layouts", "layouts of parquet", "partitions")),
]
SIZED_BROKEN = [
    *((case, "copied") for case in BROKEN),
    *((case, "large") for case in ("an unreadable line", "another encoding")),
]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, DbtRun]:
    cases = {}
    for form, size in (("folders and formats", "copied"), ("folders and formats", "large"), ("partitions", "large")):
        cases[f"{form}, {size}"] = Case(None, others=FORMS[form], arguments=SEED, variables=SIZES[size])
    values = {f"transaction_data/{n}.parquet": typed(value, n) for n, (value, _) in enumerate(VALUES.values())}
    cases["values"] = Case(None, others=values, arguments=SEED)
    plain = Case(lines(LINE, OTHER, REFUSED), arguments=CHECK)
    cases["built from a copy"] = plain
    cases["built from a view"] = Case(plain.transactions, arguments=CHECK, variables=SIZES["large"])
    cases["brackets"] = Case(
        None, others=FORMS["layouts"], arguments=SEED, folder="it's [our] *own* data", variables=SIZES["large"]
    )
    return run_cases(cases, tmp_path_factory.mktemp("raw tables"))


def types_of_raw_tables(run: DbtRun) -> set[str]:
    sql = (
        "select table_type from information_schema.tables"
        " where table_schema = 'raw' and table_name not in ('raw_files', 'read_files')"
    )
    return {kind for (kind,) in run.rows(sql)}


@pytest.mark.parametrize(("form", "size"), SIZED_FORMS)
def test_all_forms_hold_the_same_rows(form: str, size: str, tmp_path: Path) -> None:
    case = Case(None, others=FORMS[form], variables=SIZES[size])
    loaded = load_case(case, tmp_path)["transaction_data"].succeeded()
    assert sorted(row[:-1] for row in loaded.rows) == [ROW, OTHER_ROW]
    assert loaded.columns == [(name, "VARCHAR") for name in [*COLUMNS, "raw_file"]]
    assert loaded.kind == ("view" if size == "large" else "table")


@pytest.mark.parametrize(
    ("form", "size"), [("folders and formats", "copied"), ("folders and formats", "large"), ("partitions", "large")]
)
def test_dbt_loads_the_same_rows(runs: dict[str, DbtRun], form: str, size: str) -> None:
    run = runs[f"{form}, {size}"].succeeded()
    assert run.rows("select * exclude (raw_file) from raw.transaction_data order by all") == [ROW, OTHER_ROW]
    assert run.rows("select column_name, column_type from (describe raw.transaction_data)") == [
        (name, "VARCHAR") for name in [*COLUMNS, "raw_file"]
    ]
    assert types_of_raw_tables(run) == {"VIEW" if size == "large" else "BASE TABLE"}


@pytest.mark.parametrize(("case", "size"), SIZED_BROKEN)
def test_a_broken_table_is_one_clear_error(case: str, size: str, tmp_path: Path) -> None:
    files, messages = BROKEN[case]
    error = load_case(Case(None, others=files, variables=SIZES[size]), tmp_path)["transaction_data"].error
    assert error is not None
    for message in messages:
        assert message in error


def test_a_view_is_read_to_its_end_before_a_model_that_would_stop_in_the_middle(tmp_path: Path) -> None:
    listed = "".join(f"{card},RETIREES,Budget\r\n" for card in range(20_000))
    case = Case(customers=f"{CUSTOMERS}{listed}1,2\r\n", variables=SIZES["large"])
    error = load_case(case, tmp_path)["purchase_behaviour"].error
    assert "purchase_behaviour.csv can not be read: line 20004 has too few fields" in str(error)


def test_typed_values_are_loaded_as_text(runs: dict[str, DbtRun]) -> None:
    found = (
        runs["values"]
        .succeeded()
        .rows('select "PROD_NAME" from raw.transaction_data order by cast("TXN_ID" as integer)')
    )
    assert dict(zip(VALUES, (text for (text,) in found), strict=True)) == {
        name: text for name, (_, text) in VALUES.items()
    }


def test_rows_know_their_file(runs: dict[str, DbtRun]) -> None:
    """Inside the directory of a table; of a table that is one file, its name."""
    for size in SIZES:
        found = runs[f"folders and formats, {size}"].rows("select distinct raw_file from raw.transaction_data")
        named = {name.removeprefix("transaction_data/") for name in FORMS["folders and formats"]}
        assert {file for (file,) in found} <= named
        assert len(found) == 2
    assert runs["built from a copy"].rows("select distinct raw_file from raw.transaction_data") == [
        ("transaction_data.csv",)
    ]


def test_a_path_may_hold_what_means_something_in_patterns(runs: dict[str, DbtRun]) -> None:
    assert runs["brackets"].succeeded().rows("select count(*) from raw.transaction_data") == [(2,)]


def test_a_view_is_judged_and_reconciled_as_a_copy_is(runs: dict[str, DbtRun]) -> None:
    copied, viewed = (runs[f"built from a {kind}"].succeeded() for kind in ("copy", "view"))
    assert (types_of_raw_tables(copied), types_of_raw_tables(viewed)) == ({"BASE TABLE"}, {"VIEW"})
    assert copied.rows("select rejection_reason from marts.rejected_rows") == [("PROD_QTY is a bulk purchase",)]
    for mart in ("rejected_rows", "row_reconciliation"):
        assert viewed.rows(f"from marts.{mart} order by all") == copied.rows(f"from marts.{mart} order by all")
    assert viewed.rows("select raw_rows, rejected_rows from marts.row_reconciliation where raw_amount is not null") == [
        (3, 1)
    ]


def test_a_table_that_has_grown_becomes_a_view_and_back(tmp_path: Path) -> None:
    data = Case(lines(LINE)).write(tmp_path)
    for size, expected in (("copied", "BASE TABLE"), ("large", "VIEW"), ("copied", "BASE TABLE")):
        run = run_dbt(tmp_path / "run", *SEED, data=data, variables=SIZES[size], datasets=CHIPS)
        assert types_of_raw_tables(run.succeeded()) == {expected}
        assert run.rows("select * exclude (raw_file) from raw.transaction_data") == [ROW]


def test_every_file_is_written_down(tmp_path: Path) -> None:
    """With the bytes that were loaded; a table that is loaded again has its files anew, and only these."""
    files = {f"transaction_data/{name}.csv": lines(LINE).encode() for name in ("a", "b")}
    data = Case(None, others=files).write(tmp_path)
    sql = (
        "select table_name, raw_file, bytes, sha256, row_count from raw.raw_files"
        " where seed = 'transaction_data' order by raw_file"
    )
    found = []
    for content in (lines(LINE), lines(OTHER, OTHER), None):
        file = data / "chips" / "transaction_data" / "b.csv"
        file.write_text(content) if content else file.unlink()
        found.append(
            run_dbt(tmp_path / "run", *SEED, data=data, variables=SIZES["large"], datasets=CHIPS).succeeded().rows(sql)
        )
    table = "chips/transaction_data/"
    assert found[0] == [(table, f"{name}.csv", *state(lines(LINE)), 1) for name in ("a", "b")]
    assert found[1] == [found[0][0], (table, "b.csv", *state(lines(OTHER, OTHER)), 2)]
    assert found[2] == found[0][:1]


def state(content: str) -> tuple[int, str]:
    return len(content), hashlib.sha256(content.encode()).hexdigest()


def test_freshness_says_how_old_the_newest_day_is(tmp_path: Path) -> None:
    data = Case(lines(LINE, OTHER)).write(tmp_path)
    run_dbt(tmp_path / "run", "build", "--select", "+data_freshness", data=data, datasets=CHIPS).succeeded()
    ((age,),) = DbtRun(tmp_path / "run", 0, "").rows("select current_date - date '2018-10-18'")

    def freshness(days: int | str) -> DbtRun:
        arguments = ("run-operation", "freshness", "--args", f"{{max_days: {days}}}")
        return run_dbt(tmp_path / "run", *arguments, data=data, datasets=CHIPS)

    told = freshness("null").succeeded()
    assert f"chips/transaction_data: the newest day is 2018-10-18, {age} days ago" in told.output
    freshness(age + 1).succeeded()
    assert freshness(age - 1).exit_code != 0
