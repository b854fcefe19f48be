"""``segmart.yml``: which file and which column plays which role, read and checked as a whole."""

from __future__ import annotations

import datetime
import difflib
import re
from collections.abc import Mapping as AbstractMapping
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

FILE_NAME = "segmart.yml"

PUBLIC_LAYOUTS = ("chips", "shop", "campaign", "grocery")
"""Datasets that are found by the folder of their name, and have settings of their own."""

MOMENT, NUMBER, TEXT, ID, LIST = "moment", "number", "text", "id", "list"

SALES_ROLES = {
    "sold_at": MOMENT,
    "receipt_id": ID,
    "customer_id": ID,
    "store_id": ID,
    "product_id": ID,
    "product_name": TEXT,
    "product_list": LIST,
    "units": NUMBER,
    "sales_amount": NUMBER,
    "cost_amount": NUMBER,
    "discount_amount": NUMBER,
}
"""Role of a column of sales -> how its texts are read."""

PRODUCT_ROLES = {"product_id": ID, "product_name": TEXT}
CUSTOMER_ROLES = {"customer_id": ID}

ROLES: dict[str, dict[str, str]] = {"sales": SALES_ROLES, "products": PRODUCT_ROLES, "customers": CUSTOMER_ROLES}
"""Part of a mapping -> its roles."""

ATTRIBUTE_TYPES = ("text", "number", "day")
NAMED_DATES = ("iso", "excel", "excel1904", "unix")
"""What ``dates`` may be besides a pattern such as ``%d.%m.%Y``: days and moments as ISO 8601 writes them, days
counted by
a spreadsheet from 1899-12-30 or 1904-01-01, seconds since 1970."""

BLANKS = "blanks"
"""The delimiter of columns that any number of blanks separates."""

_EXPRESSION = re.compile(r"=\s*(.+)", re.DOTALL)
_DATASET_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_PART_KEYS = ("files", "format", "columns", "attributes", "not_goods", "is_goods")
_FORMAT_KEYS = (
    "delimiter",
    "quote",
    "decimal",
    "thousands",
    "encoding",
    "dates",
    "header_line",
    "sheet",
    "list_separator",
    "trim_ids",
)
_SETTINGS_KEYS = ("max_quantity", "max_rejected_share", "as_of_date")
_DELIMITER_NAMES = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}


class MappingError(ValueError):
    """A ``segmart.yml`` that can't be used.

    Attributes:
        problems: One sentence per wrong entry, with file, line and cure.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Source:
    """Where a role's values are from: a column of the file, or an SQL expression over its columns.

    Attributes:
        text: Name of the column, or the expression without its equals sign.
        is_expression: Which of both.
        line: Line of the mapping file; 0 if the mapping was made otherwise.
    """

    text: str
    is_expression: bool = False
    line: int = 0


@dataclass(frozen=True)
class Attribute:
    """What a file says about a product or customer besides its roles.

    Attributes:
        source: Where the values are from.
        type: ``text``, ``number`` or ``day``; None is judged from all values of the file.
        dates: How its days are written; empty as the format of the part says.
    """

    source: Source
    type: str | None = None
    dates: tuple[str, ...] = ()


@dataclass(frozen=True)
class FileFormat:
    """How the files of a part are written. What is None or empty is judged from each file.

    Attributes:
        delimiter: Between fields; `BLANKS` for any number of blanks.
        quote: Around fields that hold a delimiter; empty text if there is none.
        decimal: Mark before the decimals of a number.
        thousands: Mark between groups of three digits; empty text if there is none.
        encoding: Name of a Python codec.
        dates: Patterns of ``strptime`` and names in `NAMED_DATES`, tried in this order.
        header_line: Line of the column names, from 1; 0 if there are none, and columns are ``column 1`` and so on.
        sheet: Name of a workbook's sheet.
        list_separator: Between the products of a list that is not written with brackets.
        trim_ids: Whether blanks around an id are padding.
    """

    delimiter: str | None = None
    quote: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    encoding: str | None = None
    dates: tuple[str, ...] = ()
    header_line: int | None = None
    sheet: str | None = None
    list_separator: str | None = None
    trim_ids: bool = False


@dataclass(frozen=True)
class Part:
    """Files of one kind: sales, products or customers.

    Attributes:
        name: Which kind.
        files: Patterns, names or folders, relative to the mapping's folder.
        format: How the files are written.
        columns: Role -> where its values are from.
        attributes: Name in snake case -> what else is read.
        not_goods: Role -> values of lines that are services, fees and the like; ``*`` stands for any text.
        is_goods: Expression that is false for such lines.
        line: Line of the mapping file.
    """

    name: str
    files: tuple[str, ...]
    columns: AbstractMapping[str, Source]
    format: FileFormat = FileFormat()
    attributes: AbstractMapping[str, Attribute] = field(default_factory=dict)
    not_goods: AbstractMapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_goods: Source | None = None
    line: int = 0


@dataclass(frozen=True)
class Settings:
    """Settings of one dataset.

    Attributes:
        max_quantity: Lines of more units are refused; None refuses none.
        max_rejected_share: Largest share of rows or of money that may be refused, from 0 to 1.
        as_of_date: Day that recency is counted to, later sales are left out; None is the last day sold.
    """

    max_quantity: float | None = None
    max_rejected_share: float = 0.05
    as_of_date: datetime.date | None = None


@dataclass(frozen=True)
class Mapping:
    """A retailer's files and what their columns mean.

    Attributes:
        name: Value of the column ``dataset``.
        path: The mapping file.
        folder: What the names of raw files are relative to.
        parts: The parts that there are, by name.
        settings: Settings of the dataset.
    """

    name: str
    path: Path
    folder: Path
    parts: AbstractMapping[str, Part]
    settings: Settings = Settings()

    @property
    def sales(self) -> Part | None:
        """Files of sales."""
        return self.parts.get("sales")

    @property
    def products(self) -> Part | None:
        """Files that describe products."""
        return self.parts.get("products")

    @property
    def customers(self) -> Part | None:
        """Files that describe customers."""
        return self.parts.get("customers")


def read_mapping(path: Path, folder: Path | None = None) -> Mapping:
    """Read a mapping file and check every entry.

    Args:
        path: The file, or the folder that holds `FILE_NAME`.
        folder: What names of raw files are relative to; None is the mapping file's folder.

    Returns:
        The mapping.

    Raises:
        MappingError: If anything is wrong, with one sentence per problem.
    """
    path = path / FILE_NAME if path.is_dir() else path
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise MappingError([f"{path} does not exist; `segmart inspect {path.parent}` proposes one."]) from None
    except UnicodeDecodeError:
        raise MappingError([f"{path} is not encoded as UTF-8: save it as UTF-8."]) from None
    reader = _Reader(path.name)
    mapping = reader.mapping(text, path, folder or path.parent)
    if reader.problems:
        raise MappingError([problem for _, problem in sorted(reader.problems, key=lambda problem: problem[0])])
    assert mapping is not None
    return mapping


def snake_case(name: str) -> str:
    """A name as attributes are called: lower case, words joined by underlines, no other characters."""
    return re.sub(r"\W+", "_", name.strip().casefold()).strip("_") or "attribute"


def nearest(name: str, names: Sequence[str]) -> str | None:
    """The name that somebody who wrote another one most likely meant, or None."""
    by_plain_name = {re.sub(r"[\W_]+", "", known.casefold()): known for known in names}
    close = difflib.get_close_matches(re.sub(r"[\W_]+", "", name.casefold()), list(by_plain_name), n=1, cutoff=0.7)
    return by_plain_name[close[0]] if close else None


class _Reader:
    """Turns YAML nodes into a mapping and collects what is wrong with them."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[tuple[int, str]] = []

    def mapping(self, text: str, path: Path, folder: Path) -> Mapping | None:
        root = self._parse(text)
        if root is None:
            return None
        entries = self._entries(root, "", ("name", "settings", *ROLES))
        parts = {name: self._part(name, *entries[name]) for name in ROLES if name in entries}
        if "sales" not in parts and "customers" not in parts:
            self._problem(root, "there is neither `sales` nor `customers`: name the files of one of them.")
        return Mapping(
            self._name(root, entries), path, folder, parts, self._settings(*entries.get("settings", (None, None)))
        )

    def _parse(self, text: str) -> yaml.Node | None:
        if not text.strip():
            self.problems.append((1, f"{self.file} is empty; `segmart inspect` proposes what to write."))
            return None
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else 1
            written = text.splitlines()[line - 1].strip() if line <= len(text.splitlines()) else ""
            cure = 'put texts with * % : , ; # { or " into quotes, and indent by blanks, not by tabs'
            message = f"{self.file}, line {line}: `{written}` is no YAML ({error.problem}): {cure}."
            self.problems.append((line, message))
            return None
        if not isinstance(root, yaml.MappingNode):
            self.problems.append((1, f"{self.file}, line 1: expected entries such as `name: my_shop`."))
            return None
        return root

    def _problem(self, node: yaml.Node, sentence: str) -> None:
        line = node.start_mark.line + 1
        self.problems.append((line, f"{self.file}, line {line}: {sentence}"))

    def _entries(
        self, node: yaml.Node, where: str, known: Sequence[str] | None
    ) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        """Key -> the nodes of key and value; unknown and repeated keys are problems, entries without a value absent."""
        if not isinstance(node, yaml.MappingNode):
            if not _is_null(node):
                self._problem(node, f"`{where}` needs entries of the form `key: value`.")
            return {}
        found: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            full_name = f"{where}.{name}".strip(".")
            if known is not None and name not in known:
                guess = nearest(name, known)
                cure = f"did you mean `{guess}`?" if guess else f"there are {', '.join(known)}."
                self._problem(key, f"`{full_name}` is not known; {cure}")
            elif name in found:
                first = found[name][0].start_mark.line + 1
                self._problem(key, f"`{full_name}` stands in line {first} already: keep one of them.")
            elif not _is_null(value):
                found[name] = (key, value)
        return found

    def _text(self, node: yaml.Node, where: str) -> str:
        if isinstance(node, yaml.ScalarNode):
            return node.value
        self._problem(node, f"`{where}` needs one text.")
        return ""

    def _texts(self, node: yaml.Node, where: str) -> tuple[str, ...]:
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        return tuple(self._text(item, where) for item in nodes)

    def _name(self, root: yaml.Node, entries: dict[str, tuple[yaml.Node, yaml.Node]]) -> str:
        if "name" not in entries:
            self._problem(root, "`name` is missing: write `name: my_shop`, the name of this dataset.")
            return ""
        name = self._text(entries["name"][1], "name").strip()
        if not _DATASET_NAME.fullmatch(name):
            cure = "use up to 40 small letters, digits and underlines, a letter first, such as `my_shop`."
            self._problem(entries["name"][1], f"`{name}` can't be the name of a dataset: {cure}")
        elif name in PUBLIC_LAYOUTS:
            cure = f"it is that of a public layout, with settings of its own; write `my_{name}`, for example."
            self._problem(entries["name"][1], f"`{name}` can't be the name of this dataset: {cure}")
        return name

    def _part(self, name: str, key: yaml.Node, node: yaml.Node) -> Part:
        goods = ("not_goods", "is_goods") if name == "sales" else ()
        attributes = () if name == "sales" else ("attributes",)
        known = [entry for entry in _PART_KEYS if entry in ("files", "format", "columns", *goods, *attributes)]
        entries = self._entries(node, name, known)
        return Part(
            name=name,
            files=self._files(name, key, entries),
            columns=self._columns(name, key, entries),
            format=self._format(name, entries["format"][1]) if "format" in entries else FileFormat(),
            attributes=self._attributes(name, entries["attributes"][1]) if "attributes" in entries else {},
            not_goods=self._not_goods(entries["not_goods"][1]) if "not_goods" in entries else {},
            is_goods=self._is_goods(entries["is_goods"][1]) if "is_goods" in entries else None,
            line=key.start_mark.line + 1,
        )

    def _files(self, name: str, key: yaml.Node, entries: dict[str, tuple[yaml.Node, yaml.Node]]) -> tuple[str, ...]:
        files = self._texts(entries["files"][1], f"{name}.files") if "files" in entries else ()
        if not [file for file in files if file.strip()]:
            self._problem(
                key, f'`{name}.files` is missing: name a file, a list, a folder or a pattern such as "*.csv".'
            )
        return files

    def _columns(self, name: str, key: yaml.Node, entries: dict[str, tuple[yaml.Node, yaml.Node]]) -> dict[str, Source]:
        if "columns" not in entries:
            self._problem(key, f"`{name}.columns` is missing: say which column plays which role.")
            return {}
        node = entries["columns"][1]
        written = self._entries(node, f"{name}.columns", tuple(ROLES[name]))
        columns = {role: self._source(value, f"{name}.columns.{role}") for role, (_, value) in written.items()}
        for sentence in _missing_roles(name, columns):
            self._problem(entries["columns"][0], sentence)
        return columns

    def _source(self, node: yaml.Node, where: str) -> Source:
        text = self._text(node, where).strip()
        line = node.start_mark.line + 1
        match = _EXPRESSION.fullmatch(text)
        if match:
            return Source(match[1].strip(), True, line)
        if not text or text == "=":
            self._problem(node, f"`{where}` is empty: name a column of the file, or write null.")
        return Source(text, False, line)

    def _is_goods(self, node: yaml.Node) -> Source:
        source = self._source(node, "sales.is_goods")
        if not source.is_expression:
            cure = "write an SQL expression after an equals sign, such as \"= StockCode not like 'GIFT%'\"."
            self._problem(node, f"`sales.is_goods` is no expression: {cure}")
        return source

    def _not_goods(self, node: yaml.Node) -> dict[str, tuple[str, ...]]:
        known = ("product_id", "product_name")
        entries = self._entries(node, "sales.not_goods", known)
        return {role: self._texts(value, f"sales.not_goods.{role}") for role, (_, value) in entries.items()}

    def _attributes(self, name: str, node: yaml.Node) -> dict[str, Attribute]:
        attributes: dict[str, Attribute] = {}
        for written, (key, value) in self._entries(node, f"{name}.attributes", None).items():
            attribute = snake_case(written)
            if attribute in attributes:
                self._problem(key, f"`{name}.attributes` has `{attribute}` twice: rename one of them.")
            attributes[attribute] = self._attribute(value, f"{name}.attributes.{written}")
        return attributes

    def _attribute(self, node: yaml.Node, where: str) -> Attribute:
        if not isinstance(node, yaml.MappingNode):
            return Attribute(self._source(node, where))
        entries = self._entries(node, where, ("column", "type", "dates"))
        if "column" not in entries:
            self._problem(node, f"`{where}` lacks the entry `column`.")
            return Attribute(Source(""))
        kind = self._text(entries["type"][1], where).strip() if "type" in entries else None
        if kind is not None and kind not in ATTRIBUTE_TYPES:
            self._problem(entries["type"][1], f"`{kind}` is no type: use {', '.join(ATTRIBUTE_TYPES)}.")
        dates = self._dates(entries["dates"][1], f"{where}.dates") if "dates" in entries else ()
        return Attribute(self._source(entries["column"][1], where), kind, dates)

    def _format(self, name: str, node: yaml.Node) -> FileFormat:
        where = f"{name}.format"
        entries = {key: value for key, (_, value) in self._entries(node, where, _FORMAT_KEYS).items()}
        texts = {key: self._text(value, f"{where}.{key}") for key, value in entries.items() if key != "dates"}
        for key, text in texts.items():
            if text == "" and key not in ("quote", "thousands"):
                self._problem(entries[key], f"`{where}.{key}` is empty: write its value in quotes, or leave it out.")
        file_format = FileFormat(
            delimiter=self._delimiter(entries, texts, where),
            quote=None if "quote" not in texts else "" if texts["quote"] in ("", "none") else texts["quote"],
            decimal=self._one_of(entries, texts, where, "decimal", (".", ",")),
            thousands=self._thousands(entries, texts, where),
            encoding=self._encoding(entries, texts, where),
            dates=self._dates(entries["dates"], f"{where}.dates") if "dates" in entries else (),
            header_line=self._whole_number(entries, texts, where, "header_line"),
            sheet=texts.get("sheet"),
            list_separator=texts.get("list_separator"),
            trim_ids=self._one_of(entries, texts, where, "trim_ids", ("true", "false")) == "true",
        )
        if file_format.decimal is not None and file_format.decimal == file_format.thousands:
            cure = "they are the same mark, and one number can't have it for both."
            self._problem(node, f"`{where}.decimal` and `{where}.thousands`: {cure}")
        if file_format.quote is not None and len(file_format.quote) > 1:
            self._problem(entries["quote"], f"`{where}.quote` is one character or `none`.")
        return file_format

    def _delimiter(self, entries: dict[str, yaml.Node], texts: dict[str, str], where: str) -> str | None:
        written = texts.get("delimiter")
        if written is None or written == BLANKS:
            return written
        delimiter = _DELIMITER_NAMES.get(written, BLANKS if written.isspace() and written != "\t" else written)
        if delimiter != BLANKS and len(delimiter) != 1:
            cure = f'use one character such as ";", or `tab`, or `{BLANKS}` for columns that blanks separate.'
            self._problem(entries["delimiter"], f"`{where}.delimiter` is `{written}`: {cure}")
        return delimiter

    def _thousands(self, entries: dict[str, yaml.Node], texts: dict[str, str], where: str) -> str | None:
        if texts.get("thousands") in ("", "none"):
            return ""
        return self._one_of(entries, texts, where, "thousands", (".", ",", " ", "'", "’"))

    def _encoding(self, entries: dict[str, yaml.Node], texts: dict[str, str], where: str) -> str | None:
        encoding = texts.get("encoding")
        if encoding is not None:
            try:
                "ä".encode(encoding, errors="replace")
            except LookupError:
                cure = "use utf-8, cp1252 (western Windows), cp1250 (central Europe), latin-1 or utf-16."
                self._problem(entries["encoding"], f"`{where}.encoding` is `{encoding}`, which is not known: {cure}")
                return None
        return encoding

    def _one_of(
        self, entries: dict[str, yaml.Node], texts: dict[str, str], where: str, key: str, allowed: Sequence[str]
    ) -> str | None:
        written = texts.get(key)
        if written is not None and written not in allowed and written != "":
            shown = " or ".join(f'"{value}"' for value in allowed)
            self._problem(entries[key], f"`{where}.{key}` is `{written}`: use {shown}.")
        return written

    def _whole_number(self, entries: dict[str, yaml.Node], texts: dict[str, str], where: str, key: str) -> int | None:
        written = texts.get(key)
        if written is None:
            return None
        if not re.fullmatch(r"[0-9]{1,6}", written):
            self._problem(entries[key], f"`{where}.{key}` is `{written}`: use a whole number, 0 if there is no header.")
            return None
        return int(written)

    def _dates(self, node: yaml.Node, where: str) -> tuple[str, ...]:
        dates = tuple(re.sub(r"\s*1904$", "1904", text) for text in self._texts(node, where))
        for text in dates:
            if text not in NAMED_DATES and not re.search("%[A-Za-z]", text):
                cure = f'use a pattern such as "%d.%m.%Y", or one of {", ".join(NAMED_DATES)}.'
                self._problem(node, f"`{where}` is `{text}`: {cure}")
        return dates

    def _settings(self, key: yaml.Node | None, node: yaml.Node | None) -> Settings:
        if node is None:
            return Settings()
        entries = {name: value for name, (_, value) in self._entries(node, "settings", _SETTINGS_KEYS).items()}
        written = {name: self._text(value, f"settings.{name}") for name, value in entries.items()}
        settings = Settings()
        numbers = {}
        for name in ("max_quantity", "max_rejected_share"):
            if name in written:
                numbers[name] = self._positive(entries[name], name, written[name])
        share = numbers.get("max_rejected_share")
        if share is not None and share > 1:
            self._problem(entries["max_rejected_share"], "`settings.max_rejected_share` is a share: 0.05 for 5 %.")
        as_of_date = None
        if "as_of_date" in written:
            try:
                as_of_date = datetime.date.fromisoformat(written["as_of_date"].strip())
            except ValueError:
                cure = "write the day as 2018-12-31."
                self._problem(entries["as_of_date"], f"`settings.as_of_date` is `{written['as_of_date']}`: {cure}")
        return Settings(
            max_quantity=numbers.get("max_quantity"),
            max_rejected_share=settings.max_rejected_share if share is None else share,
            as_of_date=as_of_date,
        )

    def _positive(self, node: yaml.Node, name: str, written: str) -> float | None:
        if re.fullmatch(r"[0-9]+([.][0-9]+)?", written.strip()):
            return float(written)
        self._problem(node, f"`settings.{name}` is `{written}`: use a number such as 0.05 or 200.")
        return None


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _missing_roles(part: str, columns: AbstractMapping[str, Source]) -> list[str]:
    """What a part lacks that nothing can be made without."""
    sentences = []
    products = {"product_id", "product_name", "product_list"} & set(columns)
    if part == "sales":
        if not products:
            cure = "name the column of the product's id or name, or write \"= 'all products'\" if the file has none."
            sentences.append(f"`sales.columns` has neither product_id nor product_name nor product_list: {cure}")
        if "product_list" not in columns and "sold_at" not in columns:
            sentences.append("`sales.columns` lacks sold_at, the day or moment of the sale.")
        if "product_list" in products and len(products) > 1:
            cure = "a file has either one line per product or one line per basket."
            sentences.append(f"`sales.columns` has product_list beside product_id or product_name: {cure}")
        if "product_list" in products and {"units", "sales_amount"} & set(columns):
            cure = "they belong to a product, not to a whole basket."
            sentences.append(f"`sales.columns` has units or sales_amount beside product_list: {cure}")
    elif part == "products" and not products:
        sentences.append("`products.columns` has neither product_id nor product_name.")
    elif part == "customers" and "customer_id" not in columns:
        sentences.append("`customers.columns` lacks customer_id.")
    return sentences
