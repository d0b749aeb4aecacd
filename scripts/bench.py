"""`make bench`: every benchmark, small sizes (ROWS= for larger), each printing its table with ratios."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOT_BENCHMARKS = {"__init__.py", "seed.py", "vocabulary.py"}


def main() -> int:
    failed = False
    for script in sorted((ROOT / "benchmarks").glob("*.py")):
        if script.name not in NOT_BENCHMARKS:
            print(f"\n── {script.stem} " + "─" * 60, flush=True)
            failed |= bool(subprocess.run([sys.executable, "-m", f"benchmarks.{script.stem}"], cwd=ROOT).returncode)
    return failed


if __name__ == "__main__":
    sys.exit(main())
