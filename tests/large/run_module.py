# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One module in this process: ``run_module.py NAME ARGUMENTS-AS-JSON``. Its result goes to stdout.

To stderr go the peak of its memory in KiB, and the seconds that it took of a processor.

The peak is that of this program alone: `ru_maxrss` would begin with the memory of the process that started it.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path

from ansible.module_utils.testing import patch_module_args
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

ROOT = Path(__file__).resolve().parents[2]


def peak_kib() -> int:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))


def main(name: str, arguments: str) -> None:
    _AnsibleCollectionFinder(paths=[str(ROOT / ".collections")])._install()
    module = importlib.import_module(f"ansible_collections.tracelab.k8s_tracing.plugins.modules.{name}")
    try:
        with patch_module_args(json.loads(arguments)):
            module.main()
    finally:
        print(peak_kib(), f"{time.process_time():.1f}", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
