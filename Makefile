# make build   everything: environment, seeds, models, data tests
# make report  published/report.html, from the marts of the last build
# make test    lint, unit tests, pytest, builds
# make freshness   how old the data of the last build are; DAYS=7 fails if they are older
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TESTS_OF_FILES := $(addprefix tests/python/test_,bad_input.py loading.py publishing.py raw_tables.py)

.PHONY: pytest-shared-builds pytest-files pytest-others build report test lint format docs sample requirements clean freshness

build: $(READY)
	$(BIN)/dbt build --exclude-resource-type unit_test

report: $(READY)
	$(BIN)/segmart report

freshness: $(READY)
	$(BIN)/dbt --quiet run-operation freshness --args '{max_days: $(or $(DAYS),null)}'

# Four jobs, because each of them waits a lot; what they print comes in one piece at their end.
test: $(READY)
	$(MAKE) --jobs 4 --output-sync=target lint pytest-shared-builds pytest-files pytest-others

pytest-shared-builds: $(READY)
	$(BIN)/pytest -m shared_builds

pytest-files: $(READY)
	$(BIN)/pytest -m "not shared_builds" $(TESTS_OF_FILES)

pytest-others: $(READY)
	$(BIN)/pytest -m "not shared_builds" $(addprefix --ignore=,$(TESTS_OF_FILES))

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/sqlfluff lint --disable-progress-bar models tests/singular analyses

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix --disable-progress-bar models tests/singular analyses

# Descriptions and lineage in one page, target/static_index.html.
docs: $(READY)
	$(BIN)/dbt docs generate --static

# The committed sample; the same bytes every time.
sample: $(READY)
	$(BIN)/python -m tools.synthesize --dataset chips --out seeds/sample
	$(BIN)/python -m tools.synthesize --dataset shop --out seeds/sample
	$(BIN)/python -m tools.synthesize --dataset campaign --out seeds/sample
	$(BIN)/python -m tools.synthesize --dataset grocery --out seeds/sample
	$(BIN)/python -m tools.synthesize --dataset general --out seeds/sample

# Needs uv on the path; everybody else installs what the file pins.
requirements:
	uv pip compile pyproject.toml --extra dev --extra metrics --universal --python-version 3.11 --generate-hashes --no-strip-extras \
		--no-annotate --no-header --quiet --output-file requirements.txt

clean:
	rm -rf $(VENV) target logs warehouse/*.duckdb* published

$(READY): requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Segmart needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(READY)
