"""A filter that writes a text to a file: the module copy would start two processes for each host of a play."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def written_to(text: str, path: str) -> str:
    """The path, once the text is there."""
    Path(path).write_text(text, encoding="utf-8")
    return path


class FilterModule:
    def filters(self) -> dict[str, Callable[..., str]]:
        return {"written_to": written_to}
