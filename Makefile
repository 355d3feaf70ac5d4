# Two commands do everything on a fresh machine: make run, make test.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
INSTALL := $(PY) -m pip install -qq --disable-pip-version-check --require-hashes --only-binary=:all: --no-deps

.PHONY: run test setup env env-dev lint bench soak ogc-check bundle lock docs words shots clean help

run: setup ## start the product on http://127.0.0.1:8000, with the example city on first use
	@$(PY) app.py start

test: env-dev ## every test, browser tests included
	@$(PY) -m maps.assets
	@$(PY) tests/_browser.py
	@$(PY) tests/_postgres.py
	@$(PY) -m ruff check .
	@$(PY) -m mypy
	@$(PY) -m pytest -q -n 2 --dist loadfile

setup: env ## environment and map library; no server, no tests
	@$(PY) -m maps.assets
	@$(PY) -m geo._warm

lint: env-dev ## style and types
	@$(PY) -m ruff check .
	@$(PY) -m mypy

bench: env-dev ## measurements, apart from the tests
	@$(PY) -m maps.assets
	@$(PY) -m benchmarks.run
	@$(PY) -m benchmarks.joins
	@$(PY) -m benchmarks.imports

soak: env-dev ## the long versions of storms and loads
	@$(PY) -m maps.assets
	@$(PY) tests/_postgres.py
	@BLUESKY_SOAK=1 $(PY) -m pytest -q -m "slow or hypothesis"

ogc-check: env-dev ## the OGC API as others see it: own suite, GDAL, OWSLib, and where they are there schemathesis and QGIS
	@$(PY) -m maps.assets
	@$(PY) -m pytest -q tests/test_views_ogc.py tests/test_views_ogc_clients.py
	@$(PY) -m tests._ogc_check

bundle: env ## one zip that installs without any network
	@$(PY) -m release.bundle

docs: env-dev ## write the generated parts of the docs
	@$(PY) -m docs.make

words: env-dev ## bring the translations up to date with the pages
	@$(PY) -m docs.translations

shots: env-dev ## take the pictures of the docs anew
	@$(PY) -m docs.shots

lock: env-dev ## resolve the lock files anew
	@$(PY) -m release.lock

# Installs only when a lock file has changed: the stamp holds its checksum.
env: $(PY)
	@test "$$(cat $(VENV)/.lock 2>/dev/null)" = "$$(cksum < requirements.lock)" || { \
	  echo "Installing the packages of requirements.lock …" && \
	  $(INSTALL) -r requirements.lock && cksum < requirements.lock > $(VENV)/.lock; }

env-dev: env
	@test "$$(cat $(VENV)/.lock-dev 2>/dev/null)" = "$$(cksum < requirements-dev.lock)" || { \
	  echo "Installing the packages of requirements-dev.lock …" && \
	  $(INSTALL) -r requirements-dev.lock && cksum < requirements-dev.lock > $(VENV)/.lock-dev; }

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
	  echo "Python 3.11 to 3.13 is needed; name one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { \
	  rm -rf $(VENV); \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing python3-venv …"; \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null; fi; \
	  $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "On Debian install python3-venv first" >&2; exit 1; }; }

clean: ## remove what was made, but not the stores
	rm -rf $(VENV) static/vendor dist

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile
