"""A status has one writer: scripts/lint_status.py finds every other."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "lint_status.py"


def lint(folder: Path, name: str, code: str) -> tuple[int, str]:
    path = folder / name
    path.write_text(code, encoding="utf-8")
    done = subprocess.run([sys.executable, SCRIPT, path], capture_output=True, text=True)
    return done.returncode, done.stdout.replace(f"{path}:", "")


@pytest.mark.parametrize(
    "code",
    [
        "hazard.status = 'closed'",
        "hazard.status: str = 'closed'",
        "hazard.status += 'closed'",
        "a = hazard.status = 'closed'",
        "hazard.status, other = 'closed', 1",
        "[*hazard.status] = 'closed'",
        "for hazard.status in values: pass",
        "with closing() as hazard.status: pass",
        "setattr(hazard, 'status', 'closed')",
        "Hazard.objects.filter(pk=1).update(status='closed')",
        "Hazard.objects.update(**{'status': 'closed'})",
        "Hazard.objects.bulk_update(rows, ['due_on', 'status'])",
        "Hazard.objects.bulk_update(rows, fields=('status',))",
        "change(hazard, status='closed')",
        "change(hazard, expect={}, **{'status': 'closed'})",
    ],
)
def test_a_written_status_is_found(tmp_path, code):
    assert lint(tmp_path, "services.py", f"import x\n{code}\n") == (1, "2: a status is written by workflow.py only\n")


@pytest.mark.parametrize(
    "code",
    [
        "status = hazard.status",
        "if hazard.status == 'closed': pass",
        "Hazard.objects.filter(status='closed').update(due_on=None)",
        "Hazard(status='pending')",
        "context.update(state='closed')",
        "hazard.status_since = now()",
        "response.status_code = 404",
        "change(hazard, expect={'status': 'issued'}, due_on=day)",
    ],
)
def test_reading_it_is_fine(tmp_path, code):
    assert lint(tmp_path, "services.py", code) == (0, "")


def test_the_workflow_may_write_it(tmp_path):
    assert lint(tmp_path, "workflow.py", "hazard.status = 'closed'") == (0, "")


def test_every_place_is_told(tmp_path):
    code = "a.status = 1\nb.update(status=2)\nc.other = 3\nd.status = 4\n"

    assert [line.split(":")[0] for line in lint(tmp_path, "views.py", code)[1].splitlines()] == ["1", "2", "4"]
