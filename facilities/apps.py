from django.apps import AppConfig


class FacilitiesConfig(AppConfig):
    name = "facilities"
    verbose_name = "供热设施"
    default_auto_field = "django.db.models.BigAutoField"
