# The tasks of this project. `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help run test lint bench control-plane schema messages screenshots build lock clean

VENV := .venv
BIN := $(VENV)/bin
# The first start needs only CPython 3.11 or newer with venv and pip.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

help: ## list the tasks
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

run: $(VENV)/.run ## start the console and print a sign-in link; ARGS="--port 9000 --data DIR …"
	@exec $(BIN)/daemonset-console up $(ARGS)

# First the fast tests, file by file, because tests in one file share slow fixtures; then the tests with a
# control plane on one worker, as they share it, beside those with a browser. T= names tests or folders.
test: $(VENV)/.dev ## install what the tests need, then run them all
	@.ci/needs
	@$(BIN)/pytest -n auto --dist loadfile -m "not browser and not controlplane" $(T); fast=$$?; \
	$(BIN)/pytest -n auto --dist loadgroup -m "browser or controlplane" $(T); slow=$$?; \
	case $$fast$$slow in 00|05|50) ;; *) exit 1;; esac # 5: none of T is of that sort

lint: $(VENV)/.dev ## check style, types, imports, templates, migrations, translations, licences
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	find templates -name '*.html' | xargs $(BIN)/djade --check --target-version 5.2
	DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python -m django makemigrations --check --dry-run
	$(BIN)/python -m tests.console.catalogue --check
	$(BIN)/python -m tests.console.licences --check

bench: $(VENV)/.dev ## measure speed against a baseline of the same run
	@status=0; for bench in tests/benchmarks/bench_*.py; do \
		$(BIN)/python -m tests.benchmarks.$$(basename $$bench .py) || status=1; done; exit $$status

control-plane: ## install kube-apiserver and the other programs that the tests need (Debian, minutes, once)
	.ci/control-plane

schema: $(VENV)/.dev ## extract the Kubernetes schemas that manifests are checked against
	$(BIN)/python -m tests.daemonsets.extract_schema

messages: $(VENV)/.dev ## collect the texts to translate and compile the translations (needs GNU gettext)
	$(BIN)/python -m tests.console.catalogue

screenshots: $(VENV)/.dev ## take a screenshot of every page into screenshots/; ARGS=--guides updates docs/pictures/ (needs Chromium)
	$(BIN)/python -m tests.browser.screenshots $(ARGS)

build: $(VENV)/.dev ## build the wheel and source distribution into dist/
	$(BIN)/python -m build --no-isolation

lock: ## lock the versions of dependencies (needs uv)
	uv lock

clean: ## remove all build output; the data folder stays
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(VENV)/.run: pyproject.toml uv.lock
	@.ci/install "$(PYTHON)" $(VENV)
	@touch $@

$(VENV)/.dev: pyproject.toml uv.lock
	@.ci/install "$(PYTHON)" $(VENV) dev
	@touch $@ $(VENV)/.run
