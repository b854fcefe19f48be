"""The columns of a raw table, found by name in each of its files, and the SQL that reads them as text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from duckdb import DuckDBPyConnection, Error

from segmart.loading.errors import raw_file_error
from segmart.loading.files import RawTable, file_format, literal_pattern, partition_names
from segmart.loading.header import read_header
from segmart.sql import sql_name, sql_text


@dataclass(frozen=True)
class Column:
    """Where a column of the table comes from.

    Attributes:
        expected: Name in the table.
        source: Name in DuckDB's scan of the file.
        type: Type in the scan.
        is_partition: Whether it stands in the names of folders.
    """

    expected: str
    source: str
    type: str = "VARCHAR"
    is_partition: bool = False


@dataclass(frozen=True)
class Layout:
    """Files that one scan can read.

    Attributes:
        format: ``csv``, ``csv.gz`` or ``parquet``.
        files: Paths.
        fields: Names of all fields in the scan, in the order of the file.
        columns: One for each column of the table.
    """

    format: str
    files: tuple[str, ...]
    fields: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def is_partitioned(self) -> bool:
        """Whether a column stands in the names of folders."""
        return any(column.is_partition for column in self.columns)

    @property
    def file_column(self) -> str:
        """Name for the column with the path of each row's file, which is no field's."""
        name = "_raw_file"
        while name in {field.lower() for field in self.fields}:
            name += "_"
        return name


def find_layouts(table: RawTable, connection: DuckDBPyConnection) -> list[Layout]:
    """Group the files of a table by their layout: each file's columns are looked up by name.

    Raises:
        RawFileError: If a file can't be read or lacks a column.
    """
    schemas = _parquet_schemas(table, connection)
    layouts: dict[tuple, Layout] = {}
    for file in table.files:
        kind = file_format(file) or "csv"
        schema = schemas.get(file)
        header = tuple(schema) if schema is not None else tuple(read_header(file, table.expected, connection))
        partitions = partition_names(table, file)
        key = (kind, header, *(schema or {}).values(), *partitions)
        if key in layouts:
            layouts[key] = replace(layouts[key], files=(*layouts[key].files, file))
        elif schema is not None:
            fields = {name: Column("", name, type_) for name, type_ in schema.items()}
            layouts[key] = Layout(
                kind, (file,), header, match_columns(file, header, fields, partitions, table.expected)
            )
        else:
            # By position, because a header may hold any names, also twice.
            numbered = [f"field_{number}" for number in range(1, len(header) + 1)]
            fields = {name: Column("", field) for name, field in zip(header, numbered, strict=True)}
            columns = match_columns(file, header, fields, partitions, table.expected)
            layouts[key] = Layout(kind, (file,), tuple(numbered), columns)
    return list(layouts.values())


def match_columns(
    file: str, header: Sequence[str], fields: Mapping[str, Column], partitions: Sequence[str], expected: Sequence[str]
) -> tuple[Column, ...]:
    """Where each expected column comes from; names are compared without case and surrounding blanks.

    Args:
        file: Path, for errors.
        header: Names in the file.
        fields: The same by name, as the scan knows them.
        partitions: Names in folders, used for columns that the file lacks.
        expected: Names of the columns of the table.

    Raises:
        RawFileError: If a column is missing or stands there twice.
    """
    actual: dict[str, str] = {}
    wanted = {name.strip().lower() for name in expected}
    for name in header:
        key = name.strip().lower()
        if key in actual and key in wanted:
            raise raw_file_error(file, f"has the column {name.strip()} twice", expected)
        actual[key] = name
    folders = {name.lower(): name for name in partitions}
    columns, missing = [], []
    for name in expected:
        key = name.strip().lower()
        if key in actual:
            columns.append(replace(fields[actual[key]], expected=name))
        elif key in folders:
            columns.append(Column(name, folders[key], is_partition=True))
        else:
            missing.append(name)
    if missing:
        others = [name.strip() for key, name in actual.items() if key and key not in wanted]
        instead = f" and has in its place {', '.join(others)}" if others else ""
        plural = "s" if len(missing) > 1 else ""
        raise raw_file_error(file, f"lacks the column{plural} {', '.join(missing)}{instead}", expected)
    return tuple(columns)


def select_sql(table: RawTable, layouts: Sequence[Layout], types: Mapping[str, str] | None = None) -> str:
    """A select of all rows of a table with the columns of the contract and, of raw data, the file that each is from.

    Args:
        table: The table.
        layouts: Its files.
        types: Types of columns that are not text.
    """
    return "\nunion all\n".join(_select_of_layout(table, layout, types or {}) for layout in layouts)


def _select_of_layout(table: RawTable, layout: Layout, types: Mapping[str, str]) -> str:
    columns = []
    for column in layout.columns:
        value = text_sql(table, layout, column)
        if column.expected in types:
            value = f"cast({value} as {types[column.expected]})"
        columns.append(f"{value} as {sql_name(column.expected)}")
    if table.is_raw:
        file = layout.file_column
        columns.append(f"{raw_file_sql(table, file)} as raw_file")
    return f"select\n    {f',{chr(10)}    '.join(columns)}\nfrom {scan_sql(layout)}"


def raw_file_sql(table: RawTable, file_column: str) -> str:
    """The name of each row's file, from its path."""
    return f"substr({file_column}, {len(table.path) + 1})" if table.is_directory else sql_text(table.inside(table.path))


def scan_sql(layout: Layout, collect_errors: bool = False) -> str:
    """DuckDB's scan of the files of a layout.

    Args:
        layout: Files and fields.
        collect_errors: Whether lines that can't be read are set aside, in temporary tables of the connection.
    """
    files = ", ".join(sql_text(literal_pattern(file)) for file in layout.files)
    partitions = f"hive_partitioning = {str(layout.is_partitioned).lower()}, hive_types_autocast = false"
    if layout.format == "parquet":
        return f"read_parquet([{files}], binary_as_string = true, filename = '{layout.file_column}', {partitions})"
    fields = ", ".join(f"{field}: 'varchar'" for field in layout.fields)
    rejects = ", store_rejects = true, rejects_table = 'unreadable_lines', rejects_scan = 'unreadable_scans'"
    return (
        f"read_csv([{files}], columns = {{{fields}}}, header = true, auto_detect = false, delim = ',', quote = '\"',"
        " escape = '\"', nullstr = '', allow_quoted_nulls = false,"
        f" compression = '{'gzip' if layout.format == 'csv.gz' else 'none'}', filename = '{layout.file_column}',"
        f" {partitions}{rejects if collect_errors else ''})"
    )


def text_sql(table: RawTable, layout: Layout, column: Column) -> str:
    """A field as the text that staging reads back.

    ISO dates, exact decimals, the shortest form of floating-point numbers, whole ones without a fraction, 1 and 0 for
    true and false, moments in UTC, lists as JSON; what is not a number is missing.

    Raises:
        RawFileError: If the field holds records.
    """
    name = sql_name(column.source)
    if layout.format != "parquet" or column.is_partition:
        return name
    if column.type in ("FLOAT", "DOUBLE"):
        return (
            f"case when isnan({name}) then null when abs({name}) < 9e15 and {name} = trunc({name})"
            f" then cast(cast({name} as bigint) as varchar) else cast({name} as varchar) end"
        )
    if column.type == "BOOLEAN":
        return f"cast(cast({name} as integer) as varchar)"
    if column.type == "TIMESTAMP WITH TIME ZONE":
        return f"cast(make_timestamp(epoch_us({name})) as varchar)"
    if column.type.endswith("]"):
        return f"cast(to_json({name}) as varchar)"
    if re.match("STRUCT|MAP|UNION", column.type):
        problem = f"has in the column {column.source} no single values, but {column.type}"
        raise raw_file_error(layout.files[0], problem, table.expected)
    return f"cast({name} as varchar)"


def _parquet_schemas(table: RawTable, connection: DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """Types by column of each Parquet file; files of the same schema are described once."""
    described: dict[str, dict[str, str]] = {}
    schemas = {}
    for file in (file for file in table.files if file_format(file) == "parquet"):
        pattern = literal_pattern(file)
        fields = (
            "select cast(to_json(list((name, duckdb_type, num_children) order by column_id)) as varchar)"
            " from parquet_schema(?)"
        )
        columns = (
            "select column_name, column_type from (describe select * from"
            " read_parquet(?, binary_as_string = true, hive_partitioning = false))"
        )
        try:
            (schema,) = connection.execute(fields, [pattern]).fetchone() or ("",)
            if schema not in described:
                described[schema] = dict(connection.execute(columns, [pattern]).fetchall())
        except Error as error:
            problem = f"can not be read as Parquet ({first_line(error)}): fetch or write it again"
            raise raw_file_error(file, problem, table.expected) from error
        schemas[file] = described[schema]
    return schemas


def first_line(error: Exception) -> str:
    """What an error says, without the advice that follows."""
    return str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else type(error).__name__
