"""The embedded profile in one command: database, demo county on the first start, then web + worker + beat.

Ctrl-C (or SIGTERM) stops all of them; none outlives this process. Environment: PORT, HOST, DEMO and all settings.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
HOST, PORT = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
STOP_SECONDS = 8
RESTART_SECONDS = 3
PR_SET_PDEATHSIG = 1
DEMO_NOTE = "演示账号见登录页（密码均为 Nuandong-2025）：zhujian dudao fagai rexian chengyuan beiyuan jiedao lingdao"


def manage(*arguments: str) -> None:
    if subprocess.run([PYTHON, "manage.py", *arguments], cwd=ROOT).returncode:
        sys.exit(f"manage.py {arguments[0]} 没有成功，见上面的说明")


def refuse_taken_port() -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, PORT))
        except OSError:
            sys.exit(f"端口 {PORT} 已被占用，请换一个：make run PORT=8001")


def newest(folder: Path) -> float:
    return max(path.stat().st_mtime for path in folder.rglob("*"))


def prepare_site() -> None:
    """Schema, static files and, in demo mode, the demo county."""
    import django

    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "heating.settings")
    django.setup()
    from django.conf import settings

    manage("migrate", "--noinput", "--verbosity", "0")
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if not settings.DEBUG and (not manifest.exists() or manifest.stat().st_mtime < newest(ROOT / "static")):
        manage("collectstatic", "--noinput", "--clear", "--verbosity", "0")
    from accounts.models import User

    if settings.DEMO and not User.objects.exists():
        print("建立演示县 …", flush=True)
        manage("demo")
    manage("sweep")


def die_with_parent() -> None:
    """Even a killed parent takes its children with it (Linux)."""
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    except (OSError, AttributeError):
        pass


class Service:
    """One child with its own process group, so that its own children end with it."""

    def __init__(self, name: str, *command: str) -> None:
        self.name, self.command = name, command
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [PYTHON, "-m", *self.command], cwd=ROOT, start_new_session=True, preexec_fn=die_with_parent
        )

    def signal(self, number: int) -> None:
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def stop(self, deadline: float) -> None:
        try:
            self.process.wait(max(deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            pass
        self.signal(signal.SIGKILL)
        self.process.wait()


def main() -> None:
    os.environ.setdefault("DEMO", "true")
    refuse_taken_port()
    prepare_site()
    workers = str(min(os.cpu_count() or 2, 4))
    web = Service(
        "web", "gunicorn", "heating.wsgi", "--bind", f"{HOST}:{PORT}", "--workers", workers, "--log-level", "warning"
    )
    worker = Service(
        "worker", "celery", "-A", "heating", "worker", "-B", "-P", "threads", "-c", "2", "--loglevel", "WARNING"
    )
    stopping = False

    def stop(number: int, frame: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    print(f"网站已启动：http://{HOST}:{PORT}  （Ctrl-C 停止）", flush=True)
    if os.environ["DEMO"].lower() in ("1", "true", "yes", "on"):
        print(DEMO_NOTE, flush=True)
    while not stopping and web.process.poll() is None:
        if worker.process.poll() is not None:
            print("后台服务退出，重新启动 …", flush=True)
            time.sleep(RESTART_SECONDS)
            worker.start()
        time.sleep(0.3)
    print("正在停止 …", flush=True)
    for service in (web, worker):
        service.signal(signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    for service in (web, worker):
        service.stop(deadline)
    if not stopping:
        sys.exit("网站进程意外退出，见上面的说明")


if __name__ == "__main__":
    main()
