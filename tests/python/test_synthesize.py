"""The command that writes synthetic raw files: the same bytes every time, other rows with another seed."""

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pandas as pd
import pytest

from tools.synthesize import WRITERS, _files, campaign, chips, general, grocery, shop
from tools.synthesize.__main__ import DATASETS, main

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "seeds" / "sample"
TRANSACTIONS = "transaction_data.csv"

SMALLEST = {
    "chips": {"lines": chips.MIN_LINES},
    "shop": {"customers": shop.MIN_CUSTOMERS},
    "campaign": {"customers": campaign.MIN_CUSTOMERS},
    "grocery": {"customers": grocery.MIN_CUSTOMERS, "baskets": grocery.MIN_BASKETS},
    "general": {"customers": general.MIN_CUSTOMERS},
}
"""Size of the smallest sample of each dataset."""

DRAWN_FILES = [
    ("chips", TRANSACTIONS, "lines"),
    ("shop", "shop_customers.csv", "customers"),
    ("campaign", "marketing_data.csv", "customers"),
    ("grocery", "customer_info.csv", "customers"),
    ("grocery", "customer_basket.csv", "baskets"),
]
"""Files whose rows depend on the seed, and the option that says how many rows they have."""


def synthesize(dataset: str, out: Path, *arguments: str) -> int:
    """Run the command for the smallest sample of a dataset."""
    sizes = [f"--{option}={size}" for option, size in SMALLEST[dataset].items()]
    return main(["--dataset", dataset, "--out", str(out), *sizes, *arguments])


def digests(folder: Path) -> dict[str, str]:
    """File name -> digest of its bytes."""
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


# The files


def test_every_dataset_of_the_command_has_a_writer() -> None:
    assert set(DATASETS) == set(WRITERS) == set(SMALLEST)


@pytest.mark.parametrize("dataset", DATASETS)
def test_default_run_reproduces_the_committed_files(dataset: str, tmp_path: Path) -> None:
    assert main(["--dataset", dataset, "--out", str(tmp_path / "first")]) == 0
    WRITERS[dataset](tmp_path / "second")
    written = {path.name for path in (tmp_path / "second" / dataset).iterdir()}
    committed = {
        name: digest
        for name, digest in digests(COMMITTED / dataset).items()
        if name.endswith(".csv") or name in written
    }
    assert digests(tmp_path / "first" / dataset) == committed
    assert digests(tmp_path / "second" / dataset) == committed


def test_the_sample_is_small_enough_for_a_repository() -> None:
    sizes = {path.name: path.stat().st_size for path in COMMITTED.glob("*/*.csv")}
    assert len(sizes) > len(DATASETS)
    assert max(sizes.values()) < 2_500_000


@pytest.mark.parametrize(("dataset", "name", "option"), DRAWN_FILES)
def test_another_seed_gives_other_rows(dataset: str, name: str, option: str, tmp_path: Path) -> None:
    texts = []
    for seed in ("5", "6"):
        assert synthesize(dataset, tmp_path / seed, "--seed", seed) == 0
        texts.append((tmp_path / seed / dataset / name).read_text("utf-8-sig").splitlines())
    (header, *first), (other_header, *second) = texts
    rows = SMALLEST[dataset][option]
    assert header == other_header
    assert len(first) == len(second) == rows
    assert len(set(first) & set(second)) < rows / 100


@pytest.mark.parametrize("order", [("csv", "csv"), ("csv", "parquet"), ("parquet", "csv"), ("parquet", "parquet")])
def test_a_table_that_is_there_in_any_format_stays_as_it_is(
    order: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert synthesize("shop", tmp_path, "--format", order[0]) == 0
    before = digests(tmp_path / "shop")
    assert synthesize("shop", tmp_path, "--format", order[1]) == 1
    assert "holds the same table" in capsys.readouterr().err
    assert digests(tmp_path / "shop") == before


def test_only_files_of_the_sample_are_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_files, "SAMPLE", tmp_path / "sample")
    for out, exit_code in (("sample", 0), ("own", 1)):
        file = tmp_path / out / "shop" / "shop_customers.csv"
        file.parent.mkdir(parents=True)
        file.write_text("raw")
        assert synthesize("shop", tmp_path / out) == exit_code
        assert (file.read_text() == "raw") is bool(exit_code)


def test_files_that_are_written_as_they_are_replace_none_of_somebody_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert synthesize("general", tmp_path) == 0
    before = digests(tmp_path / "general")
    assert synthesize("general", tmp_path, "--seed", "5") == 1
    assert "is there: remove it, or write elsewhere" in capsys.readouterr().err
    assert digests(tmp_path / "general") == before


# The command line


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--dataset", "chips", "--lines", "many"], "argument --lines: invalid int value: 'many'"),
        (["--dataset", "chips", "--lines", "0"], f"lines must be at least {chips.MIN_LINES}, not 0"),
        (["--dataset", "chips", "--customers", "999"], "customers must be at least 1000, not 999"),
        (["--dataset", "chips", "--customers", "19000"], "lines must be 2 to 100 times as many as customers, not 1.05"),
        (["--dataset", "chips", "--products", "41"], "products must be at least 42, not 41"),
        (["--dataset", "chips", "--products", "99999"], "products must be at most 1559"),
        (["--dataset", "chips", "--format", "xml"], "argument --format: invalid choice: 'xml'"),
        (["--dataset", "shop", "--customers", "499"], f"customers must be at least {shop.MIN_CUSTOMERS}, not 499"),
        (["--dataset", "campaign", "--customers", "499"], "customers must be at least 500, not 499"),
        (["--dataset", "grocery", "--customers", "499"], "customers must be at least 500, not 499"),
        (["--dataset", "general", "--customers", "599"], "customers must be at least 600, not 599"),
        (["--dataset", "general", "--format", "parquet"], "general is written as csv only"),
        (["--dataset", "grocery", "--baskets", "4999"], "baskets must be at least 5000, not 4999"),
        *((["--dataset", dataset, "--seed", "-1"], "seed must be 0 or more, not -1") for dataset in DATASETS),
        *(
            (["--dataset", dataset, option, "9000"], f"{option}: not an option of --dataset {dataset}, use {usable}")
            for dataset, option, usable in (
                ("chips", "--baskets", "--lines or --customers or --products"),
                ("shop", "--lines", "--customers"),
                ("campaign", "--lines", "--customers"),
                ("grocery", "--lines", "--customers or --baskets"),
                ("general", "--lines", "--customers"),
            )
        ),
        (["--dataset", "crisps"], "argument --dataset: invalid choice: 'crisps'"),
        ([], "required: --dataset"),
    ],
)
def test_wrong_arguments_are_refused(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--out", str(tmp_path / "out"), *arguments])
    assert stop.value.code == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_unwritable_directory_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("not a directory")
    assert synthesize("chips", occupied) == 1
    error = capsys.readouterr().err
    assert f"cannot write to {occupied}" in error
    assert occupied.read_text() == "not a directory"


def test_a_failed_write_keeps_the_former_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_files, "SAMPLE", tmp_path)
    assert synthesize("chips", tmp_path, "--seed", "1") == 0
    before = digests(tmp_path / "chips")

    def fail(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(pd.DataFrame, "to_csv", fail)
    with pytest.raises(OSError, match="disk full"):
        WRITERS["chips"](tmp_path, chips.MIN_LINES, seed=2)
    assert digests(tmp_path / "chips") == before


def test_the_module_runs_from_the_root_of_the_project(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tools.synthesize", "--dataset", "shop", "--out", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == f"wrote {tmp_path / 'shop'}\n"


def test_the_installed_package_has_no_generator() -> None:
    assert not (ROOT / "src" / "segmart" / "synthesize").exists()
    help_ = subprocess.run([sys.executable, "-m", "segmart.cli", "--help"], capture_output=True, text=True, check=True)
    assert "report" in help_.stdout
    assert "synthesize" not in help_.stdout
