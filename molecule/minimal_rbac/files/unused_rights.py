"""Which rights of docs/minimal-role.md were not used, and which requests were refused: a line each.

Usage: unused_rights.py PAGE LOG, the log being that of `kubectl proxy -v=6`, through which all requests went.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

Right = tuple[str, str, str]
REQUEST = re.compile(r"(GET|POST|PUT|PATCH|DELETE) https?://[^/]+(/\S*) (\d{3}) ")
NAMESPACED = re.compile(r"/(?:api/v1|apis/([^/]+)/[^/]+)/namespaces/[^/]+/([^/]+)(?:/([^/]+))?(?:/([^/]+))?")
VERBS = {"POST": ["create"], "PUT": ["update"], "PATCH": ["patch"], "DELETE": ["delete"]}


def granted(page: str) -> set[Right]:
    """The rights of the first Role of the page, as group, resource and verb."""
    block = re.findall(r"(?s)```yaml\n(.*?)```", page)[0]
    role = next(one for one in yaml.safe_load_all(block) if one["kind"] == "Role")
    return {
        (group, resource, verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def verbs(method: str, path: str, name: str, status: str) -> list[str]:
    if method == "GET":
        return ["watch"] if re.search(r"[?&]watch=(1|true)", path) else ["get" if name else "list"]
    # An object that is applied on the server, and not there, is made by the same request.
    return VERBS[method] + (["create"] if (method, status) == ("PATCH", "201") else [])


def asked(log: str) -> Iterator[tuple[Right, str]]:
    """Every right that a request took, and the status of the answer."""
    for method, path, status in REQUEST.findall(log):
        if found := NAMESPACED.match(path.partition("?")[0]):
            group, resource, name, below = found.groups(default="")
            # Below `proxy` is the path of somebody else's request.
            resource += f"/{below}" if below else ""
            for verb in verbs(method, path, name, status):
                yield (group, resource, verb), status


def main(page: str, log: str) -> None:
    rights = granted(Path(page).read_text(encoding="utf-8"))
    requests = set(asked(Path(log).read_text(encoding="utf-8", errors="replace")))
    used = {right for right, status in requests if status != "403"}
    for group, resource, verb in sorted(rights - used):
        print(f"unused: {verb} {resource}{group and '.'}{group}")
    for (group, resource, verb), _status in sorted(one for one in requests if one[1] == "403"):
        print(f"refused: {verb} {resource}{group and '.'}{group}")


if __name__ == "__main__":
    main(*sys.argv[1:])
