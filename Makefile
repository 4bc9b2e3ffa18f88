# make demo   install into .venv, run the invented sample study, say where the report lies
# make test   everything that CI runs
# make soak   a hundred kills of runs and tagging, full disks, clocks set back (twenty minutes)
# make check  lint, format, types and the fast tests
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: install demo test check fix labels lint system bench soak clean
.DEFAULT_GOAL := install

install: .venv/.installed
demo: .venv/.installed
	$(BIN)/journeyqual demo reports/sample-study --reports reports

.venv/.installed: pyproject.toml constraints.txt
	test -d .venv || $(PYTHON) -m venv .venv
	@echo "installing about 3 GB of packages into .venv; this takes two to five minutes"
	$(PIP) -e .
	@touch $@

.venv/.tested: .venv/.installed
	$(PIP) -e ".[test]"
	@touch $@

lint: .venv/.tested
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

check: lint
	$(BIN)/python -m pytest -q -n 2 -m "not model and not notebook and not browser and not shared and not slow"

# Browser tests drive the system's own Chromium, the team store's a PostgreSQL server that they start themselves; where
# one cannot be installed, pytest says what did not run.
system:
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null \
	|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	     && apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } \
	|| echo "no Chromium, and this user cannot install it: the browser tests will not run"
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null \
	|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	     && apt-get update -qq && apt-get install -y -qq postgresql >/dev/null; } \
	|| echo "no PostgreSQL, and this user cannot install it: the team store's tests will not run"

test: lint system
	$(BIN)/python -m pytest -q -n 2

fix: .venv/.tested
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Every label of the source into the catalogue of English, and the shipped languages brought up to it.
labels: .venv/.installed
	$(BIN)/python -m journeyqual.labels.gather
	$(BIN)/python -m journeyqual.labels.gather journeyqual/labels/*.po

bench: .venv/.tested
	$(BIN)/python benchmarks/pipeline.py

soak: .venv/.tested
	$(BIN)/python -m tests.soak
	$(BIN)/python -m pytest -q tests/test_runs_pool.py

# Made-up files thrown at everything that reads files from outside; Linux only. About ten minutes for each 100,000 inputs
# on a busy machine; `make fuzz FUZZ="pdf docx" INPUTS=1000000` for more of some.
INPUTS ?= 100000
fuzz: .venv/.tested
	$(PIP) -e ".[fuzz]"
	$(BIN)/python -m fuzz $(FUZZ) --inputs $(INPUTS)

# Secrets in files: fails on any that .secrets.baseline does not list as looked at. Known holes in dependencies: asks
# pypi.org, and says that it could not where pypi.org or a mirror of it gives no answer.
audit: .venv/.tested
	$(PIP) -e ".[audit]"
	$(BIN)/pip check
	git ls-files -z | xargs -0 $(BIN)/detect-secrets-hook --baseline .secrets.baseline
	@$(BIN)/python -c "import json, urllib.request as u; \
	json.load(u.urlopen('https://pypi.org/pypi/pip/json', timeout=10))['vulnerabilities']" 2>/dev/null \
	|| { echo "NOT DONE: pypi.org does not answer, dependencies were not looked up for known holes"; exit 0; } \
	&& $(BIN)/pip-audit --skip-editable

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache reports/sample-study reports/*.html
