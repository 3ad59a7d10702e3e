# `make` alone lists what there is. Windows: the README has the plain commands.

PYTHON ?= $(shell for python in python3.11 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)
BIN := .venv/bin
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install -qq --root-user-action=ignore
LOCK := uv pip compile --universal --python-version 3.11 \
	--generate-hashes --no-header --no-annotate --no-emit-index-url --quiet
PRODUCT := pyproject.toml --extra postgres --extra sso --group pyproject.toml:build

refuse = { printf '%s\n' "$(1)" >&2; exit 1; }
# A tool that is content says nothing; one that is not says everything.
quietly = @found=$$($(BIN)/$(1) 2>&1) || { printf '%s\n' "$$found"; exit 1; }

.DEFAULT_GOAL := help
.PHONY: help demo serve test check bench mutation screenshots browser office lock clean

help: ## List these targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 17

demo: .venv/.run ## See it work: catalogue, demonstration reports, attainment, a sign-in address
	@$(BIN)/chitieu demo

serve: .venv/.run ## Serve the real catalogue, without demonstration data (kept under var/)
	@$(BIN)/chitieu migrate
	@$(BIN)/chitieu seed
	@$(BIN)/chitieu serve

test: browser office check ## Check and test everything, real PostgreSQL, browser and LibreOffice included
	@echo "· tests"
	@$(BIN)/pytest -n 2 --dist worksteal

# Used without an import: the database driver, and Starlette's reader of forms. The others are halves
# of FastAPI and pydantic.
IMPLIED := "DEP002=psycopg|python-multipart,DEP003=starlette|anyio|pydantic_core"
check: .venv/.dev ## Formatting, lint, types, import contracts, dependencies, dead code
	@echo "· formatting, lint, types, import contracts, dependencies, dead code"
	$(call quietly,ruff format --check .)
	$(call quietly,ruff check --output-format=concise .)
	$(call quietly,mypy)
	$(call quietly,lint-imports)
	$(call quietly,deptry app migrations --known-first-party app --per-rule-ignores $(IMPLIED))
	$(call quietly,vulture app --min-confidence 80 --ignore-names cls)

bench: .venv/.dev ## Measure speed against bare SQL and a bare route
	@$(BIN)/python -m benchmarks

mutation: .venv/.mutation ## Break the rules one by one: which breaks does no test notice? (ten minutes)
	@.venv/mutation/bin/python -m tests.mutation $(MODULES)

screenshots: browser .venv/.dev ## Pictures of every page in both themes, on a phone and at a desk
	@SCREENSHOTS=screenshots $(BIN)/pytest -n 2 --dist worksteal tests/web/test_every_page.py

lock: ## Renew requirements/*.txt from pyproject.toml (needs uv)
	@command -v uv >/dev/null || $(call refuse,Renewing the locks needs uv: pipx install uv)
	@$(LOCK) $(PRODUCT) -o requirements/run.txt
	@$(LOCK) $(PRODUCT) --group pyproject.toml:dev -c requirements/run.txt -o requirements/dev.txt
	@$(LOCK) --group pyproject.toml:mutation -c requirements/dev.txt -o requirements/mutation.txt

clean: ## Remove .venv and caches; the data under var/ stay
	@rm -rf .venv .*_cache .hypothesis .coverage htmlcov dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@test -n "$(PYTHON)" || $(call refuse,Python 3.11 or newer is needed. If it has another name: make PYTHON=/path/to/python)
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
		$(call refuse,This Python cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv)
	@$(PYTHON) -m venv .venv

.venv/.run: requirements/run.txt pyproject.toml | .venv/bin/python
	@echo "· setting up .venv (half a minute, once)"
	@$(PIP) --require-hashes --no-deps -r requirements/run.txt
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.run
	@echo "· setting up the tests' tools (half a minute, once)"
	@$(PIP) --require-hashes --no-deps -r requirements/dev.txt
	@touch $@

.venv/.mutation: requirements/mutation.txt | .venv/bin/python
	@echo "· setting up what breaks the rules (half a minute, once)"
	@$(BIN)/python -m venv .venv/mutation
	@PIP_PYTHON=.venv/mutation/bin/python $(PIP) --require-hashes --no-deps -r requirements/mutation.txt
	@touch $@

# What a machine lacks is installed where that can be done, and named where it cannot.
installable = [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null
install = { echo '· installing $(1)'; apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	apt-get install -qq -y --no-install-recommends $(2) >/dev/null; }

BROWSERS := chromium chromium-browser google-chrome google-chrome-stable
browser:
	@for name in $(BROWSERS); do command -v $$name >/dev/null && exit 0; done; \
	{ $(installable); } || \
		$(call refuse,The tests drive a real browser. Install Chromium or Google Chrome (Debian: apt-get install chromium).); \
	$(call install,Chromium,chromium fonts-dejavu-core)

# Workbooks are filled in by LibreOffice, through its bridge to the system's own Python.
office:
	@command -v soffice >/dev/null && /usr/bin/python3 -c 'import uno' 2>/dev/null && exit 0; \
	{ $(installable); } || \
		$(call refuse,The tests fill workbooks in LibreOffice. Install it with its Python bridge (Debian: apt-get install libreoffice-calc-nogui python3-uno).); \
	$(call install,LibreOffice Calc,libreoffice-calc-nogui python3-uno)
