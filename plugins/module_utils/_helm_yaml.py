# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""YAML as Helm reads it, which differs from Python's reading in a few plain words and numbers.

``1e3`` is a number and ``12:30`` or ``2026-01-31`` are texts to Helm; Python's YAML sees it the other way round.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError

# `value` is the plain word `=`, for which Python's YAML has no reading at all.
_REPLACED = {f"tag:yaml.org,2002:{name}" for name in ("int", "float", "bool", "timestamp", "value")}
_BOOL = re.compile(r"(?:[yYnN]|yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)\Z")
_INT = re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0o[0-7_]+|0[0-7_]*|[1-9][0-9_]*)\Z")
_FLOAT = re.compile(
    r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"
)


def load(text: str | bytes, what: str) -> Any:
    """The content of one document; ``what`` names it in the error when it is no YAML."""
    import yaml

    try:
        return _plain(yaml.load(text, _loader()))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise TracingError("invalid_yaml", f"{what} is no YAML: {' '.join(str(error).split())}.") from error


def load_map(text: str | bytes, what: str) -> dict[str, Any]:
    content = load(text, what)
    if content is not None and not isinstance(content, dict):
        raise TracingError("invalid_yaml", f"{what} is no map of keys.")
    return content or {}


def dump(content: Any) -> str:
    """For people to read: keys in order, texts of several lines as such."""
    import yaml

    text: str = yaml.dump(content, Dumper=_dumper(), default_flow_style=False, allow_unicode=True, width=1000)
    return text


def passed_on(values: Any) -> Any:
    """Values as they are once Python has written them as YAML for Helm, and Helm has read them."""
    import yaml

    return load(yaml.dump(values, default_flow_style=False), "The values")


@cache
def _loader() -> Any:
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        """A class of its own, since resolvers and constructors belong to classes."""

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in known if tag not in _REPLACED]
        for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def integer(loader: Any, node: Any) -> int:
        return int(re.sub(r"^([-+]?)0(?=[0-7])", r"\g<1>0o", loader.construct_scalar(node).replace("_", "")), 0)

    def boolean(loader: Any, node: Any) -> bool:
        return str(loader.construct_scalar(node)).lower() in ("y", "yes", "true", "on")

    Loader.add_implicit_resolver("tag:yaml.org,2002:bool", _BOOL, list("yYnNtTfFoO"))
    Loader.add_implicit_resolver("tag:yaml.org,2002:int", _INT, list("-+0123456789"))
    Loader.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+0123456789."))
    Loader.add_constructor("tag:yaml.org,2002:int", integer)
    Loader.add_constructor("tag:yaml.org,2002:bool", boolean)
    return Loader


@cache
def _dumper() -> Any:
    import yaml

    class Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
        def ignore_aliases(self, data: Any) -> bool:
            return True

    def text(dumper: Any, data: str) -> Any:
        return dumper.represent_scalar("tag:yaml.org,2002:str", data, style="|" if "\n" in data else None)

    Dumper.add_representer(str, text)
    return Dumper


def _plain(content: Any) -> Any:
    """With texts for keys, as JSON has them."""
    if isinstance(content, dict):
        return {_key(key): _plain(value) for key, value in content.items()}
    if isinstance(content, list):
        return [_plain(item) for item in content]
    return content


def _key(key: Any) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)
