from django.apps import AppConfig


class CoalConfig(AppConfig):
    name = "coal"
    verbose_name = "煤炭储备"
    default_auto_field = "django.db.models.BigAutoField"
