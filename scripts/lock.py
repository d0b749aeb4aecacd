"""`make lock`: full locks with hashes from requirements.in and requirements-dev.in, for Python 3.11."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OPTIONS = ["--quiet", "--python-version", "3.11", "--no-header", "--no-emit-index-url", "--generate-hashes"]


def main() -> None:
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv"], check=True)
    for name in ("requirements", "requirements-dev"):
        command = [sys.executable, "-m", "uv", "pip", "compile", *OPTIONS, f"{name}.in", "-o", f"{name}.txt"]
        subprocess.run(command, cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
