# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole stack as processes on loopback, configured by what the roles render: k6, Alloy, Tempo, Prometheus, Grafana.

Only addresses are changed, and what a chart adds by itself is written out here.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

import yaml
from loopback import ROOT, TEMPO_2, free_ports, opener, program, running

sys.path.append(str(ROOT / "tests" / "contract"))
from role_values import render_hosts

PROGRAMS = ("k6", "alloy", "tempo", "prometheus", "grafana")
NOTHING: Mapping[str, str] = MappingProxyType({})
PORTS = (
    "tempo", "grpc", "otlp", "otlp_http", "gossip", "alloy", "in_grpc", "in_http", "out_grpc", "out_http", "prometheus",
    "grafana"
)  # fmt: skip
PASSWORD = "only-on-loopback"  # of a Grafana, and of who sends from outside, which end with the test
# Alloy's receiver for senders outside the cluster.
OUTSIDE = {
    "alloy_outside_service": {"type": "NodePort"},
    "alloy_outside_tls": {"secret": "outside"},
    "alloy_outside_auth": {"type": "basic", "secret": "senders"},
}

# What Tempo's chart makes of the role's settings; samples are written sooner than every 15 s.
GENERATOR = """\
metrics_generator:
  ring: {{instance_addr: 127.0.0.1, kvstore: {{store: inmemory}}}}
  registry: {{collection_interval: 2s}}
  traces_storage: {{path: {data}/generator/traces}}
  storage: {{path: {data}/generator/wal, remote_write: {remote_write}}}
"""


@dataclass(frozen=True)
class Stack:
    """Where everything listens, by name of its port, and the values that the roles made."""

    folder: Path
    ports: dict[str, int]
    programs: dict[str, str]
    values: dict[str, Any] = field(default_factory=dict)

    def url(self, name: str, path: str = "") -> str:
        return f"http://127.0.0.1:{self.ports[name]}{path}"

    def json(self, name: str, path: str) -> Any:
        with opener().open(self.url(name, path), timeout=10) as answer:
            return json.loads(answer.read())

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The result of an instant query to Prometheus."""
        path = "/api/v1/query?" + urlencode({"query": expression})
        return list(self.json("prometheus", path)["data"]["result"])


def missing_programs(names: Sequence[str] = PROGRAMS) -> list[str]:
    return [name for name in names if program(name) is None]


@contextmanager
def stack(folder: Path) -> Iterator[Stack]:
    """The stack, with traces on their way through it until the block ends."""
    made = prepared(folder)
    with running_parts(made, tempo, alloy, prometheus, grafana, k6):
        yield made


def prepared(folder: Path, **generators: dict[str, Any]) -> Stack:
    """All that the stack needs to start. ``generators`` are options of further ones, by names that ``k6`` takes."""
    programs = {name: str(program(name)) for name in PROGRAMS}
    ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    return Stack(folder, ports, programs, rendered(folder, ports, generators))


@contextmanager
def running_parts(made: Stack, *parts: Callable[[Stack], AbstractContextManager[None]]) -> Iterator[None]:
    with ExitStack() as processes:
        for start in parts:
            processes.enter_context(start(made))
        yield


def rendered(
    folder: Path,
    ports: dict[str, int],
    generators: Mapping[str, dict[str, Any]] | None = None,
    more: Mapping[str, dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """The values that the roles make, for addresses on loopback.

    ``generators`` are options of further ones, by their names; ``more`` are further options, by role.
    """
    write_url = f"http://127.0.0.1:{ports['prometheus']}/api/v1/write"
    options: dict[str, dict[str, Any]] = {
        "tempo": {"tempo_remote_write_url": write_url},
        "alloy": {"alloy_tempo_endpoint": f"127.0.0.1:{ports['otlp']}", **OUTSIDE},
        "prometheus": {
            "prometheus_scrape_targets": {name: f"127.0.0.1:{ports[name]}" for name in ("tempo", "alloy", "grafana")},
            "prometheus_scrape_interval": "1s",
            "tempo_persistence_enabled": True,
        },
        "grafana": {
            "grafana_tempo_url": f"http://127.0.0.1:{ports['tempo']}",
            "grafana_prometheus_url": f"http://127.0.0.1:{ports['prometheus']}",
        },
        "k6_trace_generator": {
            "k6_trace_generator_chart_ref": "chart",
            "k6_trace_generator_chart_version": "own",
            "_k6_trace_generator_current_run_id": "verify-loopback",
            "k6_trace_generator_engine": "otlp-http",
            "k6_trace_generator_otlp_http_endpoint": f"http://127.0.0.1:{ports['in_http']}",
            "k6_trace_generator_remote_write_url": write_url,
            "k6_trace_generator_rate": 10,
            "k6_trace_generator_duration": "30m",  # longer than all tests take, on a busy machine too
        },
    }
    for role, chosen in (more or {}).items():
        options[role] = options.get(role, {}) | chosen
    place = folder / "roles"
    place.mkdir()
    hosts = {role: (role, chosen) for role, chosen in options.items()}
    role, usual = hosts["k6_trace_generator"]
    hosts |= {name: (role, {**usual, **chosen}) for name, chosen in (generators or {}).items()}
    made = render_hosts(ROOT, hosts, place)
    return {role: dict(rendered.values) for role, rendered in made.items()}


@contextmanager
def tempo(made: Stack) -> Iterator[None]:
    settings = made.values["tempo"]["tempo"]
    data = made.folder / "tempo-data"
    ports = made.ports
    text = TEMPO_2.format(
        data=data, http=ports["tempo"], grpc=ports["grpc"], otlp=ports["otlp_http"], gossip=ports["gossip"]
    )
    config = yaml.safe_load(text)
    config["distributor"]["receivers"]["otlp"]["protocols"]["grpc"] = {"endpoint": f"127.0.0.1:{ports['otlp']}"}
    generator = GENERATOR.format(
        data=data, remote_write=json.dumps(settings["metricsGenerator"]["storage"]["remote_write"])
    )
    config |= yaml.safe_load(generator)
    config["metrics_generator"]["processor"] = settings["metricsGenerator"]["processor"]
    config["overrides"] = {"defaults": settings["overrides"]["defaults"]}
    config["stream_over_http_enabled"] = settings["streamOverHttpEnabled"]
    file = made.folder / "tempo.yaml"
    file.write_text(yaml.safe_dump(config))
    with running(
        [made.programs["tempo"], f"-config.file={file}"], made.folder / "tempo.log", made.url("tempo", "/ready")
    ):
        yield


def secrets(folder: Path) -> Path:
    """What the Secrets of ``OUTSIDE`` hold, as files where Alloy looks, and authorities: ours and a stranger."""
    if folder.is_dir():  # of an Alloy that is started again
        return folder
    for name in ("outside-tls", "outside-htpasswd"):
        (folder / name).mkdir(parents=True)
    request = [
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")
    ]
    for name in ("authority", "stranger"):
        subject = ["-subj", f"/CN={name}", "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.crt"]
        subprocess.run([*request, *subject], check=True, capture_output=True)
    signed = ["-CA", f"{folder}/authority.crt", "-CAkey", f"{folder}/authority.key", "-subj", "/CN=alloy"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"]
    place = ["-keyout", f"{folder}/outside-tls/tls.key", "-out", f"{folder}/outside-tls/tls.crt"]
    subprocess.run([*request, *signed, *names, *place], check=True, capture_output=True)
    hashed = subprocess.run(["openssl", "passwd", "-apr1", PASSWORD], check=True, capture_output=True, text=True).stdout
    (folder / "outside-htpasswd" / "htpasswd").write_text(f"sender:{hashed}")
    return folder


@contextmanager
def alloy(made: Stack) -> Iterator[None]:
    text = made.values["alloy"]["alloy"]["configMap"]["content"].replace("{{ `{{` }}", "{{")
    for name, port in (("in_grpc", 4317), ("in_http", 4318), ("out_grpc", 4327), ("out_http", 4328)):
        text = text.replace(f"0.0.0.0:{port}", f"127.0.0.1:{made.ports[name]}")
    if "/etc/alloy-secrets/outside-tls" in text:
        text = text.replace("/etc/alloy-secrets", str(secrets(made.folder / "secrets")))
    given = {one["name"]: one["value"] for one in made.values["alloy"]["alloy"]["extraEnv"] if "value" in one}
    with running_alloy(made, "alloy", text, given):
        yield


@contextmanager
def running_alloy(made: Stack, name: str, text: str, given: Mapping[str, str] = NOTHING) -> Iterator[None]:
    """An Alloy that answers at the port ``name``, with that configuration and further variables."""
    file = made.folder / f"{name}.alloy"
    file.write_text(text)
    listen = f"--server.http.listen-addr=127.0.0.1:{made.ports[name]}"
    storage = f"--storage.path={made.folder}/{name}-data"
    command = [made.programs["alloy"], "run", "--disable-reporting", listen, storage, str(file)]
    with running(command, made.folder / f"{name}.log", made.url(name, "/-/ready"), {**os.environ, **given}):
        yield


@contextmanager
def prometheus(made: Stack) -> Iterator[None]:
    values = made.values["prometheus"]
    server = values["server"]
    own = {"job_name": "prometheus", "static_configs": [{"targets": [f"127.0.0.1:{made.ports['prometheus']}"]}]}
    config: dict[str, Any] = {
        "global": server["global"],
        "scrape_configs": [own, *yaml.safe_load(values["extraScrapeConfigs"])],
        "storage": {"exemplars": server["exemplars"], "tsdb": server["tsdb"]},
        "rule_files": [],
    }
    for name, content in values.get("serverFiles", {}).items():
        (made.folder / name).write_text(yaml.safe_dump(content))
        config["rule_files"].append(str(made.folder / name))
    file = made.folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(config))
    command = [
        made.programs["prometheus"],
        f"--config.file={file}",
        f"--storage.tsdb.path={made.folder}/prometheus-data",
        f"--web.listen-address=127.0.0.1:{made.ports['prometheus']}",
        *(f"--{flag}" for flag in server["extraFlags"]),
    ]
    with running(command, made.folder / "prometheus.log", made.url("prometheus", "/-/ready")):
        yield


def grafana_home() -> Path:
    """The module's folder: it holds the configuration and the plug-ins that Grafana's server reads."""
    done = subprocess.run(
        [sys.executable, "-c",
         "from testbed import gobuild, pins; print(gobuild.module_folder(pins.load().pin('grafana')))"],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return Path(done.stdout.strip())


@contextmanager
def grafana(made: Stack) -> Iterator[None]:
    values = made.values["grafana"]
    provisioning = made.folder / "provisioning"
    (provisioning / "datasources").mkdir(parents=True)
    brace = re.sub(r"\{\{ `\{\{` \}\}", "{{", json.dumps(values["datasources"]["datasources.yaml"]))
    (provisioning / "datasources" / "datasources.yaml").write_text(brace)
    environment = {
        **os.environ,
        "GF_PATHS_DATA": str(made.folder / "grafana-data"),
        "GF_PATHS_PROVISIONING": str(provisioning),
        "GF_SERVER_HTTP_ADDR": "127.0.0.1",
        "GF_SERVER_HTTP_PORT": str(made.ports["grafana"]),
        "GF_SECURITY_ADMIN_PASSWORD": PASSWORD,
    }
    for section, entries in values["grafana.ini"].items():
        for key, value in entries.items():
            environment[f"GF_{section}_{key}".upper().replace(".", "_")] = (
                str(value).lower() if isinstance(value, bool) else str(value)
            )
    command = [made.programs["grafana"], "server", f"--homepath={grafana_home()}"]
    log, ready = made.folder / "grafana.log", made.url("grafana", "/api/health")
    # One first start in a hundred ends with "failed to create default organization" (grafana/grafana#77252); as in a
    # pod, the next one succeeds.
    with running(command, log, ready, environment, starts=3):
        yield


def k6_run(made: Stack, name: str) -> tuple[list[str], dict[str, str], str]:
    """The command that runs a generator, its environment, and the page by which it says that it runs."""
    values = made.values[name]
    folder = made.folder / name
    folder.mkdir()
    for file, content in values["scripts"].items():
        (folder / file).write_text(content)
    quiet = {"K6_NO_USAGE_REPORT": "true", "K6_AUTO_EXTENSION_RESOLUTION": "false", "RUN_ID": "verify-loopback"}
    status = f"127.0.0.1:{free_ports(1)[0]}"
    command = [made.programs["k6"], "run", "--quiet", "--no-color", "--address", status, str(folder / "main.js")]
    return command, {**os.environ, **quiet, **values["env"]}, f"http://{status}/v1/status"


@contextmanager
def k6(made: Stack, name: str = "k6_trace_generator") -> Iterator[None]:
    command, environment, ready = k6_run(made, name)
    with running(command, made.folder / f"{name}.log", ready, environment):
        yield


if __name__ == "__main__":  # for a look by hand: the stack until the time is over
    import tempfile

    with stack(Path(tempfile.mkdtemp(prefix="stack-"))) as shown:
        print(
            json.dumps({"folder": str(shown.folder), **{name: shown.url(name) for name in PORTS}}, indent=1), flush=True
        )
        time.sleep(float(sys.argv[1]))
