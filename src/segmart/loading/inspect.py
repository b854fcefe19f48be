"""Propose a ``segmart.yml``: which file is what, how it is written, and which column plays which role.

How a file is written is judged from all of its values. Roles follow names in several languages, and what columns hold:
what repeats within what, what joins with what, and what multiplies to what. Where the files prove nothing, there is a
question with a best guess; without somebody to answer it, the guess is marked ``# check:``.
"""

from __future__ import annotations

import fnmatch
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from segmart.loading import lexicon
from segmart.loading.evidence import (
    MIN_SHARE,
    DateStyle,
    NumberStyle,
    Shape,
    judge_dates,
    judge_numbers,
    number_shapes,
    number_share,
)
from segmart.loading.files import OWN_LISTS
from segmart.loading.formats import CSV, FileError, RawTable, read_file
from segmart.loading.judging import customer_sql, id_sql, list_sql, number_sql, trimmed_sql
from segmart.loading.mapping import FILE_NAME, PUBLIC_LAYOUTS, SALES_ROLES, FileFormat, snake_case
from segmart.loading.reading import DATA_ENDINGS, data_files
from segmart.sql import sql_name, sql_text

MAX_ROWS = 2_000_000
"""Roles are found from so many rows of a file; how numbers and days are written, too."""

_MIN_ROLE_SCORE = 1.5
_JOIN_SHARE = 0.5
_NAMED_JOIN_SHARE = 0.05
"""So many ids of two files must be the same for them to join: fewer if the names of their columns say so."""
_DEPENDENT_SHARE = 0.98
"""One thing follows from another if so many of the second have one value of the first."""

_MAX_VALUES = 1000
"""A column of more values is no attribute that anything can be compared by."""

_TIME = r"^[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?( ?[AaPp][Mm])?$"


class InspectionError(ValueError):
    """A folder for which nothing can be proposed.

    Attributes:
        problems: One sentence each.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Question:
    """What the files don't prove.

    Attributes:
        text: What is asked, with an example.
        answers: Value -> what it means; the first one is the best guess.
    """

    text: str
    answers: Mapping[str, str]


Ask = Callable[[Question], str | None]
"""Gives the answer's value, or None if nobody answers."""


@dataclass(frozen=True)
class Understood:
    """One column as it was understood: a line of the table that is shown."""

    file: str
    column: str
    role: str
    examples: str
    note: str = ""


@dataclass(frozen=True)
class Proposal:
    """What is proposed for a folder.

    Attributes:
        text: The text of a ``segmart.yml``.
        understood: What was understood, column by column.
        notices: What was noticed, one sentence each.
        checks: What a person should look at.
    """

    text: str
    understood: tuple[Understood, ...]
    notices: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Profile:
    """What a column holds."""

    name: str
    rows: int
    filled: int
    distinct: int
    examples: tuple[str, ...]
    shapes: tuple[Shape, ...]
    dates: DateStyle
    is_time: bool
    is_list: bool
    mean_length: float
    has_fraction: bool
    has_typed_values: bool = False

    @property
    def is_number(self) -> bool:
        return bool(self.shapes) and number_share(self.shapes) >= MIN_SHARE

    @property
    def is_whole(self) -> bool:
        return self.is_number and not self.has_fraction

    @property
    def has_decimals(self) -> bool:
        return self.is_number and not self.is_whole

    @property
    def is_day(self) -> bool:
        return bool(self.dates.dates) and self.dates.share >= MIN_SHARE

    @property
    def is_key(self) -> bool:
        return self.rows > 0 and self.distinct >= self.rows * 0.99

    @property
    def is_empty(self) -> bool:
        return self.filled == 0


@dataclass
class _Group:
    """Files of the same columns."""

    tables: list[RawTable]
    relation: str
    columns: dict[str, _Profile] = field(default_factory=dict)
    rows: int = 0

    @property
    def name(self) -> str:
        return self.tables[0].name


@dataclass
class _PartDraft:
    """A part in the making: role -> what stands behind it, and what to check."""

    group: _Group
    roles: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, tuple[str, str]] = field(default_factory=dict)
    format: dict[str, str | list[str]] = field(default_factory=dict)
    checks: dict[str, str] = field(default_factory=dict)
    not_goods: dict[str, list[str]] = field(default_factory=dict)
    numbers: NumberStyle = field(default_factory=NumberStyle)


def inspect_folder(folder: Path, prepared: Path, ask: Ask | None = None) -> Proposal:
    """Look at all files of a folder and propose a mapping.

    Args:
        folder: The folder.
        prepared: Folder for copies of files that DuckDB can't read.
        ask: Who answers questions; None if nobody does.

    Raises:
        InspectionError: If a folder or no file can be read, or none holds sales or customers.
    """
    if not folder.is_dir():
        raise InspectionError([f"{folder} is no folder."])
    try:
        tables, notices = _read_all(folder, prepared)
    except FileError as error:
        raise InspectionError([str(error)]) from error
    if not tables:
        where = f"{folder} holds no file with rows (CSV, text, Excel or Parquet)."
        raise InspectionError([*notices, where])
    with duckdb.connect() as connection:
        inspector = _Inspector(connection, folder, ask or (lambda _: None))
        return inspector.proposal(_groups(connection, tables), notices)


def _read_all(folder: Path, prepared: Path) -> tuple[list[RawTable], list[str]]:
    tables: list[RawTable] = []
    notices: list[str] = []
    first: dict[str, str] = {}
    if (folder / OWN_LISTS).is_dir():
        notices.append(
            f"the folder {OWN_LISTS} is left out: lists in it take the place of the project's. If it holds rows of"
            " yours, give it another name."
        )
    # Of equal files the one with the shorter name is the original: `july.csv`, not `july (1).csv`.
    for path in sorted(data_files(folder), key=lambda path: (len(path.name), path)):
        name = path.relative_to(folder).as_posix()
        if not name.casefold().endswith(DATA_ENDINGS):
            notices.append(f"{name} is left out: its name ends like no file of rows.")
            continue
        try:
            found = read_file(path, name, FileFormat(), prepared)
        except FileError as error:
            notices.append(str(error))
            continue
        for table in found:
            if len(table.header) < 2:
                notices.append(f"{name} is left out: it has one column only.")
            elif table.digest + str(table.layout.sheet) in first:
                twin = first[table.digest + str(table.layout.sheet)]
                notices.append(f"{name} has the same content as {twin}: remove one of both.")
            else:
                first[table.digest + str(table.layout.sheet)] = name
                tables.append(table)
                notices += table.notices
    return sorted(tables, key=lambda table: table.name), notices


def _groups(connection: duckdb.DuckDBPyConnection, tables: Sequence[RawTable]) -> list[_Group]:
    """Files of the same columns together, with what their columns hold."""
    by_header: dict[tuple[str, ...], list[RawTable]] = {}
    for table in tables:
        by_header.setdefault(tuple(sorted(name.casefold() for name in table.header)), []).append(table)
    groups = []
    for number, members in enumerate(by_header.values()):
        relation = f"files_{number}"
        selects = []
        for table in members:
            names = {name.casefold(): name for name in table.header}
            columns = ", ".join(f"{sql_name(names[name.casefold()])} as {sql_name(name)}" for name in members[0].header)
            selects.append(f"select {columns} from ({table.sql}) where raw_problem is null")
        rows = f"from ({' union all '.join(selects)}) limit {MAX_ROWS}"
        connection.execute(f"create table {relation} as select *, row_number() over () as position {rows}")
        group = _Group(members, relation)
        group.rows = connection.execute(f"select count(*) from {relation}").fetchall()[0][0]
        for name in members[0].header:
            group.columns[name] = _profile(connection, group, name)
        groups.append(group)
    return groups


def _profile(connection: duckdb.DuckDBPyConnection, group: _Group, name: str) -> _Profile:
    column = sql_name(name)
    connection.execute(
        f"create or replace temp table counted as select {trimmed_sql('raw')} as value, sum(raw_rows) as value_rows,"
        f" min(position) as position from (select {column} as raw, count(*) as raw_rows, min(position) as position from"
        f" {group.relation} group by raw) group by value having value is not null"
    )
    fraction = "regexp_matches(value, '[.,]([0-9]{1,2}|[0-9]{4,})$') and not regexp_matches(value, '[.,]0+$')"
    query = (
        "select coalesce(sum(value_rows), 0), count(*),"
        " (select coalesce(list(value order by position), []) from (from counted order by position limit 3)),"
        f" coalesce(avg(length(value)), 0), coalesce(avg(cast(regexp_matches(value, {sql_text(_TIME)}) as"
        f" integer)), 0),"
        " coalesce(avg(cast(starts_with(value, '[') and ends_with(value, ']') as integer)), 0),"
        " coalesce(avg(cast(length(value) - length(replace(value, ',', '')) as double)), 0),"
        f" coalesce(bool_or({fraction}), false) from counted"
    )
    filled, distinct, examples, length, times, brackets, commas, has_fraction = connection.execute(query).fetchall()[0]
    shapes = tuple(number_shapes(connection, "counted"))
    is_number = bool(shapes) and number_share(shapes) >= MIN_SHARE
    may_be_day = not is_number or any(re.search("^9{5}([.]9+)?$|^9{8,10}$", shape.text) for shape in shapes)
    dates = DateStyle()
    if filled and may_be_day:
        dates = judge_dates(connection, f"(from {group.relation} order by position)", column, "counted")
    if is_number and not (dates.dates and "%" in dates.dates[0]) and lexicon.DAY not in lexicon.kinds(name):
        # Any number of five digits may be a day of a spreadsheet; only a name tells it from an id.
        dates = DateStyle()
    return _Profile(
        name=name,
        rows=group.rows,
        filled=int(filled),
        distinct=distinct,
        examples=tuple(examples),
        shapes=shapes,
        dates=dates,
        is_time=times > MIN_SHARE,
        is_list=brackets > MIN_SHARE or (commas >= 2 and not is_number and not dates.dates),
        mean_length=length,
        has_fraction=has_fraction,
        has_typed_values=name in group.tables[0].typed_columns,
    )


class _Inspector:
    """Finds the parts among groups of files."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path, ask: Ask) -> None:
        self.connection = connection
        self.folder = folder
        self.ask = ask
        self.checks: list[str] = []
        self.understood: list[Understood] = []
        self.misfits: list[str] = []

    def proposal(self, groups: Sequence[_Group], notices: Sequence[str]) -> Proposal:
        sales_group = self._sales_group(groups)
        parts: dict[str, _PartDraft] = {}
        if sales_group is not None:
            parts["sales"] = self._sales(sales_group)
        others = [group for group in groups if group is not sales_group]
        for name in ("products", "customers"):
            group, key, role = self._described(name, others, parts.get("sales"))
            if group is not None:
                parts[name] = self._description(name, group, key, role)
        if "sales" in parts:
            self._attributes_of_sales(parts)
        if not parts or ("sales" not in parts and "customers" not in parts):
            names = ", ".join(f"{group.name} ({', '.join(list(group.columns)[:6])})" for group in groups)
            cure = "write a segmart.yml that says which column is what"
            raise InspectionError([*notices, f"none of the files looks like sales or customers: {names}; {cure}."])
        used = {id(part.group) for part in parts.values()}
        unused = [group for group in groups if id(group) not in used]
        more = [f"{', '.join(table.name for table in group.tables)} is not used." for group in unused]
        for name, part in parts.items():
            self._judge_format(name, part)
        for name, part in parts.items():
            self._show(name, part)
        misfits = [misfit for misfit in self.misfits if any(group.name in misfit for group in unused)]
        return Proposal(self._yaml(parts), tuple(self.understood), (*notices, *more, *misfits), tuple(self.checks))

    # Sales

    def _sales_group(self, groups: Sequence[_Group]) -> _Group | None:
        """The group that has most of what sales have: days, products, receipts, amounts."""
        scored = []
        for group in groups:
            roles = self._named_roles(group)
            has_list = any(column.is_list for column in group.columns.values())
            has_day = any(column.is_day for column in group.columns.values()) and "sold_at" in roles
            has_product = bool({"product_id", "product_name"} & set(roles))
            has_money = bool({"sales_amount", "price"} & set(roles))
            has_receipt = "receipt_id" in roles
            customer = roles.get("customer_id")
            is_customers = (
                customer is not None and group.columns[customer].is_key and not has_receipt and not has_product
            )
            is_customers = is_customers or _describes_people(group)
            points = (
                2 * has_day
                + has_product
                + has_money
                + has_receipt
                + 3 * (has_list and (has_receipt or customer is not None))
            )
            if points >= 3 and not is_customers and (has_day or has_list):
                scored.append((points, group.rows, group))
        return max(scored, key=lambda entry: entry[:2])[2] if scored else None

    def _named_roles(self, group: _Group) -> dict[str, str]:
        """Role -> the column that its name and content fit best; ``price`` and ``time`` are found along with roles."""
        candidates = []
        for column in group.columns.values():
            if column.is_empty:
                continue
            for role in (*lexicon.ROLE_STEMS, "product_name", "units", "price", "time"):
                score = _score(column, role)
                if score >= _MIN_ROLE_SCORE:
                    position = list(group.columns).index(column.name)
                    candidates.append((-score, position, role, column.name))
        roles: dict[str, str] = {}
        for _, _, role, name in sorted(candidates):
            if role not in roles and name not in roles.values():
                roles[role] = name
        return roles

    def _sales(self, group: _Group) -> _PartDraft:
        draft = _PartDraft(group)
        roles = self._named_roles(group)
        if "sold_at" not in roles:
            days = [column.name for column in group.columns.values() if column.is_day]
            if days:
                roles["sold_at"] = days[0]
                self._check(draft, "sold_at", f"is {days[0]} the day of the sale?")
        lists = [column for column in group.columns.values() if column.is_list]
        if lists and not {"sales_amount", "units"} & set(roles):
            best = max(lists, key=lambda column: (lexicon.matches(column.name, lexicon.LIST_STEMS), column.mean_length))
            roles = {role: name for role, name in roles.items() if name != best.name}
            roles = {role: name for role, name in roles.items() if role not in ("product_id", "product_name")}
            roles["product_list"] = best.name
            self._list_separator(draft, best)
        self._find_amount(draft, roles)
        self._find_discounts(draft, roles)
        self._find_products(draft, roles)
        self._find_receipt(draft, roles)
        draft.roles = {
            role: source for role in SALES_ROLES if (source := draft.roles.get(role) or roles.get(role)) is not None
        }
        if "time" in roles and "sold_at" in draft.roles:
            self._add_time(draft, roles["time"])
        self._find_services(draft)
        return draft

    def _list_separator(self, draft: _PartDraft, column: _Profile) -> None:
        """The mark between products of lists without brackets: the one that most lists have."""
        if any(example.startswith("[") for example in column.examples):
            return
        counts = []
        for mark in (",", ";", "|", "/"):
            blank = mark + " "
            text = sql_name(column.name)
            query = (
                f"select count(*) filter (where contains({text}, {sql_text(mark)})),"
                f" sum(length({text}) - length(replace({text}, {sql_text(mark)}, ''))),"
                f" sum((length({text}) - length(replace({text}, {sql_text(blank)}, ''))) / 2) from"
                f" {draft.group.relation}"
            )
            rows, marks, with_blank = self.connection.execute(query).fetchall()[0]
            counts.append((rows or 0, mark, float(marks or 0), float(with_blank or 0)))
        _, mark, marks, with_blank = max(counts, key=lambda entry: entry[0])
        draft.format["list_separator"] = mark + " " if marks and with_blank > marks * 0.8 else mark

    def _find_amount(self, draft: _PartDraft, roles: dict[str, str]) -> None:
        """The amount of a line: a column, or units times price; what multiplies to what proves more than names."""
        group = draft.group
        if "product_list" in roles:
            return
        taken = {
            roles[role] for role in ("sold_at", "receipt_id", "customer_id", "store_id", "product_id") if role in roles
        }
        numbers = [
            column.name
            for column in group.columns.values()
            if column.is_number and column.name not in taken and column.distinct > 1 and not column.is_day
        ]
        product = self._product_of_columns(group, numbers)
        if product is not None:
            units, price, amount = product
            roles["units"], roles["price"], roles["sales_amount"] = units, price, amount
            return
        if "sales_amount" in roles:
            return
        if "price" in roles and "units" in roles:
            price, units = roles["price"], roles["units"]
            grows = self._grows_with_units(group, price, units)
            if lexicon.is_modified(price, "total") or (grows and not lexicon.is_modified(price, "unit")):
                roles["sales_amount"] = price
                self._check(draft, "sales_amount", f"is {price} what the whole line cost, not one piece?")
            else:
                draft.roles["sales_amount"] = f"= {_in_sql(units)} * {_in_sql(price)}"
                if grows:
                    cure = f"if it is one, write sales_amount: {price}"
                    self._check(draft, "sales_amount", f"{price} grows with {units} like the price of a line; {cure}")
        elif "price" in roles:
            roles["sales_amount"] = roles["price"]
        else:
            decimals = [name for name in numbers if group.columns[name].has_decimals and name not in roles.values()]
            if decimals:
                roles["sales_amount"] = decimals[-1]
                self._check(draft, "sales_amount", f"is {decimals[-1]} what the line cost?")

    def _find_discounts(self, draft: _PartDraft, roles: dict[str, str]) -> None:
        """Discounts of several kinds stand in columns of their own; together they are the discount."""
        names = [
            column.name
            for column in draft.group.columns.values()
            if _score(column, "discount_amount") >= _MIN_ROLE_SCORE
            and (column.name not in roles.values() or roles.get("discount_amount") == column.name)
        ]
        if len(names) > 1:
            draft.roles["discount_amount"] = "= " + " + ".join(map(_in_sql, names))

    def _product_of_columns(self, group: _Group, names: Sequence[str]) -> tuple[str, str, str] | None:
        """Three columns of which the third is the product of the first, with more whole numbers, and the second."""
        if not 3 <= len(names) <= 12:
            return None
        style = self._style(group, names)
        values = ", ".join(
            f"cast({number_sql(sql_name(name), *style)} as double) as {sql_name(name)}" for name in names
        )
        self.connection.execute(
            f"create or replace temp table numbers as select {values} from {group.relation} limit 20000"
        )
        best: tuple[float, tuple[str, str, str]] | None = None
        for amount in names:
            for position, first in enumerate(names):
                for second in names[position + 1 :]:
                    if amount in (first, second):
                        continue
                    a, b, c = (sql_name(name) for name in (first, second, amount))
                    query = (
                        f"select count(*), count(*) filter (where abs({a} * {b} - {c}) <= 0.011),"
                        f" count(*) filter (where {a} = trunc({a})), count(*) filter (where {b} = trunc({b})) from"
                        f" numbers"
                        f" where {a} <> 0 and {b} not in (0, 1) and {a} <> 1 and {c} is not null"
                    )
                    rows, hits, whole_a, whole_b = self.connection.execute(query).fetchall()[0]
                    if rows >= 5 and hits / rows > 0.95 and (best is None or hits / rows > best[0]):
                        is_first = (lexicon.COUNT in lexicon.kinds(first), whole_a) >= (
                            lexicon.COUNT in lexicon.kinds(second),
                            whole_b,
                        )
                        units, price = (first, second) if is_first else (second, first)
                        best = (hits / rows, (units, price, amount))
        return best[1] if best else None

    def _grows_with_units(self, group: _Group, price: str, units: str) -> bool:
        """Whether a product's price grows with its units: then it is the whole line's."""
        roles = self._named_roles(group)
        product = roles.get("product_id") or roles.get("product_name")
        if product is None:
            return False
        style = self._style(group, [price, units])
        price_value, units_value = (number_sql(sql_name(name), *style) for name in (price, units))
        query = (
            f"with lines as (select {sql_name(product)} as product, {price_value} as price, {units_value} as units from"
            f" {group.relation}), prices as (select product, units, median(price) as price from lines where units >"
            f" 0 and"
            " price > 0 group by all), pairs as (select few.price as low, many.price as high, many.units /"
            " few.units as times"
            " from prices as few inner join prices as many on few.product = many.product and few.units < many.units)"
            " select count(*) filter (where abs(high - low) < 0.15 * low), count(*) filter (where abs(high - low *"
            " times)"
            " < 0.15 * high) from pairs"
        )
        same, grown = self.connection.execute(query).fetchall()[0]
        return grown > same

    def _find_products(self, draft: _PartDraft, roles: dict[str, str]) -> None:
        if "product_name" in roles:
            self._check_letters(draft, roles["product_name"])
        if {"product_id", "product_name", "product_list"} & set(roles):
            name = roles.get("product_id")
            column = draft.group.columns[name] if name else None
            if column and "product_name" not in roles and not column.is_number and column.mean_length > 0:
                has_id = lexicon.ID in lexicon.kinds(column.name) or column.has_typed_values
                looks_named = any(
                    re.search(r"[a-zà-ÿ]{3,}|[^\W\d_]+ [^\W\d_]+", example) for example in column.examples
                )
                if looks_named and not has_id:
                    roles["product_name"] = roles.pop("product_id")
            return
        taken = set(roles.values()) | set(draft.roles.values())
        texts = [
            column
            for column in draft.group.columns.values()
            if column.name not in taken
            and not column.is_number
            and not column.is_day
            and not column.is_time
            and column.distinct > 1
        ]
        if texts:
            best = max(texts, key=lambda column: column.distinct)
            roles["product_name"] = best.name
            self._check(draft, "product_name", f"is {best.name} what was sold?")
        else:
            draft.roles["product_name"] = "= 'all products'"
            self._check(draft, "product_name", "no column names what was sold, so all lines count as one product")

    def _check_letters(self, draft: _PartDraft, name: str) -> None:
        """Letters that were encoded twice: `Ã±` for `ñ`."""
        query = (
            f"select min({sql_name(name)}) from {draft.group.relation}"
            f" where regexp_matches({sql_name(name)}, '[ÃÂ][\\x{{80}}-\\x{{BF}}]')"
        )
        found = self.connection.execute(query).fetchall()[0][0]
        if found:
            self._check(draft, "product_name", f"`{found}` was encoded twice by the program that wrote it")

    def _find_receipt(self, draft: _PartDraft, roles: dict[str, str]) -> None:
        """A column whose values each have one moment and one customer, and often several lines in a row."""
        if "receipt_id" in roles or "product_list" in roles or "sold_at" not in roles:
            return
        group = draft.group
        taken = set(roles.values())
        day = sql_name(roles["sold_at"])
        for column in group.columns.values():
            if column.name in taken or column.is_day or column.is_time or column.has_decimals or column.distinct < 2:
                continue
            if column.filled != group.rows or not 1.05 <= group.rows / column.distinct <= 100:
                continue
            if (
                self._follows(group, column.name, day)
                and column.distinct > group.columns[roles["sold_at"]].distinct / 2
            ):
                days = group.columns[roles["sold_at"]].distinct
                if column.distinct >= days * 0.5 and not lexicon.role_score(column.name, "product_id"):
                    roles["receipt_id"] = column.name
                    self._check(draft, "receipt_id", f"is {column.name} the number of the receipt?")
                    return

    def _follows(self, group: _Group, key: str, expression: str) -> bool:
        query = (
            f"select avg(cast(variants <= 1 as integer)) from (select count(distinct {expression}) as variants"
            f" from {group.relation} where {sql_name(key)} is not null group by {sql_name(key)})"
        )
        return (self.connection.execute(query).fetchall()[0][0] or 0) >= _DEPENDENT_SHARE

    def _add_time(self, draft: _PartDraft, time: str) -> None:
        day = draft.roles["sold_at"]
        dates = draft.group.columns[day].dates.dates
        if not dates or any(re.search("%[HI]", pattern) for pattern in dates) or not draft.group.columns[time].is_time:
            return
        examples = draft.group.columns[day].examples
        if any(":" in example for example in examples):
            return
        draft.roles["sold_at"] = f"= {_in_sql(day)} || ' ' || {_in_sql(time)}"

    def _find_services(self, draft: _PartDraft) -> None:
        """Lines that are no goods, by the names of services, fees and of nothing."""
        if "product_list" in draft.roles or draft.roles.get("product_name", "=").startswith("="):
            return
        key = draft.roles.get("product_id") or draft.roles["product_name"]
        role = "product_id" if "product_id" in draft.roles else "product_name"
        query = (
            f"select {trimmed_sql(sql_name(key))} as product,"
            f" mode({trimmed_sql(sql_name(draft.roles['product_name']))}), count(*)"
            f" from {draft.group.relation} group by product having product is not null order by 3 desc, 1"
        )
        products = self.connection.execute(query).fetchall()
        named = [product for product, name, _ in products if name and lexicon.SERVICES.fullmatch(name.strip())]
        # A code of goods that only once was booked under such a name is none; codes of services look different.
        usual = _usual_looks([product for product, *_ in products])
        found = [product for product in named if role == "product_name" or _look(product) not in usual]
        if found:
            draft.not_goods[role] = list({product.casefold(): product for product in reversed(found[:40])}.values())[
                ::-1
            ]
            self._check(draft, "not_goods", "these look like services, fees or nothing: leave goods out of the list")

    def _attributes_of_sales(self, parts: dict[str, _PartDraft]) -> None:
        """What lines of sales say about products and customers, if no other file does."""
        sales = parts["sales"]
        group = sales.group
        used = {name for name in sales.roles.values() if not name.startswith("=")}
        used |= {
            name
            for name in group.columns
            if any(_in_sql(name) in text for text in sales.roles.values() if text[:1] == "=")
        }
        texts = [
            column
            for column in group.columns.values()
            if column.name not in used
            and not column.is_day
            and not column.is_time
            and not column.is_list
            and not column.has_decimals
            and 1 < column.distinct <= _MAX_VALUES
        ]
        for part, role in (("products", "product_id"), ("products", "product_name"), ("customers", "customer_id")):
            key = sales.roles.get(role, "=")
            if part in parts or key.startswith("=") or (role == "product_name" and "product_id" in sales.roles):
                continue
            found = {}
            for column in texts:
                keys = group.columns[key].distinct
                if column.distinct <= keys / 2 and self._follows(group, key, sql_name(column.name)):
                    if column.is_number and not lexicon.matches(column.name, lexicon.ATTRIBUTE_STEMS["age"]):
                        continue
                    found[_attribute_name(column.name, found)] = (column.name, "text")
            if found:
                parts[part] = _PartDraft(group, roles={role: key}, attributes=found)

    # Products and customers

    def _described(
        self, part: str, groups: Sequence[_Group], sales: _PartDraft | None
    ) -> tuple[_Group | None, str, str]:
        """The group that describes products or customers, its key, and the role of the key."""
        roles = ("product_id", "product_name") if part == "products" else ("customer_id",)
        best: tuple[float, _Group, str, str] | None = None
        for group in groups:
            for column in group.columns.values():
                if (
                    column.is_empty
                    or column.distinct < 0.5 * max(column.filled, 1)
                    or column.is_day
                    or column.has_decimals
                ):
                    continue
                for role in roles:
                    score = self._key_score(group, column, role, sales)
                    if score > 0 and (best is None or score > best[0]):
                        best = (score, group, column.name, role)
        return (best[1], best[2], best[3]) if best else (None, "", "")

    def _key_score(self, group: _Group, column: _Profile, role: str, sales: _PartDraft | None) -> float:
        named = lexicon.role_score(column.name, role)
        if sales is None:
            is_first_id = lexicon.ID in lexicon.kinds(column.name) and column.is_key
            return (named + 1 if named and column.is_key else 0.5 * is_first_id) if role == "customer_id" else 0
        source = sales.roles.get(role, "=")
        if source.startswith("=") and not (role == "product_name" and "product_list" in sales.roles):
            return 0
        reader = customer_sql if role == "customer_id" else id_sql
        if role == "product_name" and "product_list" in sales.roles:
            separator = str(sales.format.get("list_separator", ","))
            sold = f"unnest({list_sql(sql_name(sales.roles['product_list']), separator)})"
        else:
            sold = reader(sql_name(source), True)
        query = (
            f"with sold as (select distinct id from (select {sold} as id from {sales.group.relation}) where id is"
            f" not null),"
            f" listed as (select distinct {reader(sql_name(column.name), True)} as id from {group.relation})"
            " select (select count(*) from sold), (select count(*) from sold inner join listed using (id)), (select"
            " count(*) from listed)"
        )
        ids, joined, listed = self.connection.execute(query).fetchall()[0]
        share = joined / max(min(ids, listed), 1)
        least = 0.9 if not named else _JOIN_SHARE if named < 3 or not column.is_key else _NAMED_JOIN_SHARE
        if share < least:
            if named >= _MIN_ROLE_SCORE and column.is_key:
                sentence = f"{group.name} does not join: {joined} of {listed} values of {column.name} occur"
                self.misfits.append(f"{sentence} in {sales.group.name} ({source}).")
            return 0
        return share + named + column.is_key

    def _description(self, part: str, group: _Group, key: str, role: str) -> _PartDraft:
        draft = _PartDraft(group, roles={role: key})
        roles = self._named_roles(group)
        if part == "products" and role == "product_id":
            name = roles.get("product_name")
            if (
                name
                and name != key
                and not group.columns[name].is_number
                and group.columns[name].distinct > group.rows * 0.3
            ):
                draft.roles["product_name"] = name
        for column in group.columns.values():
            if column.name in draft.roles.values() or column.is_empty or column.is_list:
                continue
            kind = "day" if column.is_day else "number" if self._is_quantity(column) else "text"
            is_unique = column.distinct > 0.9 * column.filled and column.filled > 20
            if kind == "text" and (is_unique or (part == "customers" and column.distinct > _MAX_VALUES)):
                continue
            draft.attributes[_attribute_name(column.name, draft.attributes)] = (column.name, kind)
        return draft

    @staticmethod
    def _is_quantity(column: _Profile) -> bool:
        """Whether a column's numbers are quantities, not numbered things such as postal codes and manufacturers."""
        if not column.is_number or number_share(column.shapes) < 0.999:
            return False
        with_zeros = any(re.match("^0[0-9]", shape.example) for shape in column.shapes)
        return not with_zeros and lexicon.ID not in lexicon.kinds(column.name)

    # How files are written

    def _style(self, group: _Group, names: Sequence[str]) -> tuple[str, str]:
        style = judge_numbers({name: group.columns[name].shapes for name in names})
        return style.decimal, style.thousands

    def _judge_format(self, name: str, draft: _PartDraft) -> None:
        layouts = [table.layout for table in draft.group.tables]
        first = layouts[0]
        entries: dict[str, str | list[str]] = {}
        if first.kind == CSV and len({(layout.delimiter, layout.quote) for layout in layouts}) == 1:
            if first.delimiter != ",":
                entries["delimiter"] = {"\t": "tab"}.get(first.delimiter, first.delimiter)
            if first.quote == "" and first.delimiter != "blanks":
                entries["quote"] = "none"
        encodings = {layout.encoding for layout in layouts if layout.kind == CSV}
        if len(encodings) == 1 and encodings != {"utf-8"}:
            entries["encoding"] = next(iter(encodings))
            if entries.get("encoding") not in ("utf-16", "utf-16-le", "utf-16-be"):
                self._check_encoding(draft, str(entries["encoding"]))
        if len({layout.header_line for layout in layouts}) == 1 and first.header_line != 1:
            entries["header_line"] = str(first.header_line)
            if first.header_line == 0:
                self._check(draft, "header_line", "no line of this file looks like names of columns")
        if first.sheet and any(
            "#" in table.name or "only the sheet" in " ".join(table.notices) for table in draft.group.tables[:1]
        ):
            entries["sheet"] = first.sheet
        self._judge_numbers(draft, entries)
        self._judge_dates(draft, entries)
        self._judge_padding(draft, entries)
        draft.format = entries | draft.format

    def _check_encoding(self, draft: _PartDraft, encoding: str) -> None:
        for column in draft.group.columns.values():
            query = (
                f"select min(word) from (select regexp_extract({sql_name(column.name)}, '[^ ]*[^ -~][^ ]*', 0) as word"
                f" from {draft.group.relation}) where word <> ''"
            )
            word = self.connection.execute(query).fetchall()[0][0]
            if word:
                self._check(draft, "encoding", f"are the letters right in `{word}`?")
                return

    def _judge_numbers(self, draft: _PartDraft, entries: dict[str, str | list[str]]) -> None:
        names = [
            draft.roles[role]
            for role in ("units", "sales_amount", "cost_amount", "discount_amount")
            if not draft.roles.get(role, "=").startswith("=")
        ]
        names += [
            name
            for name in draft.group.columns
            if _in_sql(name) in draft.roles.get("sales_amount", "") and name not in names
        ]
        names += [column for column, kind in draft.attributes.values() if kind == "number"]
        columns = [draft.group.columns[name] for name in names if name in draft.group.columns]
        style = judge_numbers({column.name: column.shapes for column in columns if not column.has_typed_values})
        if not style.is_proven:
            other = "." if style.decimal == "," else ","
            answers = {
                style.decimal: f"the mark of decimals is {_mark(style.decimal)}",
                other: f"the mark of decimals is {_mark(other)}",
            }
            answer = self.ask(Question(f"{draft.group.name}: {style.reason}.", answers))
            if answer is None:
                self._check(draft, "decimal", style.reason)
            elif answer != style.decimal:
                style = replace(style, decimal=other, thousands=style.decimal)
        draft.numbers = style
        has_groups = any("," in shape.text or "." in shape.text for column in columns for shape in column.shapes)
        is_usual = style.decimal == "." and style.thousands in (",", ".")
        if not style.is_proven or (has_groups and not is_usual):
            entries["decimal"], entries["thousands"] = style.decimal, style.thousands

    def _judge_dates(self, draft: _PartDraft, entries: dict[str, str | list[str]]) -> None:
        source = draft.roles.get("sold_at")
        styles = []
        if source is None:
            styles = [draft.group.columns[column].dates for column, kind in draft.attributes.values() if kind == "day"]
        elif source.startswith("="):
            styles = [judge_dates(self.connection, draft.group.relation, source.removeprefix("=").strip())]
        else:
            styles = [draft.group.columns[source].dates]
        if not styles:
            return
        style = styles[0]
        dates = style.dates
        if not style.is_proven:
            answers = {"\n".join(dates): _meaning(dates), **{other: _meaning((other,)) for other in style.other}}
            answer = self.ask(Question(f"{draft.group.name}: {style.reason}.", answers))
            if answer is None:
                self._check(draft, "dates", style.reason)
            else:
                dates = tuple(answer.split("\n"))
        if dates and dates != ("iso",):
            entries["dates"] = dates[0] if len(dates) == 1 else list(dates)

    def _judge_padding(self, draft: _PartDraft, entries: dict[str, str | list[str]]) -> None:
        """Blanks around most of a column's ids are padding; around a few they are part of the id, or slips."""
        for role, source in draft.roles.items():
            if role.endswith("_id") and source in draft.group.columns:
                text = sql_name(source)
                query = f"select avg(cast({text} <> trim({text}) as integer)) from {draft.group.relation}"
                if (self.connection.execute(query).fetchall()[0][0] or 0) > 0.5:
                    entries["trim_ids"] = "true"

    def _check(self, draft: _PartDraft, key: str, sentence: str) -> None:
        draft.checks[key] = sentence
        self.checks.append(f"{draft.group.name}, {key}: {sentence}")

    # What is shown and written

    def _show(self, part: str, draft: _PartDraft) -> None:
        file = (
            draft.group.name
            if len(draft.group.tables) == 1
            else f"{draft.group.name} and {len(draft.group.tables) - 1} more"
        )
        rows = [(role, source) for role, source in draft.roles.items()]
        rows += [(f"attribute {name} ({kind})", column) for name, (column, kind) in draft.attributes.items()]
        for role, source in rows:
            examples = "" if source.startswith("=") else " | ".join(draft.group.columns[source].examples)
            self.understood.append(Understood(file, source, f"{part}: {role}", examples, draft.checks.get(role, "")))

    def _yaml(self, parts: Mapping[str, _PartDraft]) -> str:
        lines = [
            "# Which file and which column plays which role. Lines with `check:` are guesses that the files don't"
            " prove.",
            f"name: {_dataset_name(self.folder)}",
        ]
        for name, draft in parts.items():
            lines += ["", f"{name}:", f"  files: {self._files(draft.group)}"]
            if draft.format:
                lines.append("  format:")
                for key, value in draft.format.items():
                    shown = f"[{', '.join(map(_quoted, value))}]" if isinstance(value, list) else _shown(key, value)
                    lines.append(f"    {key}: {shown}{_comment(draft.checks, key)}")
            lines.append("  columns:")
            lines += [
                f"    {role}: {_scalar(source)}{_comment(draft.checks, role)}" for role, source in draft.roles.items()
            ]
            if draft.not_goods:
                lines.append(f"  not_goods:{_comment(draft.checks, 'not_goods')}")
                lines += [f"    {role}: [{', '.join(map(_scalar, found))}]" for role, found in draft.not_goods.items()]
            if draft.attributes:
                lines.append("  attributes:")
                for attribute, (column, kind) in draft.attributes.items():
                    dates = draft.group.columns[column].dates.dates if kind == "day" else ()
                    more = f", type: {kind}" if kind != "text" or draft.group.columns[column].is_number else ""
                    own = (
                        dates
                        if dates and [*dates] not in ([draft.format.get("dates")], draft.format.get("dates"), ["iso"])
                        else ()
                    )
                    more += f", dates: {_quoted(own[0])}" if own else ""
                    value = f"{{column: {_scalar(column)}{more}}}" if more else _scalar(column)
                    lines.append(f"    {_scalar(attribute)}: {value}")
        return "\n".join(lines) + "\n"

    def _files(self, group: _Group) -> str:
        names = list(dict.fromkeys(table.name.partition("#")[0] for table in group.tables))
        if len(names) == 1:
            return _scalar(names[0])
        everything = [path.relative_to(self.folder).as_posix() for path in data_files(self.folder)]
        prefix, suffix = _common_start(names), _common_start([name[::-1] for name in names])[::-1]
        pattern = f"{prefix}*{suffix}"
        if len(prefix) + len(suffix) > 3 and sorted(fnmatch.filter(everything, pattern)) == sorted(names):
            return _quoted(pattern)
        return f"[{', '.join(map(_scalar, names))}]"


def _common_start(names: Sequence[str]) -> str:
    """What all names begin with."""
    first, last = min(names), max(names)
    return first[: next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))]


def _describes_people(group: _Group) -> bool:
    """Whether a file has one row per person: an id in every row, and more than one thing that people have."""
    keys = [column for column in group.columns.values() if column.is_key and lexicon.ID in lexicon.kinds(column.name)]
    return bool(keys) and sum(lexicon.matches(name, lexicon.PERSON_STEMS) for name in group.columns) >= 2


def _score(column: _Profile, role: str) -> float:
    """How well a column fits a role, by its name and by what it must hold."""
    if role == "time":
        return 3.0 if column.is_time else 0.0
    if role == "price":
        is_price = lexicon.PRICE in lexicon.kinds(column.name) and not lexicon.is_modified(column.name, "total")
        return 3.0 if is_price and column.is_number else 0.0
    score = lexicon.role_score(column.name, role)
    if role == "sold_at":
        return score if column.is_day and (score or lexicon.DAY in lexicon.kinds(column.name)) else 0.0
    if column.is_time or (column.is_day and not (column.is_number and role.endswith("_id"))):
        return 0.0
    if role in ("units", "sales_amount", "discount_amount", "cost_amount"):
        return score if column.is_number else 0.0
    if column.is_list:
        return 0.0
    if role == "product_name":
        return score if not column.is_number else 0.0
    if role in ("receipt_id", "customer_id", "product_id", "store_id") and column.has_decimals:
        return 0.0
    return score


def _look(product: str) -> str:
    return re.sub("[0-9]+", "9", re.sub(r"[^\W\d]+", "a", product))


def _usual_looks(products: Sequence[str]) -> set[str]:
    """Looks of the codes of goods: those that more than a few products have."""
    looks = Counter(_look(product) for product in products)
    return {look for look, count in looks.items() if count > 0.02 * len(products)}


def _attribute_name(column: str, taken: Mapping[str, object]) -> str:
    """A name in snake case; what is in every shop's files has one name in all languages."""
    own = [word for word in lexicon.words(column) if not lexicon.matches(word, lexicon.ROLE_STEMS["product_id"])]
    for name, stems in lexicon.ATTRIBUTE_STEMS.items():
        if len(own) == 1 and lexicon.matches(own[0], stems) and name not in taken:
            return name
    return "_".join(lexicon.words(column)) or snake_case(column)


def _in_sql(name: str) -> str:
    """A column's name in an expression."""
    return name if re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name) and name.lower() not in _SQL_WORDS else sql_name(name)


_SQL_WORDS = frozenset(
    lexicon.word_list(
        "all and any as asc between both by case cast check column constraint create cross default desc"
        " distinct do else end except false fetch for foreign from full grant group having in initially inner"
        " intersect into is join leading left like limit natural not null offset on only or order outer"
        " primary references returning right select some table then to trailing true union unique user using"
        " when where window with"
    )
)


def _meaning(dates: Sequence[str]) -> str:
    """What a pattern makes of an example, for a person who is asked."""
    names = {"excel": "days since 1899-12-30", "excel1904": "days since 1904-01-01", "iso": "2018-12-31"}
    return " or ".join(names.get(pattern, _example_of(pattern)) for pattern in dates)


def _example_of(pattern: str) -> str:
    order = "the day first" if pattern.find("%d") < pattern.find("%m") else "the month first"
    return f"{pattern}: {order}"


def _mark(mark: str) -> str:
    return {".": "a point", ",": "a comma"}.get(mark, mark)


def _dataset_name(folder: Path) -> str:
    """The folder's name as a dataset's, which no public layout has."""
    plain = snake_case(folder.resolve().name).encode("ascii", "ignore").decode()
    name = re.sub("[^a-z0-9]+", "_", plain).strip("_")[:37]
    if name in PUBLIC_LAYOUTS:
        return f"my_{name}"
    return name if re.match("[a-z]", name) else f"my_{name or 'shop'}"


def _comment(checks: Mapping[str, str], key: str) -> str:
    return f"  # check: {checks[key]}" if key in checks else ""


def _shown(key: str, value: str) -> str:
    """A setting as YAML writes it: marks and patterns in quotes, names and numbers plain."""
    return _quoted(value) if key in ("delimiter", "decimal", "thousands", "dates", "list_separator") else _scalar(value)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t") + '"'


def _scalar(text: str) -> str:
    """A text as YAML writes it, in quotes only where it needs them."""
    is_plain = re.fullmatch(r"[^\W\d][\w ./()+-]*|[0-9]+", text) and not text.endswith(" ")
    is_plain = is_plain and text.lower() not in ("null", "true", "false", "yes", "no", "on", "off", "y", "n")
    return text if is_plain else _quoted(text)


def write_proposal(folder: Path, proposal: Proposal, target: Path | None = None) -> Path | None:
    """Write a proposal where no file is yet.

    Args:
        folder: The folder that was inspected.
        proposal: What is proposed.
        target: The file; None is `FILE_NAME` in the folder.

    Returns:
        The file that was written; None if there is one already, which stays as it is.
    """
    path = target or folder / FILE_NAME
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(proposal.text)
    except FileExistsError:
        return None
    return path


def table_of(understood: Sequence[Understood], width: int = 110) -> str:
    """What was understood, as a table of plain text.

    Args:
        understood: One row each.
        width: Longest line.
    """
    heading = ("file", "column", "is understood as", "for example")
    rows = [heading, *((row.file, row.column, row.role, row.examples) for row in understood)]
    widths = [min(max(len(row[position]) for row in rows), 34) for position in range(3)]
    lines = []
    for row in rows:
        cells = [_cut(cell, size).ljust(size) for cell, size in zip(row[:3], widths, strict=True)]
        lines.append(_cut("  ".join([*cells, row[3].replace("\n", " ")]), width).rstrip())
    lines.insert(1, "  ".join("-" * size for size in widths) + "  " + "-" * 11)
    return "\n".join(lines)


def _cut(text: str, size: int) -> str:
    return text if len(text) <= size else text[: size - 1] + "…"
