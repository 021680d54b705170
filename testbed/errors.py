"""The errors that end a run with one clear line instead of a traceback."""

from __future__ import annotations


class TestbedError(Exception):
    """Something failed; the message says what, and what to do about it."""

    exit_code = 1
    # Its name looks like a test class to pytest.
    __test__ = False


class UsageError(TestbedError):
    """The input or the machine does not allow the run; nothing was changed."""

    exit_code = 2
