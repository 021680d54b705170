# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of targets, and what has once gone wrong: files of `corpus/TARGET`, which every run reads first."""

from __future__ import annotations

from pathlib import Path

import read_answers
import read_contracts
import read_files
import read_objects
import read_words
from target import RUNS, Target

SOURCES = (read_answers, read_contracts, read_files, read_objects, read_words)
CORPUS = Path(__file__).with_name("corpus")
TARGETS: dict[str, Target] = dict(sorted(RUNS.items()))


def rows(name: str) -> list[Path]:
    return sorted((CORPUS / name).glob("*"))
