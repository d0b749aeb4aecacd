"""What must not go into production is refused at the start, with a sentence that says what to set."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

KEY_LENGTH = 50


@register()
def production_is_set_up(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Errors if PRODUCTION is on and something of the embedded profile or of development is left."""
    if not settings.PRODUCTION:
        return []
    engine = settings.DATABASES["default"]["ENGINE"]
    key = settings.SECRET_KEY
    wrong = [
        ("E001", settings.DEBUG, "生产环境不能打开 DEBUG", "去掉环境变量 DEBUG"),
        ("E002", len(key) < KEY_LENGTH or len(set(key)) < 5, "SECRET_KEY 缺失、过短或过于简单", f"设为 {KEY_LENGTH} 位以上的随机串"),
        ("E003", engine != "django.db.backends.postgresql", "生产环境须用 PostgreSQL", "把 DATABASE_URL 设为 postgres://…"),
        ("E004", not settings.REDIS_URL, "没有消息代理", "把 REDIS_URL 设为 redis://…"),
        ("E005", not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS, "ALLOWED_HOSTS 没有写明域名", "例如 ALLOWED_HOSTS=gongre.example.gov.cn"),
        ("E006", settings.DEMO, "生产环境不能打开演示模式", "去掉环境变量 DEMO"),
    ]  # fmt: skip
    return [Error(message, hint=hint, id=f"heating.{code}") for code, is_wrong, message, hint in wrong if is_wrong]
