"""What must not go into production is refused at the start, with a sentence that says what to set."""

import ipaddress
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

KEY_LENGTH = 50
KEY_SIGNS = 10  # fewer different signs are no random key


@register()
def production_is_set_up(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Errors if PRODUCTION is on and something of the embedded profile or of development is left."""
    if not settings.PRODUCTION:
        return []
    key = _secret_key()
    hosts = settings.ALLOWED_HOSTS
    engine = settings.DATABASES["default"]["ENGINE"]
    bad_proxies = [name for name in settings.TRUSTED_PROXIES if not _is_network(name)]
    # id, is it wrong, what is wrong, what to do
    rules: list[tuple[str, bool, str, str]] = [
        ("E001", settings.DEBUG, "生产环境不能打开 DEBUG", "去掉环境变量 DEBUG"),
        (
            "E002",
            len(key) < KEY_LENGTH or len(set(key)) < KEY_SIGNS,
            "SECRET_KEY 缺失、过短或过于简单",
            f"设为 {KEY_LENGTH} 位以上的随机串",
        ),
        (
            "E003",
            engine != "django.db.backends.postgresql",
            "生产环境须用 PostgreSQL",
            "把 DATABASE_URL 设为 postgres://…",
        ),
        ("E004", not settings.REDIS_URL, "没有消息代理", "把 REDIS_URL 设为 redis://…"),
        ("E005", not hosts or "*" in hosts, "ALLOWED_HOSTS 没有写明域名", "例如 ALLOWED_HOSTS=heating.example.org"),
        ("E006", settings.DEMO, "生产环境不能打开演示模式", "去掉环境变量 DEMO"),
        ("E007", bool(bad_proxies), f"TRUSTED_PROXIES 里的“{'、'.join(bad_proxies)}”不是地址", "写地址或网段"),
    ]
    return [Error(message, hint=hint, id=f"heating.{code}") for code, is_wrong, message, hint in rules if is_wrong]


def refuse_half_set_up() -> None:
    """For processes that run no system checks when they start (web server, Celery): exits with the errors, if any."""
    if errors := production_is_set_up(None):
        raise SystemExit("\n".join(f"{error.id}: {error.msg}。{error.hint}" for error in errors))


def _secret_key() -> str:
    try:
        return settings.SECRET_KEY
    except ImproperlyConfigured:  # it is empty
        return ""


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return text == "unix"
    return True
