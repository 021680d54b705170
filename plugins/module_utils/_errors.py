# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one error that leaves this collection's logic."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class TracingError(Exception):
    """A failure that is understood: what went wrong, what to do, and whether waiting can help.

    ``kind`` is stable and meant for programs, ``message`` and ``fix`` are for people.
    """

    def __init__(
        self, kind: str, message: str, fix: str = "", *, retryable: bool = False, status: int | None = None
    ) -> None:
        self.kind = kind
        self.message = message
        self.fix = fix
        self.retryable = retryable
        self.status = status
        super().__init__(str(self))

    def __str__(self) -> str:
        return f"{self.message} {self.fix}".strip()

    def kept(self) -> TracingError:
        """The same without the frames that it came through: their variables may hold an answer of 50 MB."""
        self.__cause__ = self.__context__ = None
        return self.with_traceback(None)

    def to_dict(self) -> dict[str, object]:
        """As modules return it under ``error``."""
        return {
            "kind": self.kind,
            "message": self.message,
            "fix": self.fix,
            "retryable": self.retryable,
            "status": self.status,
        }


def invalid(message: str, fix: str = "") -> TracingError:
    """An option that cannot be right: raised before any request is sent."""
    return TracingError("invalid_option", message, fix)


def raised_as(read: Callable[[], T], kind: type[Exception]) -> T:
    """What ``read`` returns. Its ``TracingError`` is raised as the error that Ansible wants of a filter or lookup."""
    try:
        return read()
    except TracingError as error:
        raise kind(str(error)) from error
