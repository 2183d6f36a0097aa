# `make` lists the commands. All of them make what they need first.
SHELL := bash
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
ENGINE := tests/private-engine

.PHONY: help run test check format screenshots clean

help: ## list the commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1|\2/p' Makefile | while IFS='|' read -r name what; do printf '%-18s%s\n' "$$name" "$$what"; done

run: .venv/installed ## open the dashboard; where there is no engine, a demo on a private one
	@if $(BIN)/cdbg --ping; then exec $(BIN)/cdbg; fi; \
	if [[ $$(uname -s) != Linux || $$EUID != 0 ]] || ! command -v apt-get >/dev/null; then \
		echo "Install Docker Engine (https://docs.docker.com/engine/install) or name one: DOCKER_HOST=… make run"; \
		exit 1; \
	fi; \
	echo "Starting a private engine for a demo …"; \
	$(ENGINE) status >/dev/null || trap '$(ENGINE) stop' EXIT; \
	$(ENGINE) start >/dev/null && $(ENGINE) exec $(BIN)/cdbg demo

test: .venv/installed-dev ## run the tests on a private engine; ARGS="-k logs" chooses some
	@$(BIN)/pytest $(ARGS)

check: .venv/installed-dev ## check format, lint and types
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/mypy

format: .venv/installed-dev ## format the code, and repair what lint can repair
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

screenshots: .venv/installed-dev ## draw the pictures in screenshots/ anew
	@$(BIN)/python -m tests.screenshots

clean: ## remove all that these commands have made
	@$(ENGINE) remove
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache dist
	find . -name __pycache__ -prune -exec rm -rf {} +

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(PIP) --editable .
	@touch $@

.venv/installed-dev: pyproject.toml
	$(PYTHON) -m venv .venv
	$(PIP) --editable '.[dev]'
	@touch .venv/installed $@
