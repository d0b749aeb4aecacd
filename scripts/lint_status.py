"""Fail on an assignment to `.status` (or `status=` in `.update(…)`) outside workflow.py: a status has one writer.

usage: lint_status.py FILE…
"""

import ast
import sys
from pathlib import Path


def findings(path: Path) -> list[str]:
    """One line for each place in the file that writes a status."""
    if path.name == "workflow.py":
        return []
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            found += [
                node.lineno for target in targets if isinstance(target, ast.Attribute) and target.attr == "status"
            ]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "update":
            found += [node.lineno for keyword in node.keywords if keyword.arg == "status"]
    return [f"{path}:{line}: a status is written by workflow.py only" for line in found]


if __name__ == "__main__":
    problems = [line for name in sys.argv[1:] for line in findings(Path(name))]
    print("\n".join(problems), end="\n" if problems else "")
    sys.exit(bool(problems))
