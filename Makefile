# make build   everything: environment, seeds, models, data tests, report, and a summary of one screen
# make environment  only .venv
# make report  published/report.html, from the marts of the last build
# make check   before a commit: lint of what changed, tests that need no dbt, one build of the sample
# make test    everything that CI checks: lint of what the last 20 commits changed, pytest, builds
# make test-long  what CI leaves to the night: builds with other settings and seeds, benchmarks, degenerate shops
# make lint    style of all files, which CI leaves to the night, too
# make test-spark  macros/portability and the sample on DuckDB and on Spark, which needs Java
# make test-spark-long   a cluster that loses a worker, Spark Connect, public and odd files
# make parse-next  what the next version of dbt says of the project
# make sbom        what the project is made of, as CycloneDX: target/sbom.json
# make audit       whether anything of that has a known vulnerability; asks a service on the network
# make same-result   the same rows in 20 other circumstances have to give the same marts; takes an hour
# make fuzz    reads damaged files and judges what becomes of them; MUTANTS=200 SEED=2 for others than 1,000 of seed 1
# make torture kills, fills disks, takes rights away and reads meanwhile; TRIES=10 for fewer than 50 of each
# make site    docs and report in one folder, site/, for a static web server
# make freshness   how old the data of the last build are; DAYS=7 fails if they are older
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
NEXT := .venv-dbt2
SPARK := .venv-spark
AUDIT := .venv-audit
# What `make check` compares with: only SQL files that differ from this commit are linted.
SINCE = $(shell git merge-base HEAD main 2> /dev/null || echo HEAD)
# What `make test` compares with; a clone without a history lints everything.
RECENT = $(shell git rev-parse --quiet --verify HEAD~20 || git hash-object -t tree /dev/null)
TESTS_OF_FILES := $(addprefix tests/python/test_,bad_input.py loading.py publishing.py raw_tables.py)
TESTS_OF_BUILDS := $(addprefix tests/python/test_,by_file.py degenerate_shops.py front_door_build.py materializations.py)
ELSEWHERE := $(addprefix --ignore=,$(TESTS_OF_FILES) $(TESTS_OF_BUILDS))

.PHONY: build environment report freshness check lint-changed lint-recent check-library check-generator check-build test test-long \
	pytest-shared-builds pytest-files pytest-builds pytest-library pytest-others pytest-long pytest-long-shared-builds \
	test-spark test-spark-long parse-next sbom audit same-result fuzz torture lint lint-python lint-sql format docs site sample requirements clean

build: $(READY)
	$(BIN)/segmart build

environment: $(READY)

report: $(READY)
	$(BIN)/segmart report

freshness: $(READY)
	$(BIN)/dbt --quiet run-operation freshness --args '{max_days: $(or $(DAYS),null)}'

# The build has a database and parsed files of its own, so that yours stay as they are.
check: $(READY)
	$(MAKE) --jobs 2 --output-sync=target lint-changed check-library check-generator check-build

lint-recent: SINCE = $(RECENT)
lint-changed lint-recent: lint-python
	@files=$$( (git diff --name-only --diff-filter=d $(SINCE); git ls-files --others --exclude-standard) \
		| grep -E '^(models|tests/singular|analyses)/.*[.]sql$$' | sort -u || true); \
	if [ -n "$$files" ]; then $(BESIDE) $(BIN)/sqlfluff lint --disable-progress-bar $$files; else echo "no SQL has changed"; fi

check-library: $(READY)
	$(BIN)/pytest -m "library and not long" --ignore-glob='tests/python/test_synthesize*'

check-generator: $(READY)
	$(BIN)/pytest -m "library and not long" tests/python/test_synthesize*.py

check-build: $(READY)
	@mkdir -p target/check
	SEGMART_DATABASE=target/check/segmart.duckdb SEGMART_PUBLISHED=target/check/marts.duckdb \
		$(BIN)/dbt --quiet build --exclude-resource-type unit_test --target-path target/check

# Six jobs, because each of them waits a lot; what they print comes in one piece at their end. The first is the longest, and the others
# stand back for it.
BESIDE := nice -n 10

test: $(READY)
	$(MAKE) --jobs 6 --output-sync=target pytest-shared-builds lint-recent pytest-files pytest-builds pytest-library \
		pytest-others

pytest-shared-builds: $(READY)
	$(BIN)/pytest -m "shared_builds and not long"

pytest-files: $(READY)
	$(BESIDE) $(BIN)/pytest -m "not shared_builds and not long" $(TESTS_OF_FILES)

pytest-builds: $(READY)
	$(BESIDE) $(BIN)/pytest -m "not shared_builds and not long" $(TESTS_OF_BUILDS)

pytest-library: $(READY)
	$(BESIDE) $(BIN)/pytest -m "library and not shared_builds and not long" $(ELSEWHERE)

pytest-others: $(READY)
	$(BESIDE) $(BIN)/pytest -m "not library and not shared_builds and not long" $(ELSEWHERE)

test-long: $(READY)
	$(MAKE) --jobs 2 --output-sync=target pytest-long pytest-long-shared-builds

pytest-long: $(READY)
	$(BIN)/pytest -m "long and not shared_builds"

pytest-long-shared-builds: $(READY)
	$(BIN)/pytest -m "long and shared_builds"

# C2, the JVM's second compiler, takes as long as the work itself where a thousand small queries run once each.
test-spark: $(SPARK)/.ready
	SPARK_SUBMIT_OPTS="-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m -XX:+UseParallelGC" \
		$(SPARK)/bin/pytest -m "not long" tests/python/test_portability.py tests/python/test_spark.py

test-spark-long: $(SPARK)/.ready
	$(SPARK)/bin/pytest -m long tests/python/test_spark_cluster.py tests/python/test_spark_files.py

$(SPARK)/.ready: tools/requirements-spark.txt
	$(PYTHON) -m venv $(SPARK)
	$(SPARK)/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement tools/requirements-spark.txt
	$(SPARK)/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(SPARK)/.ready

# Their short forms are tests; what failed is kept in target/fuzz.
fuzz: $(READY)
	$(BIN)/python -m tools.fuzz --mutants $(or $(MUTANTS),1000) --seed $(or $(SEED),1) --keep target/fuzz

torture: $(READY)
	$(BIN)/python -m tools.torture --tries $(or $(TRIES),50) --seed $(or $(SEED),1)

# Any warning is an error. The service of dbt's vendor, which would look at the metrics, is left out.
parse-next: $(NEXT)/.ready
	DBT_ENGINE_NO_WARN_SEMANTIC_MANIFEST_VALIDATION=true \
		$(NEXT)/bin/dbt parse --warn-error --target-path target/next --log-path logs/next

$(NEXT)/.ready: tools/requirements-dbt2.txt
	$(PYTHON) -m venv $(NEXT)
	$(NEXT)/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement tools/requirements-dbt2.txt
	touch $(NEXT)/.ready

sbom: $(AUDIT)/.ready
	@mkdir -p target
	PYTHONWARNINGS=ignore $(AUDIT)/bin/cyclonedx-py requirements requirements.txt --pyproject pyproject.toml \
		--output-reproducible --output-format JSON --output-file target/sbom.json

# A package that the service does not know makes it fail, too.
audit: $(AUDIT)/.ready
	$(AUDIT)/bin/pip-audit --requirement requirements.txt --require-hashes --disable-pip --strict --progress-spinner off

$(AUDIT)/.ready: tools/requirements-audit.txt
	$(PYTHON) -m venv $(AUDIT)
	$(AUDIT)/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement tools/requirements-audit.txt
	touch $(AUDIT)/.ready

same-result: $(READY)
	$(BIN)/python -m tools.same_result

lint: lint-python lint-sql

lint-python: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

lint-sql: $(READY)
	$(BIN)/sqlfluff lint --disable-progress-bar models tests/singular analyses

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix --disable-progress-bar models tests/singular analyses

# Descriptions and lineage in one page, target/static_index.html.
docs: $(READY)
	$(BIN)/dbt docs generate --static

# docs and report of the sample that was built last, in one folder for a static web server.
site: docs
	$(BIN)/segmart site

# The committed sample; the same bytes every time.
sample: $(READY)
	$(BIN)/python -m tools.synthesize --dataset chips --out seeds/sample
	$(BIN)/python -m tools.synthesize --dataset shop --out seeds/sample
	$(BIN)/python -m tools.synthesize --dataset campaign --out seeds/sample
	$(BIN)/python -m tools.synthesize --dataset grocery --out seeds/sample
	$(BIN)/python -m tools.synthesize --dataset general --out seeds/sample

# Needs uv on the path; others install what the file pins.
requirements:
	uv pip compile pyproject.toml --extra dev --extra metrics --universal --python-version 3.11 --generate-hashes --no-strip-extras \
		--no-annotate --no-header --quiet --output-file requirements.txt
	uv pip compile pyproject.toml --extra dev --extra spark --constraint requirements.txt --universal --python-version 3.11 --generate-hashes --no-strip-extras \
		--no-annotate --no-header --quiet --output-file tools/requirements-spark.txt

clean:
	rm -rf $(VENV) $(NEXT) $(SPARK) $(AUDIT) target logs warehouse/*.duckdb* published

$(READY): requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Segmart needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(READY)
