#!/usr/bin/env bash
# A change of what users get needs a file in changelogs/fragments/ (or the release that used the fragments up):
# tests/gates/fragment.sh BASE compares HEAD with the commit from which it was begun.
set -euo pipefail
base=${1:?the branch to compare with, such as origin/main}
cd "$(dirname "$0")/../.."
changed=$(git diff --name-only "$base...HEAD" -- plugins roles playbooks meta)
told=$(git diff --name-only --diff-filter=AM "$base...HEAD" -- 'changelogs/fragments/*.y*ml' changelogs/changelog.yaml)
if [ -n "$changed" ] && [ -z "$told" ]; then
  echo "These files reach users, and no changelog fragment tells of it:" "$changed" >&2
  echo "Add changelogs/fragments/NAME.yml, with the section trivial when it is none of their business." >&2
  exit 1
fi
