"""Fail on code outside workflow.py that writes a status: it has one writer.

Found are assignments to `.status` in every form, `setattr`, `.update(status=…)`, `bulk_update` that names it, and
`change(…, status=…)`. usage: lint_status.py FILE…
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

FIELD = "status"
# Calls whose keyword `status` is written to rows.
WRITERS = {"update", "change"}


def findings(path: Path) -> list[str]:
    """One line for each place in the file that writes a status."""
    if path.name == "workflow.py":
        return []
    lines = sorted(set(_written_at(ast.parse(path.read_text(encoding="utf-8")))))
    return [f"{path}:{line}: a status is written by workflow.py only" for line in lines]


def _written_at(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == FIELD and isinstance(node.ctx, ast.Store):
            yield node.lineno
        if isinstance(node, ast.Call) and _writes(node):
            yield node.lineno


def _writes(call: ast.Call) -> bool:
    match _name(call.func):
        case name if name in WRITERS:
            return any(_gives(keyword) for keyword in call.keywords)
        case "setattr":
            return any(_is_field(argument) for argument in call.args[1:2])
        case "bulk_update":
            given = [*call.args[1:2], *(keyword.value for keyword in call.keywords if keyword.arg == "fields")]
            return any(_is_field(part) for value in given for part in ast.walk(value))
    return False


def _gives(keyword: ast.keyword) -> bool:
    """status=… or **{"status": …}"""
    if keyword.arg is None and isinstance(keyword.value, ast.Dict):
        return any(_is_field(key) for key in keyword.value.keys)
    return keyword.arg == FIELD


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _is_field(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and node.value == FIELD


if __name__ == "__main__":
    problems = [line for name in sys.argv[1:] for line in findings(Path(name))]
    print("\n".join(problems), end="\n" if problems else "")
    sys.exit(bool(problems))
