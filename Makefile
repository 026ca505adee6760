# Every target works on a machine with Python 3.11 and make alone: uv is fetched into .uv where there is none.
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
RUN := $(UV) run --frozen

.PHONY: help demo test lint types contracts secrets bench attack attack-quick check

help: ## what can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

.uv/bin/uv:
	python3 -m venv .uv
	.uv/bin/pip install --quiet uv

demo: $(UV) ## the whole product on one local page, with no token and no server
	$(RUN) pulse demo

test: $(UV) ## the whole test suite
	$(RUN) pytest

lint: $(UV) ## style
	$(RUN) ruff check .
	$(RUN) ruff format --check .

types: $(UV) ## strict types
	$(RUN) mypy

contracts: $(UV) ## who may import whom
	$(RUN) lint-imports

secrets: $(UV) ## no secret in the tree
	git ls-files -z -- . ':!uv.lock' | xargs -0 $(RUN) detect-secrets-hook

bench: $(UV) ## the figures README quotes, measured here
	$(UV) run --frozen --group bench python -m benchmarks

attack: $(UV) ## the intruder against 20,000 made-up partnerships: about 35 minutes
	PYTHONPATH=tests $(RUN) python -m attack

attack-quick: $(UV) ## the same against a sample, in under a minute
	PYTHONPATH=tests $(RUN) python -m attack --quick

check: lint types contracts secrets test ## everything the gate runs
