# Everything a contributor runs. `make` alone prints this list.
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help dev check lint types rules test golden docs fuzz bench bench-batch clean

help:  ## print the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

dev:  ## set up .venv with everything needed to work on cncheck
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -e '.[dev]'

check: lint types rules test  ## all that has to pass

lint:  ## style of Python and YAML, form of what goes into pipelines
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/yamllint --strict rules examples templates action.yml .yamllint.yaml .pre-commit-hooks.yaml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions action.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.gitlab-ci templates/*.yml
	$(BIN)/pre-commit validate-manifest

types:  ## strict type check
	$(BIN)/mypy

rules:  ## form and cases of the rule packs
	$(BIN)/cncheck rules lint
	$(BIN)/cncheck rules test
	$(BIN)/check-jsonschema --schemafile src/cncheck/schemas/pack.schema.json rules/*.yaml

test:  ## the tests
	$(BIN)/python -m pytest --quiet -n auto

golden:  ## rewrite the outputs kept in tests/golden
	CNCHECK_GOLDEN=write $(BIN)/python -m pytest --quiet tests/test_cli.py tests/test_batch.py tests/test_formats.py

docs:  ## rewrite docs/obligations, docs/schemes and the table of the README, made from the rules
	CNCHECK_GOLDEN=write $(BIN)/python -m pytest --quiet tests/test_explain.py

fuzz:  ## check 20000 hostile descriptors: ten minutes of a processor
	$(BIN)/python tests/hostile.py 20000

bench:  ## start-up and throughput, as ratios within one run
	$(BIN)/python benchmarks/run.py

bench-batch:  ## lists of up to 1e7 rows against a floor and other engines: half an hour, 4 GB of disk
	$(BIN)/python benchmarks/batch.py

clean:  ## remove what was built
	rm -rf build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
