from django.apps import AppConfig


class ComplaintsConfig(AppConfig):
    name = "complaints"
    verbose_name = "投诉办理"
    default_auto_field = "django.db.models.BigAutoField"
