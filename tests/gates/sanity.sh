#!/usr/bin/env bash
# Run `ansible-test sanity` on what users get: the artifact, built and installed in a temporary folder. There is no
# ignore file, so whatever it finds has to be mended. Arguments go to ansible-test (`--test validate-modules`).
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
{
  ansible-galaxy collection build --output-path "$work" .
  # Forced, because the checkout itself is on the path of collections.
  ansible-galaxy collection install --force --offline --no-deps --collections-path "$work" "$work"/*.tar.gz
} > "$work/log" 2>&1 || { cat "$work/log"; exit 1; }

# Its environments are kept in a home of their own. There its script that gets pip from the web is one that takes the
# pip of this Python's own ensurepip, so that nothing but the package registry is needed; other homes stay as they are.
cache=${XDG_CACHE_HOME:-$HOME/.cache}
home=$cache/k8s-tracing/ansible-test
bootstrap=$home/.ansible/test/cache
pip=$(python - <<'PYTHON'
import pathlib, re
import ansible_test
text = (pathlib.Path(ansible_test.__path__[0]) / "_internal" / "python_requirements.py").read_text()
print(re.search(r"pip='([\d.]+)'", text)[1].replace(".", "_"))
PYTHON
)
mkdir -p "$bootstrap"
cat > "$bootstrap/get_pip_$pip.py" <<'PYTHON'
import runpy, sys
sys.argv = ["ensurepip", "--default-pip"]
runpy.run_module("ensurepip", run_name="__main__")
PYTHON

cd "$work/ansible_collections/tracelab/k8s_tracing"
version=$(python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
HOME=$home XDG_CACHE_HOME=$cache ansible-test sanity --local --python "$version" "$@"
