# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Secret that is made once and then left alone. No value of it leaves here but to the API server."""

from __future__ import annotations

import base64
import re
import secrets
import string
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import kubernetes_name, more_than_zero
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._secrets import SENT
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import (
    CONNECTION_ARGUMENTS,
    kube_connection,
)

from .api import KubeApi, object_name, understood

MANAGED_BY = "app.kubernetes.io/managed-by"
OURS = "tracelab.k8s_tracing"
SHORTEST, LONGEST = 16, 1024
HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
_ALPHABET = string.ascii_letters + string.digits
_KEY = re.compile(r"(?!\.\.)(?!\.\Z)[-._a-zA-Z0-9]{1,253}\Z")
_LABEL_PART = re.compile(r"[A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?\Z")

SECRET_ARGUMENTS: dict[str, dict[str, Any]] = {
    **{name: CONNECTION_ARGUMENTS[name] for name in ("namespace", "kubeconfig", "context", "request_timeout")},
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "data": {"type": "dict", "no_log": True, "default": {}},
    "generate": {"type": "list", "elements": "str", "no_log": False, "default": []},
    "length": {"type": "int", "default": 32},
    "labels": {"type": "dict", "default": {MANAGED_BY: OURS}},
    "required_keys": {"type": "list", "elements": "str", "no_log": False, "default": []},
    "create_namespace": {"type": "bool", "default": False},
    "namespace_labels": {"type": "dict", "default": {}},
}


@dataclass
class Found:
    """What became of the Secret, in names only."""

    where: str
    before: tuple[str, ...] | None = None
    after: tuple[str, ...] | None = None
    created: bool = False
    namespace_created: bool = False
    kept: bool = False

    def to_result(self, with_diff: bool) -> dict[str, Any]:
        result: dict[str, Any] = {
            "changed": self.before != self.after or self.namespace_created,
            "created": self.created,
            "namespace_created": self.namespace_created,
            "key_names": list(self.after or ()),
            "exists": self.after is not None,
            "kept": self.kept,
        }
        return {**result, "diff": self.to_diff()} if with_diff else result

    def to_diff(self) -> dict[str, str]:
        header = f"Secret {self.where}"
        return {
            "before_header": header,
            "before": _key_lines(self.before),
            "after_header": header,
            "after": _key_lines(self.after),
        }


def _key_lines(keys: Iterable[str] | None) -> str:
    return "" if keys is None else "".join(f"{key}: (hidden)\n" for key in keys)


@dataclass(frozen=True)
class Wish:
    """The options, checked."""

    namespace: str
    name: str
    data: Mapping[str, str] = field(repr=False)
    generate: tuple[str, ...] = ()
    length: int = 32
    labels: Mapping[str, str] = field(default_factory=dict)
    required_keys: tuple[str, ...] = ()
    create_namespace: bool = False
    namespace_labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def where(self) -> str:
        return f"{self.namespace}/{self.name}"

    @property
    def secrets_path(self) -> str:
        return f"/api/v1/namespaces/{self.namespace}/secrets"

    @property
    def path(self) -> str:
        return f"{self.secrets_path}/{self.name}"

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(sorted({*self.data, *self.generate}))


def provide(params: Mapping[str, Any], check_mode: bool, api: KubeApi | None = None) -> Found:
    """Make the Secret what the options say; in check mode, tell what would become of it."""
    more_than_zero(params["request_timeout"], "request_timeout")
    wish = read_wish(params)
    asked = api or KubeApi(kube_connection(params), params["request_timeout"])
    work = _present if params["state"] == "present" else _absent
    return understood(lambda: work(asked, wish, check_mode))


def read_wish(params: Mapping[str, Any]) -> Wish:
    present = params["state"] == "present"
    wish = Wish(
        kubernetes_name(params["namespace"], "namespace"),
        object_name(params["name"], "name"),
        {str(key): _plain(str(key), value) for key, value in params["data"].items()},
        tuple(params["generate"]),
        params["length"],
        _labels(params["labels"], "labels"),
        tuple(params["required_keys"]),
        params["create_namespace"],
        _labels(params["namespace_labels"], "namespace_labels"),
    )
    for option, keys in (("data", wish.data), ("generate", wish.generate), ("required_keys", wish.required_keys)):
        _check_keys(keys, option)
    if present:
        _check_content(wish)
    return wish


def _check_content(wish: Wish) -> None:
    both = sorted(set(wish.data) & set(wish.generate))
    if both:
        raise invalid(f"generate: {', '.join(both)} is in data too.", "A key is either given or generated.")
    if not wish.keys:
        raise invalid("The Secret would be empty.", "Name keys in data or generate.")
    missing = sorted(set(wish.required_keys) - set(wish.keys))
    if missing:
        raise invalid(
            f"required_keys: {', '.join(missing)} would be missing from the Secret that is created.",
            "Put it into data or generate too.",
        )
    if wish.generate and not SHORTEST <= wish.length <= LONGEST:
        raise invalid(f"length is {wish.length}, but must be from {SHORTEST} to {LONGEST}.")


def _plain(key: str, value: Any) -> str:
    """The message leaves the value out, whatever it is."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise invalid(f"data: the value of {key} is neither text nor a number.", "Put it in quotes.")
    return str(value)


def _check_keys(keys: Iterable[str], option: str) -> None:
    for key in keys:
        if not _KEY.match(key):
            raise invalid(f"{option}: {key!r} is not the name of a key.", "Use letters, digits, '-', '_' and '.'.")


def _labels(given: Mapping[str, Any], option: str) -> dict[str, str]:
    labels = {str(key): str(value) for key, value in given.items()}
    for key, value in labels.items():
        prefix, slash, name = key.rpartition("/")
        if slash:
            object_name(prefix, option)
        if not _LABEL_PART.match(name) or not (value == "" or _LABEL_PART.match(value)):
            raise invalid(
                f"{option}: {key}={value} is not a label.", "Use letters, digits, '-', '_' and '.', 63 at most."
            )
    return labels


def _present(api: KubeApi, wish: Wish, check_mode: bool) -> Found:
    existing = api.get(wish.path)
    if existing is not None:
        return _left_alone(existing, wish)
    if check_mode:
        namespace_created = _namespace_needed(api, wish)
        return Found(wish.where, None, wish.keys, True, namespace_created)
    return _created(api, wish)


def _left_alone(existing: Mapping[str, Any], wish: Wish, namespace_created: bool = False) -> Found:
    keys = _keys(existing)
    missing = sorted(set(wish.required_keys) - set(keys))
    if missing:
        raise TracingError(
            "secret_lacks_key",
            f"Secret {wish.where} lacks key {', '.join(missing)}: add it or name another Secret.",
        )
    return Found(wish.where, keys, keys, namespace_created=namespace_created)


def _keys(secret: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(sorted({**(secret.get("data") or {})}))


def _created(api: KubeApi, wish: Wish) -> Found:
    """The first to create it wins; whoever comes second takes what is there."""
    body = _body(wish)
    namespace_created = False
    try:
        made = _posted(api, wish, body)
    except TracingError as error:
        if error.status != 404:
            raise
        namespace_created = _make_namespace(api, wish)
        made = _posted(api, wish, body)
    if made is not None:
        return Found(wish.where, None, wish.keys, True, namespace_created)
    existing = api.get(wish.path)
    if existing is None:
        raise TracingError(
            "secret_changing",
            f"Secret {wish.where} is deleted and created again while this runs.",
            "Run again.",
            retryable=True,
        )
    return _left_alone(existing, wish, namespace_created)


def _posted(api: KubeApi, wish: Wish, body: Mapping[str, Any]) -> dict[str, Any] | None:
    try:
        return api.create(wish.secrets_path, body)
    except TracingError as error:
        if "being terminated" in error.message:
            raise _terminating(wish.namespace) from error
        raise


def _body(wish: Wish) -> dict[str, Any]:
    values = {**wish.data, **{key: random_value(wish.length) for key in wish.generate}}
    packed = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    for key, value in packed.items():
        # An answer that repeats the request must show neither.
        SENT.add(value)
        if key in wish.generate:
            SENT.add(values[key])
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "metadata": {"name": wish.name, "namespace": wish.namespace, "labels": dict(wish.labels)},
        "data": packed,
    }


def random_value(length: int, choose: Callable[[str], str] = secrets.choice) -> str:
    """Letters and digits alone: nothing that a URL, a shell or an INI file reads in its own way."""
    return "".join(choose(_ALPHABET) for _place in range(length))


def _namespace_needed(api: KubeApi, wish: Wish) -> bool:
    """Whether the namespace would have to be made, for check mode. Whoever may not look is taken to have one."""
    try:
        namespace = api.get(f"/api/v1/namespaces/{wish.namespace}")
    except TracingError as error:
        if error.kind != "forbidden":
            raise
        return False
    if namespace is None:
        _may_make_namespace(wish)
    elif (namespace.get("status") or {}).get("phase") == "Terminating":
        raise _terminating(wish.namespace)
    return namespace is None


def _make_namespace(api: KubeApi, wish: Wish) -> bool:
    _may_make_namespace(wish)
    metadata = {"name": wish.namespace, "labels": dict(wish.namespace_labels)}
    return api.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}) is not None


def _may_make_namespace(wish: Wish) -> None:
    if not wish.create_namespace:
        raise TracingError(
            "namespace_not_found",
            f"There is no namespace {wish.namespace!r} in the cluster.",
            "Create it, set create_namespace, or check namespace and context.",
        )


def _terminating(namespace: str) -> TracingError:
    return TracingError(
        "namespace_terminating",
        f"Namespace {namespace!r} is being deleted.",
        "Run again when it is gone.",
        retryable=True,
    )


def _absent(api: KubeApi, wish: Wish, check_mode: bool) -> Found:
    existing = api.get(wish.path)
    if existing is None:
        return Found(wish.where)
    metadata = existing.get("metadata") or {}
    keys = _keys(existing)
    if (metadata.get("labels") or {}).get(MANAGED_BY) != OURS:
        return Found(wish.where, keys, keys, kept=True)
    if not check_mode and not api.delete(wish.path, str(metadata.get("uid", ""))):
        return Found(wish.where)  # somebody else was first
    return Found(wish.where, keys, None)


def no_secrets(values: Iterable[str], params: Mapping[str, Any]) -> set[str]:
    """The values that Ansible should blot out: not those that are part of a name, such as "admin" of "admin-password".

    Ansible would blot them out of the names too, and the result of the task would no longer say which keys there are.
    """
    names = [params["namespace"], params["name"], *params["data"], *params["generate"], *params["required_keys"]]
    return {value for value in values if not any(value in str(name) for name in names)}
