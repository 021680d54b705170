# The loop of a developer and of CI. `make help` lists the targets.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV ?= .venv
# Another release of Ansible than requirements-dev.txt pins: ANSIBLE=ansible==14.5.0
ANSIBLE ?=
BIN := $(VENV)/bin
INVENTORY := .testbed/inventory
# The tools of the environment come first, so that ansible-lint and molecule find their own ansible.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export ANSIBLE_FORCE_COLOR ?= 0
# Empty is off, whatever the machine has set: else each of hundreds of plays compiles Ansible anew, for half a second.
export PYTHONDONTWRITEBYTECODE :=

# Prints what runs and, at its end, how long it took. The first command that fails ends it: behind a `||` bash would go on.
define step
	@echo "== $(1)"; start=$$(date +%s); set +e; ( set -e; $(2) ); code=$$?; took="$$(( $$(date +%s) - start )) s"; \
	  [ $$code = 0 ] || { echo "== $(1): FAILED after $$took"; exit 1; }; echo "== $(1): $$took"
endef

# Every target is a name and no file.
.PHONY: $(shell sed -nE 's/^([a-z-]+):.*/\1/p' $(MAKEFILE_LIST))

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

env: $(VENV)/.ready ## install the Python environment into .venv

# Another ANSIBLE than the one that is there is installed over it.
reinstall := $(if $(ANSIBLE),$(shell grep -qsxF '$(ANSIBLE)' $(VENV)/.ready || echo another-ansible))
another-ansible:

# Not compiled: of the thousands of modules, few are ever imported.
$(VENV)/.ready: requirements-dev.txt $(reinstall)
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and f"Python 3.11 or newer is needed, $(PYTHON) is {v[0]}.{v[1]}: make PYTHON=/path/to/python3.12")'
	$(call step,environment,[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV); \
	  sed 's/^ansible==.*/$(or $(ANSIBLE),&)/' requirements-dev.txt > $(VENV)/requirements.txt; \
	  $(BIN)/pip install --quiet --no-compile -r $(VENV)/requirements.txt)
	@cp $(VENV)/requirements.txt $@

# CONTEXT=docker-desktop, minikube or any other of the kubeconfig: that cluster is used, and `down` leaves it alone.
CONTEXT ?=
context = $(if $(CONTEXT),--context '$(CONTEXT)')
cluster: env ## bring up the kind cluster (TESTBED=source|pull forces how), or use the one of CONTEXT=NAME
	$(call step,cluster,$(BIN)/python -m testbed $(if $(CONTEXT),use $(context),up))

site: cluster ## install the stack on it
	$(call step,site.yml,ansible-playbook -i $(INVENTORY) site.yml)

verify: ## prove that traces arrive
	$(call step,verify.yml,ansible-playbook -i $(INVENTORY) playbooks/verify.yml)

uninstall: ## remove the stack, keep its data
	ansible-playbook -i $(INVENTORY) playbooks/uninstall.yml

demo: cluster ## cluster, stack, proof and a short report (CONTEXT=docker-desktop: on a cluster that is there)
	$(call step,site.yml,ansible-playbook -i $(INVENTORY) -i testbed/demo.yml site.yml)
	$(call step,verify.yml,ansible-playbook -i $(INVENTORY) -i testbed/demo.yml playbooks/verify.yml)

# Scenarios wait most of their time, so the other suites run beside them.
test: env ## the suites that need no cluster, quickest first, and beside them the scenarios stack and uninstall
	@set +e; $(MAKE) --no-print-directory test-cluster 2>&1 | sed -u 's/^/[cluster] /' & cluster=$$!; \
	  $(MAKE) --no-print-directory test-without-cluster; code=$$?; \
	  wait $$cluster || code=1; [ $$code = 0 ] && echo "== all green" || { echo "== FAILED, see above"; exit 1; }

test-without-cluster: lint lint-workflows test-unit docs test-artifact sanity test-newest test-contract test-large test-api-server test-mutation test-visual ## what `make test` runs beside the scenarios

lint: env ## yamllint, ansible-lint, ruff, mypy, licences, changelog, docs of plugins and roles
	$(call step,yamllint,yamllint --strict .)
	$(call step,ruff,ruff check .; ruff format --check .)
	$(call step,mypy,mypy)
	$(call step,licences,reuse lint --quiet)
	$(call step,ansible-lint,ansible-lint --offline --strict)
	$(call step,changelog,antsibull-changelog lint)
	$(call step,docs of plugins,antsibull-docs lint-collection-docs --plugin-docs --skip-rstcheck --validate-collection-refs dependent .)

NEWEST_ANSIBLE := ansible==14.5.0
NEWEST_PYTHON ?= $(firstword $(foreach version,3.14 3.13 3.12,\
  $(wildcard $(HOME)/.pyenv/versions/$(version).*/bin/python3) $(shell command -v python$(version))))
# Measured once: by the newest Python where there is one, since from 3.12 on the interpreter itself says which lines ran. Before, it
# makes the tests a third slower.
COVERAGE ?= --cov --cov-report=term:skip-covered
test-without-cluster: COVERAGE := $(if $(NEWEST_PYTHON),,$(COVERAGE))
test-unit: env ## Python tests without a cluster
	$(call step,unit tests,pytest -q -n auto $(COVERAGE) tests/unit)

test-hostile: env ## every module against servers and files that lie
	$(call step,hostile tests,pytest -q tests/hostile)

lint-workflows: env ## actionlint and zizmor on .github and on the examples for GitHub Actions
	$(call step,actionlint,$$($(BIN)/python -m testbed programs actionlint) -color=false .github/workflows/*.yml examples/ci/*github-actions.yml)
	$(call step,zizmor,zizmor --offline --no-progress --quiet --strict-collection --persona pedantic .github examples/ci/*github-actions.yml)

architecture: ## the packages of plugins/module_utils, and which imports which
	@$(PYTHON) tests/unit/architecture.py

cases: env ## the cases of the field that tests hold, with the tests' names
	@pytest -q -m case --collect-only tests | sed -n '/= cases =/,$$p'

# $(call debian,PROGRAM,PACKAGE): where it is missing and can be installed. Tests that need it say that they are skipped.
debian = @command -v $(1) >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(2) >/dev/null; }; } || true

dist: env ## build the artifact and its bill of materials into build/dist
	$(call step,dist,$(BIN)/python -m release)

test-artifact: env ## what Galaxy gets: its contents, import, signature and bill of materials, and its work where it alone is installed
	$(call debian,gpg,gnupg)
	$(call step,artifact,pytest -q tests/gates/test_artifact.py tests/gates/test_release.py tests/gates/test_execution_environment.py)

test-mutation: env ## seeded mistakes: each must make the test fail that tests/mutation/mutations.yml names
	$(call step,programs,$(BIN)/python -m testbed programs k6 promtool)
	$(call step,seeded mistakes,pytest -q -n auto tests/mutation/test_mutations.py)

# Of a size and a seed that can be chosen: another night, other mutations.
MUTANTS ?= 60
MUTANTS_SEED ?= 1
mutants: env ## a sample of mutations of the Python code, of which unit tests must notice 85 % (MUTANTS=60 MUTANTS_SEED=1)
	$(call step,cosmic-ray,[ -x $(VENV)/mutants/bin/python ] || $(PYTHON) -m venv $(VENV)/mutants; $(VENV)/mutants/bin/pip install --quiet cosmic-ray==8.7.0)
	$(call step,mutants,$(VENV)/mutants/bin/python tests/mutation/mutants.py --python $(CURDIR)/$(BIN)/python --number $(MUTANTS) --seed $(MUTANTS_SEED))

# In an environment of its own, as nox makes one for each session. A part of what `make test` does, under other names.
SESSIONS ?= license-check extra-checks build-import-check
nox: ## the sessions of antsibull-nox, as other collections name them (SESSIONS="ansible-lint")
	@[ -x $(VENV)/nox/bin/nox ] || { $(PYTHON) -m venv $(VENV)/nox && $(VENV)/nox/bin/pip install --quiet nox==2026.10.20 antsibull-nox==1.10.0; }
	$(VENV)/nox/bin/nox --reuse-existing-virtualenvs --session $(SESSIONS)

sanity: env ## ansible-test sanity on the built collection, with no ignore file
	$(call step,ansible-test sanity,tests/gates/sanity.sh)

# It takes an environment and a Python of its own; CI runs the same for each release that is supported.
test-newest: ## sanity and unit tests with the newest Ansible and Python at hand
	@if [ -z "$(NEWEST_PYTHON)" ]; then echo "== $(NEWEST_ANSIBLE): SKIPPED, it needs Python 3.12 or newer: NEWEST_PYTHON=/path/to/python3"; else \
	  echo "== $(NEWEST_ANSIBLE) on $$($(NEWEST_PYTHON) --version)"; \
	  $(MAKE) --no-print-directory VENV=.venv/newest PYTHON=$(NEWEST_PYTHON) ANSIBLE=$(NEWEST_ANSIBLE) COVERAGE_CORE=sysmon test-unit sanity; fi

test-contract: env ## chart keys, and Tempo's API from one process on loopback
	$(call debian,gpg,gnupg)
	$(call step,programs,$(BIN)/python -m testbed programs tempo tempo-vulture alloy helm k6 prometheus promtool grafana etcd kube-apiserver kube-controller-manager)
	$(call step,contract tests,pytest -q -n auto --dist loadscope --no-loadscope-reorder tests/contract)
	$(call step,integration tests,pytest -q -n auto --dist loadfile tests/integration)

# FUZZ_SECONDS are shared by all targets, FUZZ="json_text tempo_trace" names some of them.
export FUZZ_SECONDS ?= 60
fuzz: env ## fuzz each parser, guided by coverage (FUZZ_SECONDS=1800 for longer)
	@if $(BIN)/python -c 'import atheris' 2>/dev/null; then $(BIN)/python tests/fuzz/fuzz.py $(FUZZ); else \
	  echo "== fuzz: SKIPPED, atheris has no wheel for this Python and system; the unit tests try the same targets"; fi

test-large: env ## what modules make of answers of tens of megabytes, and the memory that it takes
	$(call step,large answers,pytest -q tests/large)

# API_SERVER_VERSION is that of another API server that testbed/pins.toml has, such as 1.36.
export API_SERVER_VERSION ?=
test-api-server: env ## roles and modules up to the pods, on clusters without nodes (API_SERVER_VERSION=1.36 for a newer one)
	$(call debian,gpg,gnupg)
	$(call step,programs,$(BIN)/python -m testbed programs etcd helm $(addsuffix $(addprefix -,$(API_SERVER_VERSION)),kube-apiserver kube-controller-manager))
	$(call step,API server tests,pytest -q -n 2 tests/api_server)

chart-keys: env ## write the list of a chart's keys anew, after its version was changed (CHART=/folder/of/it)
	$(BIN)/python tests/contract/chart_keys.py "$(CHART)"

image-digests: env ## write the digests of the images that the roles pin, as their registries have them now
	$(call debian,skopeo,skopeo)
	$(call step,image digests,$(BIN)/python -m release.digests)

dashboards: env ## write examples/dashboards anew, after one of roles/grafana/files/dashboards was changed
	$(BIN)/python -m release.dashboards

versions: env ## write the tables of docs/versions.md anew, after a version was changed
	$(BIN)/python tests/unit/docs/version_tables.py

metric-names: env ## write tests/contract/metric_names.yml anew, after a version was changed (TEMPO_SOURCE=/a/clone)
	$(BIN)/python tests/contract/metric_facts.py

test-visual: env ## the report in a real browser (Debian's chromium, installed where that can be)
	$(call debian,chromium,chromium)
	$(call step,pictures,pytest -q tests/visual)

# Of what npm brings, nothing runs on its own.
pictures: env ## draw docs/images anew from what is recorded (npm, and Debian's chromium)
	$(call debian,chromium,chromium)
	@command -v npm >/dev/null || { echo "There is no npm on the PATH: install Node.js 20 or newer." >&2; exit 1; }
	$(call step,tools,$(BIN)/pip install --quiet -r pictures/requirements.txt; mkdir -p build/pictures; \
	  cp pictures/dashboards/* build/pictures; cd build/pictures; npm ci --ignore-scripts --no-audit --no-fund --silent; npm run --silent build)
	$(call step,pictures,$(BIN)/python -m pictures.draw)

pictures-record: env ## record what the pictures show, from the stack of the test bed with its canary, and half an hour old
	@mkdir -p build/pictures
	$(call step,verify.yml,ansible-playbook -i $(INVENTORY) playbooks/verify.yml > build/pictures/verify.txt)
	$(BIN)/python -m pictures.record build/pictures/verify.txt services pipeline canary

# What `make test` runs on the cluster. Every other folder of molecule/ is a scenario too: `make scenario-tempo`, or
# SCENARIOS="tempo upgrade airgap". They share one cluster, which goes when the last has ended.
SCENARIOS ?= stack uninstall
ALL_SCENARIOS := $(patsubst molecule/%/molecule.yml,%,$(wildcard molecule/*/molecule.yml))
# Looked at before the first one starts. A misspelt FAULTS is refused by the scenarios that have faults.
refuse_scenarios = $(if $(strip $(1)),$(if $(filter-out $(ALL_SCENARIOS),$(1)),\
  $(error SCENARIOS has $(filter-out $(ALL_SCENARIOS),$(1)): use $(ALL_SCENARIOS))),$(error SCENARIOS names none: use $(ALL_SCENARIOS)))

# In the project: by default the folder is named after the checkout's last part, and two of one name would share it.
export MOLECULE_EPHEMERAL_DIRECTORY := $(CURDIR)/.testbed/molecule

test-cluster: env ## molecule on the kind cluster (SCENARIOS="stack tempo" for more)
	$(call refuse_scenarios,$(SCENARIOS))
	@for scenario in $(SCENARIOS); do KEEP_CLUSTER=1 $(MAKE) --no-print-directory scenario-$$scenario || exit 1; done
	$(call step,molecule default,molecule destroy -s default)

scenario-%: env # one scenario: make scenario-tempo
	$(call refuse_scenarios,$*)
	$(call step,molecule $*,molecule reset -s $*; molecule test -s $*)

down: ## delete the cluster that `make` made; one that was there stays
	$(PYTHON) -m testbed down $(context)

clean: ## delete the cluster that `make` made, its images, and the folders .testbed and .venv
	$(PYTHON) -m testbed clean
	rm -rf $(VENV) .ansible .mypy_cache .pytest_cache .ruff_cache

changelog: env ## put changelogs/fragments into CHANGELOG.md, under the version of galaxy.yml
	antsibull-changelog release --reload-plugins --update-existing

docs: env ## build the docs site into build/docs/html, without a warning; its searches are tried in Node
	$(call debian,node,nodejs)
	$(call step,docs,bash docs/docsite/build.sh)

bench-check: env ## what one check costs above its HTTP requests
	$(call step,programs,$(BIN)/python -m testbed programs tempo)
	pytest -q -s tests/integration/bench_check_cost.py

# BENCH=clusters brings clusters of its own (BENCH_CLUSTERS="1 5 20"), some 420 MB each.
bench: $(if $(filter-out clusters cost tuning,$(or $(BENCH),all)),cluster,env) ## speed and scale, measured (BENCH="first_trace rates" for some parts, BENCH_ROUNDS=3)
	$(call step,plots,$(BIN)/pip install --quiet -r bench/requirements.txt)
	$(BIN)/python -m bench $(BENCH)
