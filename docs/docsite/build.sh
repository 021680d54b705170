#!/usr/bin/env bash
# Builds the docs site into build/docs/html; any warning is an error. Run by `make docs`.
set -euo pipefail
cd "$(dirname "$0")/../.."
source=build/docs/source
rm -rf build/docs
mkdir -p "$source/reference"
chmod og-w "$source/reference" # antsibull-docs wants it so

export ANSIBLE_COLLECTIONS_PATH=$PWD/.collections
antsibull-docs --config-file docs/docsite/antsibull-docs.cfg collection --cleanup everything --fail-on-error --use-current \
  --squash-hierarchy --dest-dir "$source/reference" tracelab.k8s_tracing

python3 docs/docsite/pages.py "$source"
sphinx-build -q -W --keep-going -b html -c docs/docsite "$source" build/docs/html
python3 docs/docsite/check.py build/docs/html
echo "build/docs/html/index.html"
