# Two commands do everything on a fresh machine: make run, make test.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
APP := $(PY) app.py
RUN_STAMP := $(VENV)/.requirements
DEV_STAMP := $(VENV)/.requirements-dev
INSTALL := $(PY) -m pip install -qq --disable-pip-version-check --require-hashes --only-binary=:all: --no-deps

.PHONY: run test setup lint bench soak bundle lock docs clean

run: setup ## start the product on http://127.0.0.1:8000
	@$(APP) start

setup: $(RUN_STAMP) ## environment and offline assets, no server
	@$(PY) -m maps.assets

test: $(DEV_STAMP) ## every test, browser tests included
	@$(PY) -m maps.assets
	@$(PY) tests/_browser.py
	@$(PY) -m ruff check .
	@$(PY) -m mypy
	@$(PY) -m pytest -q

lint: $(DEV_STAMP)
	@$(PY) -m ruff check . && $(PY) -m mypy

bench: $(DEV_STAMP) ## benchmarks, apart from the tests
	@$(PY) -m maps.assets
	@$(PY) -m benchmarks.run

soak: $(DEV_STAMP) ## the long versions of storms and loads
	@BLUESKY_SOAK=1 $(PY) -m pytest -q -m slow

bundle: $(RUN_STAMP) ## one zip that installs without any network
	@$(PY) -m maps.assets
	@$(PY) -m release.bundle

docs: $(DEV_STAMP) ## write the generated parts of the docs
	@$(PY) -m docs.make

lock: $(DEV_STAMP) ## resolve the lock files anew
	@$(PY) -m release.lock

$(PY):
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { \
	  rm -rf $(VENV); \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -qq && apt-get install -y -qq python3-venv; fi; \
	  $(PYTHON) -m venv $(VENV); }

$(RUN_STAMP): requirements.lock | $(PY)
	@echo "Installing the packages of requirements.lock …"
	@$(INSTALL) -r requirements.lock
	@touch $@

$(DEV_STAMP): requirements-dev.lock $(RUN_STAMP)
	@echo "Installing the packages of requirements-dev.lock …"
	@$(INSTALL) -r requirements-dev.lock
	@touch $@

clean:
	rm -rf $(VENV) static/vendor dist
