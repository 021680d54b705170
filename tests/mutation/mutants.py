"""A sample of mutations of plugins/module_utils by cosmic-ray: unit tests alone must notice most of them.

An operator, a bound, a constant or a condition is changed in a copy of the checkout, one at a time. The tests of the
file's own package run first; only when they notice nothing do all tests of tests/unit/plugins run. Prints a line a
mutation, then each survivor as a diff. Fails below 85 %.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from checkout import copy_checkout
from cosmic_ray.commands import init
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec, TestOutcome, WorkItem, WorkResult

LEAST_KILLED = 0.85
TIMEOUT = 300.0
KINDS = (
    "core/AddNot",
    "core/NumberReplacer",
    "core/ReplaceAndWithOr",
    "core/ReplaceBinaryOperator_",
    "core/ReplaceBreakWithContinue",
    "core/ReplaceComparisonOperator_",
    "core/ReplaceContinueWithBreak",
    "core/ReplaceFalseWithTrue",
    "core/ReplaceOrWithAnd",
    "core/ReplaceTrueWithFalse",
    "core/ReplaceUnaryOperator_Delete_Not",
    "core/ZeroIterationForLoop",
)
# They change nothing that could be seen: `|` stands in types mostly, and `is None` and `== None` are the same.
WITHOUT_EFFECT = ("BitOr_", "Is_Eq", "Eq_Is", "IsNot_NotEq", "NotEq_IsNot")


def counts(item: WorkItem) -> bool:
    mutation = item.mutations[0]
    name = mutation.operator_name
    return name.startswith(KINDS) and not any(part in name for part in WITHOUT_EFFECT) and not decorates(mutation)


def decorates(mutation: MutationSpec) -> bool:
    """Whether it is in a decorator: that nobody assigns to a frozen dataclass is seen by mypy, not by a test."""
    line = Path(mutation.module_path).read_text(encoding="utf-8").splitlines()[mutation.start_pos[0] - 1]
    return line.lstrip().startswith("@dataclass")


def sample(checkout: Path, number: int, seed: int) -> list[WorkItem]:
    """Files first, then a mutation of each, so that no file with many numbers fills the sample."""
    modules = sorted((checkout / "plugins" / "module_utils").rglob("*.py"))
    with use_db(str(checkout / "mutants.sqlite"), WorkDB.Mode.create) as db:
        init(modules, db, {})
        items = [item for item in db.work_items if counts(item)]
    by_file: dict[str, list[WorkItem]] = {}
    for item in items:
        by_file.setdefault(str(item.mutations[0].module_path), []).append(item)
    choice = random.Random(seed)
    chosen: list[WorkItem] = []
    while len(chosen) < min(number, len(items)):
        for file in choice.sample(sorted(by_file), len(by_file)):
            if by_file[file]:
                chosen.append(by_file[file].pop(choice.randrange(len(by_file[file]))))
    return chosen[:number]


def suites(checkout: Path, module: Path) -> Iterator[Path]:
    """The tests of the file's own package, then all of them."""
    every = checkout / "tests" / "unit" / "plugins"
    own = every / module.parent.name.lstrip("_")
    if own.is_dir():
        yield own
    yield every


def outcome(checkout: Path, item: WorkItem, python: Path) -> WorkResult:
    for suite in suites(checkout, Path(item.mutations[0].module_path)):
        command = f"{python} -B -m pytest -q -x -p no:randomly --rootdir {checkout} {suite}"
        result = mutate_and_test(item.mutations, command, TIMEOUT)
        if result.test_outcome is not TestOutcome.SURVIVED:
            break
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", type=Path, required=True, help="the Python that has what the tests need")
    parser.add_argument("--number", type=int, default=60, help="how many mutations (60)")
    parser.add_argument("--seed", type=int, default=1, help="which ones: the same number chooses the same ones (1)")
    given = parser.parse_args()
    survivors: list[WorkResult] = []
    with tempfile.TemporaryDirectory() as folder:
        checkout = copy_checkout(Path(folder) / "checkout")
        items = sample(checkout, given.number, given.seed)
        for number, item in enumerate(items, 1):
            spec, result = item.mutations[0], outcome(checkout, item, given.python)
            place = f"{Path(spec.module_path).relative_to(checkout)}:{spec.start_pos[0]}"
            print(f"{number}/{len(items)} {result.test_outcome.value} {place} {spec.operator_name}", flush=True)
            if result.test_outcome is TestOutcome.SURVIVED:
                survivors.append(result)
    for result in survivors:
        print(f"\n{result.diff}")
    killed = 1 - len(survivors) / len(items)
    print(f"{killed:.0%} of {len(items)} mutations were noticed by unit tests; at least {LEAST_KILLED:.0%} must be.")
    return 0 if killed >= LEAST_KILLED else 1


if __name__ == "__main__":
    sys.exit(main())
