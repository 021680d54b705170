# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One trace while it is watched: whether it is whole, as far as that can be known.

Nothing in a trace tells that all its spans have come. It is taken as whole when nothing came for a while, or when its
last span ended long ago. OpenTelemetry's SDKs send a span up to five seconds after its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace import Trace

from .findings import Finding, View, view

# A trace that lacks something is given so many times the usual time.
PATIENCE = 3
# A trace whose last span ended so many times the usual time ago is whole.
OLD = 5
_NANOS = 1_000_000_000


@dataclass
class Watched:
    """Times are seconds since the task began, but for ``ended``, which is Unix time."""

    trace_id: str
    # That of the traceparent which a request of ours carried.
    sent_span_id: str = ""
    seen: View | None = None
    read_at: float | None = None
    # When its newest span came; before there is any, when its request was sent.
    changed_at: float = 0.0
    now: float = 0.0
    error: TracingError | None = None
    # What each case finds, by its name; kept as long as no span comes.
    findings: dict[str, list[Finding]] = field(default_factory=dict)

    def take(self, trace: Trace | None, elapsed: float, now: float) -> None:
        """What was read of it, and when: since the task began, and on the server's clock."""
        self.read_at, self.now, self.error = elapsed, now, None
        before = len(self.seen.trace.spans) if self.seen else 0
        if trace is None or (self.seen and len(trace.spans) == before and trace.partial == self.seen.trace.partial):
            return
        self.seen, self.changed_at = view(trace, self.sent_span_id), elapsed
        self.findings.clear()

    @property
    def is_partial(self) -> bool:
        return self.seen is not None and self.seen.trace.partial

    def settled(self, seconds: float, findings: list[Finding]) -> bool:
        """Whether no more spans are expected, with so many seconds of patience."""
        if self.seen is None or self.read_at is None or self.is_partial:
            return False
        trace = self.seen.trace
        ended = max(span.end_unix_nano for span in trace.spans) / _NANOS
        if self.now - ended >= OLD * seconds:
            return True
        lacks = trace.orphan_count or not self.seen.true_roots or any(not finding.final for finding in findings)
        return self.read_at - self.changed_at >= seconds * (PATIENCE if lacks else 1)


Traces = Mapping[str, Watched]
