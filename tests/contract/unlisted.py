"""Keys that a chart's templates read although its values.yaml does not list them.

Upstream shows these only in comments, or hands a whole section to the object as it is. Each stands here with the
reason; whatever lies under one of them is accepted too. An entry goes when the chart's contract file lists the key.
"""

from __future__ import annotations

UNLISTED: dict[str, dict[str, str]] = {
    "tempo": {
        "persistence.storageClassName": "in a comment of values.yaml; the volumeClaimTemplate takes it",
    },
    "prometheus": {
        "server.persistentVolume.storageClass": "in a comment of values.yaml; the claim takes it",
    },
    "grafana": {
        "fullnameOverride": "in a comment of values.yaml; every name is made from it",
        "grafana.ini": "its sections and keys are Grafana's own settings",
        "persistence.storageClassName": "in a comment of values.yaml; the claim takes it",
        "readinessProbe": "handed to the container whole",
    },
    "alloy": {},
}
