"""What chooses among tests, by the environment. A choice of nothing would pass."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[1] / "examples" / "otlp"
FOLDERS = ("CHARTS_DIR", "TRACING_CONTRACTS", "TRACING_UPSTREAM_CHARTS")


def pytest_configure() -> None:
    for name in FOLDERS:
        folder = os.environ.get(name, "")
        if folder and not Path(folder).is_dir():
            raise pytest.UsageError(f"{name} is {folder}, which is no folder: set it to one, or leave it unset")
    languages = sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir())
    unknown = sorted(set(os.environ.get("OTLP_EXAMPLES", "").split()) - set(languages))
    if unknown:
        raise pytest.UsageError(f"OTLP_EXAMPLES has {', '.join(unknown)}: use {', '.join(languages)}")
