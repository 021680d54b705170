# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""tracing_report as Ansible runs it: what it writes, when it says changed, and how it fails."""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "visual"))
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report import report as report_utils
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import CONNECTION_ARGUMENTS
from ansible_collections.tracelab.k8s_tracing.plugins.modules import tracing_report
from report_inputs import failure, hostile, success

FILES = ("report.html", "report.json", "report.junit.xml")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def run(params: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The module in this process, with its answer."""
    given = {key: value for key, value in {**params, **more}.items() if value is not None}
    printed = io.StringIO()
    with patch_module_args(given), redirect_stdout(printed), pytest.raises(SystemExit):
        tracing_report.main()
    return json.loads(printed.getvalue())


def listed(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def put(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def test_it_writes_three_files_and_says_what_it_found(tmp_path: Path) -> None:
    dest = tmp_path / "deep" / "report"
    result = run(success(dest=str(dest)))
    assert result["changed"] is True and result["proven"] is True
    assert result["verdict"] == "all 728 spans of 101 traces arrived in Tempo."
    assert result["failures"] == [] and "diff" not in result
    assert listed(dest) == sorted(FILES)
    assert result["files"]["html"] == str(dest / "report.html")


def test_a_bad_verdict_is_a_result_and_no_failure(tmp_path: Path) -> None:
    result = run(failure(dest=str(tmp_path)))
    assert not result.get("failed") and result["proven"] is False
    assert "Spans found: 0 of 728" in result["failures"]


def test_a_second_run_changes_nothing_and_leaves_the_files_alone(tmp_path: Path) -> None:
    params = success(dest=str(tmp_path), generated_at=None)
    assert run(params)["changed"] is True
    before = {name: (tmp_path / name).stat().st_mtime_ns for name in FILES}
    again = run(params)
    assert again["changed"] is False and again["changed_files"] == []
    assert {name: (tmp_path / name).stat().st_mtime_ns for name in FILES} == before


def test_the_time_stays_until_something_else_differs(tmp_path: Path) -> None:
    params = success(dest=str(tmp_path), generated_at=None)
    assert report_utils.make_report(params, put, NOON).changes
    assert not report_utils.make_report(params, put, NOON + timedelta(hours=1)).changes
    params["title"] = "Another title"
    assert len(report_utils.make_report(params, put, NOON + timedelta(hours=2)).changes) == 3
    assert json.loads((tmp_path / "report.json").read_text())["generated_at"] == "2026-11-23T14:00:00Z"


def test_only_what_differs_is_written(tmp_path: Path) -> None:
    params = success(dest=str(tmp_path))
    run(params)
    (tmp_path / "report.html").write_bytes(b"\xff not ours")
    assert run(params)["changed_files"] == [str(tmp_path / "report.html")]
    assert (tmp_path / "report.html").read_text().startswith("<!DOCTYPE html>")


def test_check_mode_tells_and_writes_nothing(tmp_path: Path) -> None:
    dest = tmp_path / "new"
    result = run(success(dest=str(dest)), _ansible_check_mode=True)
    assert result["changed"] is True and len(result["changed_files"]) == 3
    assert not dest.exists()
    run(success(dest=str(dest)))
    assert run(success(dest=str(dest)), _ansible_check_mode=True)["changed"] is False


def test_diff_shows_the_files_before_and_after(tmp_path: Path) -> None:
    params = success(dest=str(tmp_path))
    first = run(params, _ansible_diff=True)["diff"]
    assert [entry["before"] for entry in first] == ["", "", ""]
    second = run({**params, "title": "Another title"}, _ansible_diff=True, _ansible_check_mode=True)["diff"]
    assert {entry["after_header"] for entry in second} == {str(tmp_path / name) for name in FILES}
    assert all("Another title" in entry["after"] and "Another title" not in entry["before"] for entry in second)
    assert run(params, _ansible_diff=True)["diff"] == []


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_dest_that_cannot_be_a_directory_is_named(tmp_path: Path, check_mode: bool) -> None:
    (tmp_path / "file").write_text("")
    for dest in (tmp_path / "file", tmp_path / "file" / "below"):
        result = run(success(dest=str(dest)), _ansible_check_mode=check_mode)
        assert result["failed"] and result["error"]["kind"] == "dest_not_writable"
        assert str(dest) in result["msg"] and "Give a directory in dest" in result["msg"]


def test_a_dest_without_permission_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_arguments: False)
    with pytest.raises(TracingError, match="no permission"):
        report_utils.make_report(success(dest=str(tmp_path)), put, NOON)


def test_a_disk_that_refuses_is_an_error_in_words(tmp_path: Path) -> None:
    def full(_path: Path, _content: bytes) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(TracingError, match="No space left on device"):
        report_utils.make_report(success(dest=str(tmp_path)), full, NOON)


def test_a_file_in_the_way_that_is_a_directory_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "report.html").mkdir()
    assert run(success(dest=str(tmp_path)))["error"]["kind"] == "dest_not_writable"


def test_a_time_that_is_none_is_refused(tmp_path: Path) -> None:
    result = run(success(dest=str(tmp_path), generated_at="yesterday"))
    assert result["error"]["kind"] == "invalid_option" and listed(tmp_path) == []


def test_times_of_other_zones_become_utc(tmp_path: Path) -> None:
    run(success(dest=str(tmp_path), generated_at="2026-11-23T02:00:00+02:00"))
    assert json.loads((tmp_path / "report.json").read_text())["generated_at"] == "2026-11-23T00:00:00Z"


def test_json_holds_the_whole_data_and_nothing_of_ansible(tmp_path: Path) -> None:
    params = success(dest=str(tmp_path))
    params["check"]["invocation"] = {"module_args": {"bearer_token": "secret", "kubeconfig": "/home/someone/x"}}
    params["check"]["failed_when_result"] = False
    params["probe"] = {"invocation": {"module_args": {"url_password": "secret"}}, "traces": 3, "lost": 0}
    run(params)
    data = json.loads((tmp_path / "report.json").read_text())
    assert data["schema_version"] == 1 and data["verdict"]["proven"] is True
    assert len(data["check"]["trace_ids"]) == 101 and data["generator"]["spans_sent"] == 728
    assert not {"invocation", "failed_when_result"} & set(data["check"])
    assert not any("secret" in (tmp_path / name).read_text() for name in FILES)


def test_hostile_input_gives_files_that_can_be_read(tmp_path: Path) -> None:
    params = hostile()
    params["check"]["elapsed_seconds"] = float("nan")
    report_utils.make_report({**params, "dest": str(tmp_path)}, put, NOON)

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    json.loads((tmp_path / "report.json").read_text(), parse_constant=refuse)


def test_options_are_documented_as_they_are() -> None:
    documented = yaml.safe_load(tracing_report.DOCUMENTATION)["options"]
    assert set(documented) == set(report_utils.REPORT_ARGUMENTS)
    assert not set(documented) & set(CONNECTION_ARGUMENTS)
    for name, spec in report_utils.REPORT_ARGUMENTS.items():
        for key in ("type", "default", "required", "elements"):
            assert documented[name].get(key) == spec.get(key), f"{name}: {key}"
        assert set(documented[name].get("suboptions", {})) == set(spec.get("options", {}))


def test_the_result_is_documented_as_it_is(tmp_path: Path) -> None:
    documented = yaml.safe_load(tracing_report.RETURN)
    assert set(run(success(dest=str(tmp_path)))) - {"changed", "invocation"} == set(documented) - {"error"}


def test_the_examples_are_yaml() -> None:
    assert len(yaml.safe_load(tracing_report.EXAMPLES)) == 4


@pytest.mark.case("7")
@pytest.mark.parametrize("before", [None, 0o644])
def test_only_the_owner_reads_a_report(tmp_path: Path, before: int | None) -> None:
    dest = tmp_path / "report"
    if before:
        run(success(dest=str(dest), mode="0644"))
    assert run(success(dest=str(dest)))["changed"] is True
    assert {(dest / name).stat().st_mode & 0o777 for name in FILES} == {0o600}
    assert run(success(dest=str(dest)))["changed"] is False
    run(success(dest=str(dest), mode="0640"))
    assert {(dest / name).stat().st_mode & 0o777 for name in FILES} == {0o640}


@pytest.mark.parametrize("mode", ["u=rw", "8", "0", "01777", "-1", ""])
def test_a_mode_that_is_none_writes_nothing(tmp_path: Path, mode: str) -> None:
    result = run(success(dest=str(tmp_path / "report")), mode=mode)
    assert result["error"]["kind"] == "invalid_option" and "mode" in result["msg"]
    assert listed(tmp_path / "report") == []


@pytest.mark.case("7")
def test_attributes_that_look_like_secrets_are_not_in_a_report(tmp_path: Path) -> None:
    given = success(dest=str(tmp_path))
    span = given["check"]["sample_trace"]["spans"][0]
    span["attributes"] = {
        "http.request.header.authorization": ["S3CR3T-1"],
        "db.password": "S3CR3T-2",
        "note": "Bearer S3CR3T-3",
        "credentials": {"user": "S3CR3T-4"},
        "http.route": "/cart",
    }
    span["status_message"] = "refused https://u:S3CR3T-5@h.test?token=S3CR3T-6"
    run(given)
    written = {name: (tmp_path / name).read_text() for name in FILES}
    assert not any("S3CR3T" in text for text in written.values())
    assert "/cart" in written["report.json"]
    run(given, show_attributes=["db.password"])
    text = (tmp_path / "report.json").read_text()
    assert "S3CR3T-2" in text and "S3CR3T-1" not in text
    run(given, show_attributes=["*"])
    assert "S3CR3T-1" in (tmp_path / "report.json").read_text()
