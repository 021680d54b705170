# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A template sees the play's variables, with none of them copied. What the roles render by it is tested in contract."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import lookup_loader
from ansible.template import Templar


class Watched:
    """Notices when somebody copies it."""

    copies = 0

    def __deepcopy__(self, _memo: object) -> Watched:
        Watched.copies += 1
        return self


def render(folder: Path, text: str, **options: object) -> list[str]:
    (folder / "some.j2").write_text(text)
    (folder / "part.j2").write_text("{{ more }}")
    loader = DataLoader()
    variables = {"name": "tempo", "ansible_search_path": [str(folder)], "big": Watched(), "more": "from a part"}
    lookup = lookup_loader.get(
        "tracelab.k8s_tracing.rendered", loader=loader, templar=Templar(loader, variables=variables)
    )
    found: list[str] = lookup.run(["some.j2"], variables, **options)
    assert set(variables) == {"name", "ansible_search_path", "big", "more"}
    return found


def test_it_renders_as_ansibles_own_does_and_copies_nothing(tmp_path: Path) -> None:
    assert render(tmp_path, "{{ name }}: {% include 'part.j2' %}") == ["tempo: from a part"]
    assert Watched.copies == 0


def test_other_brackets_and_further_variables(tmp_path: Path) -> None:
    options = {"variable_start_string": "<<", "variable_end_string": ">>", "template_vars": {"window": "5m"}}
    assert render(tmp_path, "<< name >> {{ it }} << window >>", **options) == ["tempo {{ it }} 5m"]


def test_a_template_that_is_not_there_is_named(tmp_path: Path) -> None:
    loader = DataLoader()
    lookup = lookup_loader.get("tracelab.k8s_tracing.rendered", loader=loader, templar=Templar(loader, variables={}))
    with pytest.raises(AnsibleError, match=r"none\.j2"):
        lookup.run(["none.j2"], {"ansible_search_path": [str(tmp_path)]})
