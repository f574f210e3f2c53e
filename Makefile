# The commands are in tools/; Python's standard library is all they need.
PYTHON ?= python3

export ODOO_SRC PORT SIMULATOR_PORT SIMULATOR_TLS_PORT

.PHONY: help setup demo stop test faults lint bench screenshots translations clean

help:
	@echo "make setup        everything that is needed, into .odoo/"
	@echo "make demo         Odoo with demo data and a simulated Microsoft 365 (PORT=8069)"
	@echo "make stop         end what make demo started"
	@echo "make test         lint and all tests"
	@echo "make faults       the long form of the tests that kill Odoo and break the network"
	@echo "make lint         ruff, pylint-odoo and mypy"
	@echo "make bench        the benchmarks of benchmarks/"
	@echo "make screenshots  pictures of the screens"
	@echo "make translations  the template of all texts, and the languages up to it"
	@echo "make clean        remove .odoo/ with its databases"

setup:
	@$(PYTHON) tools setup

demo:
	@$(PYTHON) tools demo

stop:
	@$(PYTHON) tools stop

test:
	@$(PYTHON) tools test

faults:
	@$(PYTHON) tools faults

lint:
	@$(PYTHON) tools lint

bench:
	@$(PYTHON) tools bench

screenshots:
	@$(PYTHON) tools screenshots

translations:
	@$(PYTHON) tools translations

clean:
	@$(PYTHON) tools clean
