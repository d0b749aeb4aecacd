"""The embedded profile in one command: database, demo county on the first start, then web + worker + beat.

Ctrl-C (or SIGTERM) stops all of them; none outlives this process. Environment: PORT, HOST, DEMO and all settings.
"""

import contextlib
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
HOST, PORT = os.environ.get("HOST", "127.0.0.1"), os.environ.get("PORT", "8000")
UP_SECONDS = 30
STOP_SECONDS = 8
RESTART_SECONDS = 3
PR_SET_PDEATHSIG = 1


def refuse_taken_port() -> None:
    if not PORT.isdecimal() or not 0 < int(PORT) < 65536:
        sys.exit(f"PORT={PORT} 不是端口号，请写 1 到 65535 的数，如 make run PORT=8001")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, int(PORT)))
        except OSError as error:
            sys.exit(f"不能使用 {HOST}:{PORT}（{error.strerror}），请换一个端口：make run PORT=8001")


def newest(folder: Path) -> float:
    return max(path.stat().st_mtime for path in folder.rglob("*"))


def prepare_site() -> None:
    """Schema, static files, the demo county on the first start in demo mode, and the deadlines as of now."""
    import django

    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "heating.settings")
    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    from accounts.models import User

    call_command("migrate", interactive=False, verbosity=0)
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if not settings.DEBUG and (not manifest.exists() or manifest.stat().st_mtime < newest(ROOT / "static")):
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    if settings.DEMO and not User.objects.exists():
        print("建立演示县 …", flush=True)
        call_command("demo")
    call_command("sweep")
    connections.close_all()


def die_with_parent() -> None:
    """Even a killed parent takes its children with it (Linux)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Service:
    """One child with its own process group, so that its own children end with it."""

    def __init__(self, *command: str) -> None:
        self.command = command
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [PYTHON, "-m", *self.command], cwd=ROOT, start_new_session=True, preexec_fn=die_with_parent
        )

    def signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def stop(self, deadline: float) -> None:
        """Wait until the deadline, then kill what is left of the group."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(max(deadline - time.monotonic(), 0.1))
        self.signal(signal.SIGKILL)
        self.process.wait()


def start_web() -> Service:
    workers = min(os.cpu_count() or 2, 4)
    options = ["--preload", "--log-level", "warning", "--no-control-socket"]
    return Service("gunicorn", "heating.wsgi", "--bind", f"{HOST}:{PORT}", "--workers", str(workers), *options)


def start_worker() -> Service:
    # One worker has no other to talk to; without that it starts and stops sooner.
    alone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return Service("celery", "-q", "-A", "heating", "worker", "-B", "-P", "threads", "-c", "2", *alone)


def wait_until_up(web: Service) -> None:
    deadline = time.monotonic() + UP_SECONDS
    address = ("127.0.0.1" if HOST == "0.0.0.0" else HOST, int(PORT))
    while web.process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(address, timeout=1):
            return
        time.sleep(0.1)


def announce() -> None:
    from django.conf import settings

    print(f"\n网站已启动：http://{HOST}:{PORT}  （Ctrl-C 停止）", flush=True)
    if settings.DEMO:
        from accounts.selectors import DEMO_PASSWORD, demo_accounts

        print(f"演示账号，密码均为 {DEMO_PASSWORD}：")
        for account in demo_accounts():
            print(f"  {account.username:<10} {account.role}（{account.unit}）")
        sys.stdout.flush()


class Stop:
    """Set by Ctrl-C or SIGTERM."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)

    def _ask(self, number: int, frame: object) -> None:
        self.asked = True


def main() -> None:
    os.environ.setdefault("DEMO", "true")
    refuse_taken_port()
    prepare_site()
    stop = Stop()
    web = start_web()
    wait_until_up(web)
    worker = start_worker()
    announce()
    while not stop.asked and web.process.poll() is None:
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
    if not stop.asked:
        sys.exit("网站进程意外退出，见上面的说明")


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
