"""How raw files are read: every column as text, whatever the layout that CSV allows, and never written to."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import pytest
import yaml
from dbt_runs import ROOT, DbtRun, run_dbt
from small_files import CUSTOMERS, HEADER, LINE, SEED, Case, lines, load_case, run_cases

COLUMNS = HEADER.split(",")
ROW = tuple(LINE.split(","))

NAMES = {
    "comma": ('"Larkmoor, Salt 175g"', "Larkmoor, Salt 175g"),
    "doubled quotes": ('"Larkmoor ""Salt"" 175g"', 'Larkmoor "Salt" 175g'),
    "quote inside": ('Larkmoor 12" Salt 175g', 'Larkmoor 12" Salt 175g'),
    "line feed": ('"Larkmoor\nSalt 175g"', "Larkmoor\nSalt 175g"),
    "runs of blanks": ("Larkmoor   Salt  175g ", "Larkmoor   Salt  175g "),
    "accents": ("Lärkmoor Café 175g", "Lärkmoor Café 175g"),
    "empty": ("", None),
    "quoted empty": ('""', ""),
    "null as a word": ("NULL", "NULL"),
    "number": ("007", "007"),
}
"""What about a name is special -> how it stands in the file, what is loaded."""

OTHER_LETTERS = ("Crème", "É", "Straße", "Sœl", "O’Larkmoor", "盐", "€")
"""In UTF-8 some of them have bytes that Latin-1 does not use."""

SHUFFLED = ["TOT_SALES", "PROD_NAME", "DATE", "TXN_ID", "PROD_QTY", "PROD_NBR", "STORE_NBR", "LYLTY_CARD_NBR"]

CASES = {
    "plain": Case(lines(LINE)),
    "byte order mark": Case("\ufeff" + lines(LINE)),
    "byte order mark and quoted header": Case("\ufeff" + lines(LINE, header='"' + HEADER.replace(",", '","') + '"')),
    "carriage returns": Case(lines(LINE, end="\r\n"), CUSTOMERS.replace("\r\n", "\n")),
    "no line end at the end": Case(lines(LINE).rstrip("\n"), CUSTOMERS.rstrip("\r\n")),
    "blank lines at the end": Case(lines(LINE, "", ""), CUSTOMERS + "\r\n"),
    "columns in another order": Case(
        lines(",".join(ROW[COLUMNS.index(name)] for name in SHUFFLED), header=",".join(SHUFFLED))
    ),
    "further columns": Case(
        lines(f'x,{LINE},"1,5"', header=f'till,{HEADER},"note, ""old"""'), CUSTOMERS.replace("\r\n", ",x\r\n")
    ),
    "header in other case with blanks": Case(
        lines(LINE, header=" , ".join(COLUMNS).lower()), CUSTOMERS.replace("LIFESTAGE", " LifeStage")
    ),
    "compressed": Case(None, None, {
        "transaction_data.csv.gz": gzip.compress(lines(LINE).encode()),
        "purchase_behaviour.csv.gz": gzip.compress(CUSTOMERS.encode()),
    }),
    "blanks, an apostrophe and brackets in the path": Case(folder="it's [our] own data"),
    "slash at the end of the path": Case(setting="{}/"),
    "relative path": Case(setting="./data"),
}  # fmt: skip
"""Files that all hold the same row."""

BY_DBT = ["blanks, an apostrophe and brackets in the path", "relative path"]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, DbtRun]:
    cases = {name: Case(**{**vars(CASES[name]), "arguments": SEED}) for name in BY_DBT}
    return run_cases(cases, tmp_path_factory.mktemp("loading"))


@pytest.mark.parametrize("case", CASES)
def test_layout_does_not_matter(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = load_case(CASES[case], tmp_path)
    assert [row[:-1] for row in found["transaction_data"].succeeded().rows] == [ROW]
    customers = sorted(row[:-1] for row in found["purchase_behaviour"].succeeded().rows)
    assert customers == [("1000", "RETIREES", "Budget"), ("1001", "NEW FAMILIES", "Premium")]
    assert found["transaction_data"].columns == [(name, "VARCHAR") for name in [*COLUMNS, "raw_file"]]


@pytest.mark.parametrize("case", BY_DBT)
def test_dbt_loads_the_same_rows(loaded: dict[str, DbtRun], case: str) -> None:
    run = loaded[case].succeeded()
    assert run.rows("select * exclude (raw_file) from raw.transaction_data") == [ROW]
    customers = run.rows("select * exclude (raw_file) from raw.purchase_behaviour order by all")
    assert customers == [("1000", "RETIREES", "Budget"), ("1001", "NEW FAMILIES", "Premium")]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_fields_are_read_as_csv_says(end: str, tmp_path: Path) -> None:
    """An empty field is null, a quoted empty field an empty text; nothing else is changed or guessed."""
    rows = [LINE.replace("Larkmoor Salt 175g", written) for written, _ in NAMES.values()]
    assert names_of(Case(lines(*rows, end=end)), tmp_path) == [name for _, name in NAMES.values()]


def test_all_of_utf_8_is_read(tmp_path: Path) -> None:
    rows = [LINE.replace("Larkmoor", word) for word in OTHER_LETTERS]
    assert names_of(Case(lines(*rows)), tmp_path) == [f"{word} Salt 175g" for word in OTHER_LETTERS]


def names_of(case: Case, folder: Path) -> list[str | None]:
    """What is loaded as PROD_NAME."""
    rows = load_case(case, folder)["transaction_data"].succeeded().rows
    return [row[COLUMNS.index("PROD_NAME")] for row in rows]


def test_seeds_can_be_shown_selected_and_refreshed(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What dbt can do with a seed, the project's own materialization can do, too."""
    folder = tmp_path_factory.mktemp("seed")
    seeded = run_dbt(folder, "seed", "--select", "brand_aliases", "rfm_segments").succeeded()
    assert set(seeded.statuses) == {"seed.segmart.brand_aliases", "seed.segmart.rfm_segments"}
    types = dict(seeded.rows("select column_name, column_type from (describe reference.rfm_segments)"))
    assert (types["rfm_segment"], types["r_min"], types["is_loyal"]) == ("VARCHAR", "INTEGER", "BOOLEAN")
    shown = run_dbt(folder, "show", "--select", "brand_aliases").succeeded()
    assert "AMBRWLD" in shown.output
    again = run_dbt(folder, "seed", "--full-refresh", "--select", "brand_aliases").succeeded()
    assert set(again.statuses) == {"seed.segmart.brand_aliases"}
    assert again.rows("select count(*) > 20 from reference.brand_aliases") == [(True,)]
    assert again.rows("select count(*) > 5 from reference.rfm_segments") == [(True,)]


SETTINGS = {
    "halves": ({"delimiter": ";"}, "The seed halves sets delimiter, which this project does not support"),
    "quoted": ({"quote_columns": True}, "The seed quoted sets quote_columns, which this project does not support"),
    "typed": ({"column_types": {"rent": "integer"}}, "/typed.csv has in the column rent the value 'low', not integer"),
}
"""Seed -> its configuration, what the error says."""


def test_settings_of_a_seed_are_honoured_or_refused(tmp_path: Path) -> None:
    tiny = tmp_path / "tiny"
    (tiny / "seeds" / "reference").mkdir(parents=True)
    (tiny / "models").mkdir()
    shutil.copy(ROOT / "models" / "staging" / "sources.yml", tiny / "models")
    project = {
        "name": "tiny",
        "profile": "segmart",
        "macro-paths": [str(ROOT / "macros")],
        "on-run-start": "{{ create_raw_files() }}",
        "vars": {"raw_view_bytes": 1},
    }
    (tiny / "dbt_project.yml").write_text(yaml.safe_dump(project), encoding="utf-8")
    for name, (settings, _) in SETTINGS.items():
        about = {"name": name, "columns": [{"name": "shop"}, {"name": "rent"}], "config": settings}
        file = tiny / "seeds" / "reference" / f"{name}.csv"
        file.write_text("shop,rent\na,7\nb,low\n", encoding="utf-8")
        file.with_suffix(".yml").write_text(yaml.safe_dump({"seeds": [about]}), encoding="utf-8")
    run = run_dbt(tmp_path / "run", "seed", project=tiny, cwd=tiny)
    assert run.failures == [f"seed.tiny.{name}" for name in SETTINGS]
    for _, message in SETTINGS.values():
        assert message in run.output


def test_reference_tables_are_read_from_the_project(loaded: dict[str, DbtRun]) -> None:
    """SEGMART_DATA replaces raw files only."""
    written_by_loading = {"raw_files", "read_files"}
    assert loaded["relative path"].tables("raw") == {"transaction_data", "purchase_behaviour"} | written_by_loading
    assert loaded["relative path"].tables("reference") == set()
