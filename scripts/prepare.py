"""Make ready what `make` needs: the virtual environment with a lock's packages, and the front-end files.

usage: prepare.py LOCK. Runs on a bare Python 3.11. What is done already (by a stamp) is not done again.
"""

import hashlib
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"


def fingerprint(*paths: Path) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


def fail(message: str) -> None:
    print(message, file=sys.stderr)
    sys.exit(1)


def make_environment() -> None:
    if PYTHON.exists() and (VENV / "pyvenv.cfg").exists():
        return
    print("建立虚拟环境 .venv …", flush=True)
    try:
        venv.create(VENV, with_pip=True, clear=VENV.exists())
    except (subprocess.CalledProcessError, OSError) as error:
        shutil.rmtree(VENV, ignore_errors=True)  # half of one would pass for a whole one next time
        fail(f"无法建立虚拟环境：{error}\n请安装 python3-venv (e.g. apt install python3-venv) 后重试")


def install(lock: Path) -> None:
    """The dev lock holds the runtime lock's packages too, so it serves both."""
    stamps = {path: VENV / f".{path.stem}.stamp" for path in (lock, ROOT / "requirements-dev.txt")}
    for path, stamp in stamps.items():
        if stamp.exists() and stamp.read_text() == fingerprint(path):
            return
    print(f"安装依赖 {lock.name} …", flush=True)
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
    if subprocess.run([PYTHON, "-m", "pip", "install", *options, "-r", lock], cwd=ROOT).returncode:
        fail("依赖没有装上，请检查能否访问 PyPI（或公司内部镜像）后重试")
    stamps[lock].write_text(fingerprint(lock))


def front_end() -> None:
    if subprocess.run([PYTHON, ROOT / "scripts" / "vendor.py"], cwd=ROOT).returncode:
        sys.exit(1)


if __name__ == "__main__":
    make_environment()
    install(ROOT / sys.argv[1])
    front_end()
