"""From a mapping to relations: SQL over the user's files, unchanged, in which every role is a column.

The relation of a part has one row per raw row (per product of a basket that is written as a list), with these columns:

- every role of the part as text, as it stands in the file; null if it is empty, or if the mapping doesn't name it;
- ``<role>_value`` for days, moments (timestamp) and numbers (`segmart.loading.judging.NUMBER_TYPE`): what the text
means
  in the format of its file, null if it means nothing. A rule of a base model is then plain SQL: ``sales_amount is not
  null and sales_amount_value is null`` is no amount;
- of sales ``is_goods``, and ``list_position`` of a product in its list, 1 where there are no lists;
- of products and customers ``attributes``, a map from each attribute's name to its text;
- ``raw_file``, ``raw_line``, ``raw_problem`` (why a line is no row: a total, a note, too many fields; nearly always
null)
  and ``raw_fields``, the row as it stands, as JSON, or as text if it has a problem.
"""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from segmart.loading import mapping as mappings
from segmart.loading.evidence import DateStyle, NumberStyle, judge_dates, judge_numbers, number_shapes, value_counts_sql
from segmart.loading.expressions import NUMBER_PREFIX, Expression, ExpressionError, parse_expression
from segmart.loading.files import OWN_LISTS
from segmart.loading.formats import FileError, RawTable, default_prepared_folder, read_file, tables_sql
from segmart.loading.judging import (
    NUMBER_TYPE,
    customer_sql,
    id_sql,
    list_sql,
    moment_sql,
    number_sql,
    trimmed_sql,
)
from segmart.loading.mapping import ID, MOMENT, NUMBER, ROLES, FileFormat, Part, Source
from segmart.sql import sql_name, sql_text

DATA_ENDINGS = (
    ".csv",
    ".tsv",
    ".txt",
    ".tab",
    ".dat",
    ".gz",
    ".parquet",
    ".pq",
    ".xlsx",
    ".xlsm",
    ".xls",
    ".xlsb",
    ".ods",
)
"""Ends of names of files that may hold rows."""

_IGNORED_NAMES = ("thumbs.db", "desktop.ini", mappings.FILE_NAME)
_IGNORED_ENDINGS = (
    ".md",
    ".yml",
    ".yaml",
    ".pdf",
    ".html",
    ".duckdb",
    ".py",
    ".sql",
    ".ipynb",
    ".png",
    ".jpg",
    ".docx",
)
_CHECKED_ROWS = 100_000
_MIN_READ_SHARE = 0.5
"""If fewer of the first rows' days or numbers can be read, the mapping must be wrong, not the rows."""

_ALL_NUMBERS = 0.999
"""An attribute is a number if so many of its values are; a few words among millions of numbers are slips."""


class ReadingError(ValueError):
    """Files that can't be read as their mapping says.

    Attributes:
        problems: One sentence per problem of any file.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Relation:
    """The rows of a part.

    Attributes:
        part: The part, with the format that its files have.
        tables: Its files.
        sql: A select with the columns that this module describes.
        attribute_types: Attribute -> ``text``, ``number`` or ``day``.
        notices: What was noticed, one sentence each.
    """

    part: Part
    tables: tuple[RawTable, ...]
    sql: str
    attribute_types: Mapping[str, str]
    notices: tuple[str, ...] = ()

    @property
    def attributes_sql(self) -> str:
        """A select of the attributes of products or customers, one row per value that is not empty.

        It has the part's roles, ``attribute``, ``attribute_type``, ``attribute_value`` (text; of a number as it
        stands, of a
        day in ISO 8601), ``number_value`` (double; null if the text is no number), ``raw_file`` and ``raw_line``.
        """
        roles = ", ".join(ROLES[self.part.name])
        kinds = " ".join(f"when {sql_text(name)} then {sql_text(kind)}" for name, kind in self.attribute_types.items())
        known = ", ".join(sql_text(name) for name in self.attribute_types)
        number = number_sql("entry.value", *_marks(self.part.format))
        days = " ".join(self._day_sql(name) for name, kind in self.attribute_types.items() if kind == "day")
        # The map of a row is unpacked once: a select for each attribute would read the files as often.
        return (
            f"select {roles}, entry.key as attribute, {self._case_sql(kinds)} as attribute_type,"
            f" {f'case entry.key {days} else entry.value end' if days else 'entry.value'} as attribute_value,"
            f" case when {self._case_sql(kinds)} = 'number' then cast({number} as double) end as number_value,"
            f" raw_file, raw_line from (select *, unnest(map_entries(attributes)) as entry from ({self.sql}))"
            f" where entry.value is not null and {f'entry.key in ({known})' if known else 'false'}"
        )

    @staticmethod
    def _case_sql(whens: str) -> str:
        return f"case entry.key {whens} end" if whens else "'text'"

    def _day_sql(self, name: str) -> str:
        """The branch of a case that writes an attribute's days in ISO 8601."""
        dates = self.part.attributes[name].dates or self.part.format.dates
        day = f"cast(cast({moment_sql('entry.value', dates)} as date) as varchar)"
        return f"when {sql_text(name)} then coalesce({day}, entry.value)"


def read_mapped_files(mapping: mappings.Mapping, prepared: Path | None = None) -> dict[str, Relation]:
    """Relations over all files of a mapping.

    Args:
        mapping: The mapping.
        prepared: Folder for copies of files that DuckDB can't read; None is beside the working database.

    Returns:
        Part -> its relation. A products or customers part that reads the sales files has one row per id with the most
        frequent values.

    Raises:
        ReadingError: If anything is wrong, with all problems of all files.
    """
    problems: list[str] = []
    relations = {}
    read: dict[tuple[Path, FileFormat], list[RawTable]] = {}
    for name, part in mapping.parts.items():
        try:
            relations[name] = read_part(mapping, part, prepared or default_prepared_folder(), read)
        except ReadingError as error:
            problems += error.problems
    if problems:
        raise ReadingError(problems)
    return relations


def read_part(
    mapping: mappings.Mapping,
    part: Part,
    prepared: Path,
    read: dict[tuple[Path, FileFormat], list[RawTable]] | None = None,
) -> Relation:
    """The relation of one part; see `read_mapped_files`.

    Args:
        mapping: The mapping that the part belongs to.
        part: The part.
        prepared: Folder for copies of files that DuckDB can't read.
        read: What has been read already, for files that are in several parts; gets more.

    Raises:
        ReadingError: If anything is wrong.
    """
    where = f"{mapping.path.name}, line {part.line}: "
    tables = _read_tables(mapping.folder, part, where, prepared, {} if read is None else read)
    reader = _PartReader(mapping, part, tables)
    reader.check_columns()
    if not reader.problems:
        reader.judge_format()
    if reader.problems:
        raise ReadingError(reader.problems)
    relation = Relation(
        reader.part, tuple(tables), reader.relation_sql(), reader.attribute_types(), tuple(reader.notices)
    )
    problems = _unread_values(relation, mapping.path.name) + _same_rows(relation)
    if problems:
        raise ReadingError(problems)
    sales = mapping.sales
    if part.name != "sales" and sales is not None and set(part.files) <= set(sales.files):
        return replace(relation, sql=_one_row_per_id(relation))
    return relation


# Which files


def find_files(folder: Path, patterns: Sequence[str]) -> list[Path]:
    """Files that names, patterns and folders mean, in order of their names, each once.

    Args:
        folder: What they are relative to.
        patterns: A file's own name, whatever signs it has; a folder, which means all files in it; or a pattern with
            ``*`` and ``?``.

    Raises:
        ReadingError: If one of them means no file, with what lies there instead.
    """
    found: dict[Path, None] = {}
    problems = []
    for pattern in patterns:
        path = folder / pattern
        if path.is_file():
            files = [path]
        elif path.is_dir():
            files = list(data_files(path))
        else:
            files = [file for file in data_files(folder) if fnmatch.fnmatchcase(_relative(file, folder), pattern)]
        if not files:
            problems.append(_not_found(folder, pattern))
        found.update(dict.fromkeys(files))
    if problems:
        raise ReadingError(problems)
    return list(found)


def data_files(folder: Path) -> Iterator[Path]:
    """All files in a folder and its folders that may hold rows, links followed, by name.

    Hidden ones, notes and lists that take the place of the project's are left out.
    """

    def stop(error: OSError) -> None:
        raise FileError(f"{error.filename} can't be listed ({error.strerror}): allow this user to read it.") from error

    seen: set[str] = set()
    for root, folders, names in os.walk(folder, onerror=stop, followlinks=True):
        real = os.path.realpath(root)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        lists = OWN_LISTS if Path(root) == folder else None
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__")) and name != lists)
        for name in sorted(names):
            plain = name.casefold()
            if (
                not name.startswith((".", "~$", "_"))
                and plain not in _IGNORED_NAMES
                and not plain.endswith(_IGNORED_ENDINGS)
            ):
                yield Path(root) / name


def _relative(file: Path, folder: Path) -> str:
    return file.relative_to(folder).as_posix() if file.is_relative_to(folder) else str(file)


def _not_found(folder: Path, pattern: str) -> str:
    names = [_relative(file, folder) for file in data_files(folder)] if folder.is_dir() else []
    same = next((name for name in names if fnmatch.fnmatchcase(name.casefold(), pattern.casefold())), None)
    if same:
        return f"`{same}` lies in {folder}; expected `{pattern}`: write the name as it is."
    if not folder.is_dir():
        return f"{folder} does not exist."
    guess = mappings.nearest(pattern, names)
    there = f"did you mean `{guess}`?" if guess else f"there are {', '.join(names[:10]) or 'no files'}."
    return f"there is no file `{pattern}` in {folder}; {there}"


def _read_tables(
    folder: Path, part: Part, where: str, prepared: Path, read: dict[tuple[Path, FileFormat], list[RawTable]]
) -> list[RawTable]:
    try:
        files = find_files(folder, part.files)
    except ReadingError as error:
        raise ReadingError([where + problem for problem in error.problems]) from error
    tables: list[RawTable] = []
    problems: list[str] = []
    for file in files:
        try:
            if (file, part.format) not in read:
                read[file, part.format] = read_file(file, _relative(file, folder), part.format, prepared)
            tables += read[file, part.format]
        except FileError as error:
            problems.append(str(error))
    first: dict[str, str] = {}
    for table in tables:
        key = table.digest + (table.layout.sheet or "")
        if key in first:
            problems.append(f"{table.name} has the same content as {first[key]}: remove one of both.")
        first.setdefault(key, table.name)
    if problems:
        raise ReadingError(problems)
    return tables


def _unread_values(relation: Relation, file: str) -> list[str]:
    """Days and numbers of which most can't be read as the mapping declares, with what they look like."""
    roles = {role: kind for role, kind in ROLES[relation.part.name].items() if kind in (MOMENT, NUMBER)}
    roles = {role: kind for role, kind in roles.items() if role in relation.part.columns}
    problems = []
    with duckdb.connect() as connection:
        rows = f"(from ({relation.sql}) where raw_problem is null limit {_CHECKED_ROWS})"
        for role, kind in roles.items():
            unread = f"min({role}) filter (where {role}_value is null)"
            query = f"select count({role}), count({role}_value), {unread} from {rows}"
            filled, read, example = connection.execute(query).fetchall()[0]
            if read < filled * _MIN_READ_SHARE:
                source = relation.part.columns[role]
                declared = (
                    ", ".join(relation.part.format.dates) if kind == MOMENT else relation.part.format.decimal or "."
                )
                cure = _likely_format(connection, rows, role, kind)
                what = "days" if kind == MOMENT else "numbers"
                problems.append(
                    f"{file}, line {source.line}: only {read} of {filled} values of `{source.text}` are {what} with"
                    f" `{declared}`, for example `{example}` is none: {cure}."
                )
    return problems


def _likely_format(connection: duckdb.DuckDBPyConnection, rows: str, role: str, kind: str) -> str:
    if kind == MOMENT:
        style = judge_dates(connection, rows, role)
        if style.dates:
            choices = " or ".join(f'"{pattern}"' for pattern in dict.fromkeys((*style.dates, *style.other)))
            return f"set format: {{dates: {choices}}}"
    else:
        marks = judge_numbers({role: number_shapes(connection, value_counts_sql(rows, role))})
        if marks.reason != "no number has a mark":
            return f'set format: {{decimal: "{marks.decimal}", thousands: "{marks.thousands}"}}'
    return "name another column"


def _same_rows(relation: Relation) -> list[str]:
    """Files of a part that hold the same rows in another order or another format."""
    if len(relation.tables) < 2:
        return []
    roles = [*ROLES[relation.part.name], *(["attributes"] if relation.part.name != "sales" else [])]
    row_hash = f"hash({', '.join(roles)})"
    query = (
        f"select raw_file, count(*), sum(cast({row_hash} as hugeint)) from ({relation.sql}) where raw_problem is null"
        " group by raw_file order by raw_file"
    )
    with duckdb.connect() as connection:
        found = connection.execute(query).fetchall()
    first: dict[tuple[int, int], str] = {}
    problems = []
    for file, rows, total in found:
        if (rows, total) in first and rows > 1:
            problems.append(f"{file} has the same rows as {first[rows, total]}: remove one of both.")
        first.setdefault((rows, total), file)
    return problems


def _one_row_per_id(relation: Relation) -> str:
    """Products or customers that stand in the lines of sales: one row per id, with its most frequent values."""
    roles = list(ROLES[relation.part.name])
    key = roles[0] if roles[0] in relation.part.columns else roles[-1]
    others = [role for role in roles if role != key]
    described = [f"map {{{sql_text('= ' + role)}: {role}}}" for role in others]
    entries = f"map_concat(attributes, {', '.join(described)})" if described else "attributes"
    rest = ", ".join(f"element_at(attributes, {sql_text('= ' + role)})[1] as {role}" for role in others)
    return (
        f"with sold as ({relation.sql}), entries as (select {key}, unnest(map_entries({entries})) as"
        f" entry from sold where {key} is not null and raw_problem is null),"
        f" counted as (select {key}, entry.key as name, entry.value as value, count(*) as value_rows from entries"
        " where entry.value is not null group by all),"
        f" chosen as (select * from counted qualify row_number() over (partition by {key}, name order by value_rows"
        f" desc,"
        f" value) = 1), ids as (select {key}, min(raw_file) as raw_file, min(raw_line) as raw_line from sold"
        f" where {key} is not null and raw_problem is null group by {key}),"
        f" described as (select ids.{key}, raw_file, raw_line, map_from_entries(coalesce(list((name, value) order"
        f" by name)"
        f" filter (where name is not null), [])) as attributes from ids left join chosen using ({key}) group by all)"
        f" select {key}{', ' if rest else ''}{rest}, attributes, raw_file, raw_line, cast(null as varchar) as"
        f" raw_problem,"
        " cast(null as varchar) as raw_fields from described"
    )


# What the columns are


def _marks(file_format: FileFormat) -> tuple[str, str]:
    """Marks of decimals and thousands, where a mapping names only one of them."""
    decimal = file_format.decimal or ("," if file_format.thousands == "." else ".")
    thousands = file_format.thousands
    if thousands is None:
        thousands = "," if decimal == "." else "."
    return decimal, thousands


@dataclass(frozen=True)
class _Column:
    """A role or attribute in one group of files: its text, and whether it has a type of its own."""

    text: str
    kind: str = "VARCHAR"
    expression: Expression | None = None


class _PartReader:
    """Puts the SQL of one part together. Files of the same columns are one group."""

    def __init__(self, mapping: mappings.Mapping, part: Part, tables: Sequence[RawTable]) -> None:
        self.file = mapping.path.name
        self.part = part
        self.tables = tables
        self.problems: list[str] = []
        self.notices = [notice for table in tables for notice in table.notices]
        self.groups: dict[tuple[object, ...], list[RawTable]] = {}
        for table in tables:
            self.groups.setdefault((table.header, table.typed_columns), []).append(table)
        self.sources = dict(part.columns)
        self.sources |= {"attribute " + name: attribute.source for name, attribute in part.attributes.items()}
        if part.is_goods is not None:
            self.sources["is_goods"] = part.is_goods
        self.kinds = {role: ROLES[part.name].get(role, mappings.TEXT) for role in self.sources}
        self.columns: list[dict[str, _Column]] = []

    # Finding columns

    def check_columns(self) -> None:
        """Find every column in every group, and report those that are missing, repeated or used wrongly."""
        for group in self.groups.values():
            found = {}
            for role, source in self.sources.items():
                column = self._column(role, source, group)
                if column is not None:
                    found[role] = column
            self.columns.append(found)

    def _problem(self, source: Source, sentence: str) -> None:
        where = f"{self.file}, line {source.line}: " if source.line else ""
        if where + sentence not in self.problems:
            self.problems.append(where + sentence)

    def _column(self, role: str, source: Source, group: Sequence[RawTable]) -> _Column | None:
        table = group[0]
        names = _names(table.header)
        if not source.is_expression:
            name = names.get(source.text.casefold()) or names.get(_plain(source.text))
            if name is None:
                self._problem(source, self._missing(source.text, table))
                return None
            self._check_repeated(source, name, group)
            return _Column(sql_name(name), "TYPED" if name in table.typed_columns else "VARCHAR")
        try:
            expression = parse_expression(source.text, names, self.kinds[role] == NUMBER)
            kind = self._type_of(expression, table)
        except ExpressionError as error:
            problem = str(error)
            if problem.startswith("there is no column"):
                problem = self._missing(problem.split("`")[1], table)
            self._problem(source, problem if problem.endswith((".", "?")) else problem + ".")
            return None
        if role == "is_goods" and kind != "BOOLEAN":
            self._problem(source, f"`{source.text}` is neither true nor false for a row.")
        return _Column(expression.sql, kind, expression)

    def _missing(self, name: str, table: RawTable) -> str:
        guess = mappings.nearest(name, table.header)
        cure = f"did you mean `{guess}`?" if guess else f"it has {', '.join(table.header)}."
        return f"{table.name} has no column `{name}`; {cure}"

    def _check_repeated(self, source: Source, name: str, group: Sequence[RawTable]) -> None:
        for table in group:
            second = f"{name} (2)"
            if second not in table.header or not table.notices:
                continue
            query = f"select count(*) from ({table.sql}) where {sql_name(name)} is distinct from {sql_name(second)}"
            with duckdb.connect() as connection:
                different = connection.execute(query).fetchall()[0][0]
            if different and source.text == name:
                cure = f"keep one of both, or rename the one that you mean; `{second}` means the second one"
                self._problem(source, f"{table.name} has the column {name} twice, with different values: {cure}.")

    def _type_of(self, expression: Expression, table: RawTable) -> str:
        columns = [f"cast(null as varchar) as {sql_name(name)}" for name in table.header]
        columns += [
            f"cast(null as {NUMBER_TYPE}) as {sql_name(NUMBER_PREFIX + name)}" for name in expression.number_columns
        ]
        with duckdb.connect() as connection:
            try:
                query = f"describe select {expression.sql} as value from (select {', '.join(columns)})"
                return connection.execute(query).fetchall()[0][1]
            except duckdb.Error as error:
                message = str(error).splitlines()[0].partition(": ")[2] or str(error)
                raise ExpressionError(f"`{expression.sql}` does not work: {message}") from error

    # How numbers and days are written

    def judge_format(self) -> None:
        """Fill in what the mapping leaves open; what the files don't prove is a problem with its cure."""
        declared = self.part.format
        with duckdb.connect() as connection:
            if declared.decimal is None and declared.thousands is None:
                style = self._number_style(connection)
                if not style.is_proven:
                    cure = f'set format: {{decimal: "{style.decimal}"}}, or the other mark'
                    names = ", ".join(dict.fromkeys(table.name for table in self.tables))
                    self.problems.append(f"{names}: {style.reason}: {cure}.")
                self.part = replace(
                    self.part, format=replace(self.part.format, decimal=style.decimal, thousands=style.thousands)
                )
            if not declared.dates and "sold_at" in self.sources:
                style_of_dates = self._date_style(connection, "sold_at")
                self._check_dates(style_of_dates)
                self.part = replace(self.part, format=replace(self.part.format, dates=style_of_dates.dates or ("iso",)))

    def _number_style(self, connection: duckdb.DuckDBPyConnection) -> NumberStyle:
        shapes: dict[str, list] = {}
        for group, columns in zip(self.groups.values(), self.columns, strict=True):
            relation = f"({tables_sql(group)}) where raw_problem is null"
            for name in self._number_columns(columns, group[0]):
                shapes.setdefault(name, []).extend(
                    number_shapes(connection, value_counts_sql(relation, sql_name(name)))
                )
        return judge_numbers(shapes)

    def _number_columns(self, columns: Mapping[str, _Column], table: RawTable) -> list[str]:
        """Columns of a group that are read as numbers and are not typed."""
        names: dict[str, None] = {}
        for role, column in columns.items():
            if column.expression is not None:
                names.update(dict.fromkeys(column.expression.number_columns))
            elif self.kinds[role] == NUMBER and column.kind == "VARCHAR":
                names[self._name_of(column, table)] = None
        for name, attribute in self.part.attributes.items():
            column = columns["attribute " + name]
            if attribute.type == "number" and column.expression is None and column.kind == "VARCHAR":
                names[self._name_of(column, table)] = None
        return [name for name in names if name not in table.typed_columns]

    @staticmethod
    def _name_of(column: _Column, table: RawTable) -> str:
        return next(name for name in table.header if sql_name(name) == column.text)

    def _date_style(self, connection: duckdb.DuckDBPyConnection, role: str) -> DateStyle:
        selects = [
            f"select {columns[role].text} as value from ({tables_sql(group)}) where raw_problem is null"
            for group, columns in zip(self.groups.values(), self.columns, strict=True)
            if columns[role].kind == "VARCHAR"
        ]
        if not selects:
            return DateStyle(("iso",), True, 1.0)
        return judge_dates(connection, f"({' union all '.join(selects)})", "value")

    def _check_dates(self, style: DateStyle) -> None:
        source = self.sources["sold_at"]
        if not style.dates:
            self._problem(source, f"`{source.text}` has no days or moments that can be read: set dates.")
        elif style.dates[0] == "excel":
            self.notices.append(f"`{source.text}`: {style.reason}.")
        elif not style.is_proven:
            choices = " or ".join(f'"{pattern}"' for pattern in (style.dates[0], *style.other))
            self._problem(source, f"`{source.text}`: {style.reason}: set format: {{dates: {choices}}}.")

    # SQL

    def relation_sql(self) -> str:
        """The relation of the part."""
        selects = [
            self._group_sql(group, columns) for group, columns in zip(self.groups.values(), self.columns, strict=True)
        ]
        return " union all ".join(f"({select})" for select in selects) if len(selects) > 1 else selects[0]

    def _group_sql(self, group: Sequence[RawTable], columns: Mapping[str, _Column]) -> str:
        numbers = dict.fromkeys(
            name for column in columns.values() if column.expression for name in column.expression.number_columns
        )
        marks = _marks(self.part.format)
        typed = [
            f"{number_sql(sql_name(name), *(('.', '') if name in group[0].typed_columns else marks))}"
            f" as {sql_name(NUMBER_PREFIX + name)}"
            for name in numbers
        ]
        roles = [self._role_sql(role, kind, columns.get(role)) for role, kind in ROLES[self.part.name].items()]
        extras = [self._is_goods_sql(columns)] if self.part.name == "sales" else [self._attributes_sql(columns)]
        # What is made from columns is shown beside them, so that a rejection can name it.
        made = [role for role, column in columns.items() if column.expression and role in ROLES[self.part.name]]
        shown = [*group[0].header, *(role for role in made if role not in group[0].header)]
        fields = ", ".join(f"{sql_text(name)}, {sql_name(name)}" for name in shown)
        raw_fields = f"coalesce(raw_text, cast(json_object({fields}) as varchar)) as raw_fields"
        source = f"({tables_sql(group)})"
        if typed:
            source = f"(select *, {', '.join(typed)} from {source})"
        selected = ", ".join([*roles, *extras, "raw_file", "raw_line", "raw_problem", raw_fields])
        return self._with_lists(f"select {selected} from {source}", columns)

    def _role_sql(self, role: str, kind: str, column: _Column | None) -> str:
        value_name = f"{role}_value"
        if column is None:
            empty = f"cast(null as varchar) as {role}"
            types = {NUMBER: NUMBER_TYPE, MOMENT: "timestamp"}
            return f"{empty}, cast(null as {types[kind]}) as {value_name}" if kind in types else empty
        text = column.text if column.expression is None else f"try({column.text})"
        is_text = column.kind in ("VARCHAR", "TYPED")
        if kind == NUMBER:
            return self._number_sql(role, column)
        if kind == MOMENT:
            dates = ["iso"] if column.kind == "TYPED" else self.part.format.dates or ["iso"]
            value = moment_sql(text, dates) if is_text else f"try_cast({text} as timestamp)"
            shown = trimmed_sql(text) if is_text else f"cast({text} as varchar)"
            return f"{shown} as {role}, {value} as {value_name}"
        text = text if is_text else f"cast({text} as varchar)"
        if kind == ID:
            reader = customer_sql if role == "customer_id" else id_sql
            return f"{reader(text, self.part.format.trim_ids)} as {role}"
        return f"{trimmed_sql(text)} as {role}"

    def _number_sql(self, role: str, column: _Column) -> str:
        marks = (".", "") if column.kind == "TYPED" else _marks(self.part.format)
        if column.kind in ("VARCHAR", "TYPED"):
            text = column.text if column.expression is None else f"try({column.text})"
            return f"{trimmed_sql(text)} as {role}, {number_sql(text, *marks)} as {role}_value"
        assert column.expression is not None
        value = f"try_cast(try({column.text}) as {NUMBER_TYPE})"
        read = ", ".join(trimmed_sql(sql_name(name)) for name in column.expression.columns)
        shown = f"nullif(concat_ws(' and ', {read}), '')" if read else "null"
        return f"coalesce(cast({value} as varchar), {shown}) as {role}, {value} as {role}_value"

    def _is_goods_sql(self, columns: Mapping[str, _Column]) -> str:
        conditions = [f"coalesce(try({columns['is_goods'].text}), true)"] if "is_goods" in columns else []
        for role, values in self.part.not_goods.items():
            if role not in columns and "product_list" not in columns:
                where = f"{self.file}, line {self.part.line}: "
                raise ReadingError([f"{where}`sales.not_goods.{role}` needs the column `{role}`, which is not mapped."])
            if role in columns:
                conditions.append(_not_in(columns[role].text, values))
        return f"{' and '.join(conditions) or 'true'} as is_goods"

    def _attributes_sql(self, columns: Mapping[str, _Column]) -> str:
        names = list(self.part.attributes)
        if not names:
            return "map([]::varchar[], []::varchar[]) as attributes"
        entries = []
        for name in names:
            column = columns["attribute " + name]
            text = column.text if column.expression is None else f"cast(try({column.text}) as varchar)"
            entries.append(f"{sql_text(name)}: {trimmed_sql(text)}")
        return f"map {{{', '.join(entries)}}} as attributes"

    def _with_lists(self, select: str, columns: Mapping[str, _Column]) -> str:
        """One row per product of a list; a row without products stays, for the rules to judge."""
        if self.part.name != "sales":
            return select
        if "product_list" not in columns:
            return f"select *, 1 as list_position from ({select})"
        separator = self.part.format.list_separator or ","
        listed = list_sql("product_list", separator)
        goods = _not_in("product_name", self.part.not_goods.get("product_name", ()))
        return (
            f"select * replace ({goods} and is_goods as is_goods) from (select * replace (product as product_name) from"
            f" (select *, unnest(products) as product, generate_subscripts(products, 1) as list_position from"
            f" (select *,"
            f" case when coalesce(len({listed}), 0) = 0 then [cast(null as varchar)] else {listed} end as products"
            f" from ({select}))))"
        ).replace(
            "select * replace (product as product_name)",
            "select * exclude (products, product) replace (product as product_name)",
        )

    # Attributes

    def attribute_types(self) -> dict[str, str]:
        """Type of every attribute, declared or judged from all of its values."""
        types: dict[str, str] = {}
        with duckdb.connect() as connection:
            for name, attribute in self.part.attributes.items():
                types[name] = attribute.type or self._judged_type(connection, name)
        return types

    def _judged_type(self, connection: duckdb.DuckDBPyConnection, name: str) -> str:
        selects = []
        is_number_typed = True
        for group, columns in zip(self.groups.values(), self.columns, strict=True):
            column = columns["attribute " + name]
            text = column.text if column.expression is None else f"cast(try({column.text}) as varchar)"
            source = tables_sql(group)
            selects.append(f"select {text} as value from ({source}) where raw_problem is null")
            is_number_typed = is_number_typed and column.kind == "TYPED"
        values = value_counts_sql(f"({' union all '.join(selects)})", "value")
        marks = (".", "") if is_number_typed else _marks(self.part.format)
        sums = [
            f"coalesce(sum(value_rows) filter (where {condition}), 0)"
            for condition in (
                "true",
                f"({number_sql('value', *marks)}) is not null",
                "regexp_matches(value, '^0[0-9]')",
            )
        ]
        query = f"select {', '.join(sums)} from {values}"
        rows, numbers, with_zeros = connection.execute(query).fetchall()[0]
        if rows and numbers >= float(rows) * _ALL_NUMBERS and not with_zeros:
            return "number"
        dates = self.part.attributes[name].dates or self.part.format.dates or ("iso",)
        is_day = f"({moment_sql('value', dates)}) is not null"
        query = f"select coalesce(sum(value_rows) filter (where {is_day}), 0) from {values}"
        days = connection.execute(query).fetchall()[0][0]
        return "day" if rows and days >= float(rows) * _ALL_NUMBERS else "text"


def _names(header: Sequence[str]) -> dict[str, str]:
    """Ways to write a column's name, in lower case -> the name. Blanks, underlines and points count as the same."""
    names = {}
    for name in reversed(header):
        names[_plain(name)] = name
    for name in reversed(header):
        names[name.casefold()] = name
    return names


def _plain(name: str) -> str:
    return "".join(letter if letter.isalnum() else " " for letter in name.casefold()).strip()


def _not_in(text: str, values: Sequence[str]) -> str:
    """SQL: whether a text is none of the values, in which ``*`` stands for any text, whatever the case."""
    conditions = []
    for value in values:
        pattern = value.casefold().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("*", "%")
        conditions.append(f"coalesce(lower(trim({text})), '') not like {sql_text(pattern)} escape '\\'")
    return " and ".join(conditions) or "true"
