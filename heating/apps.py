from django.apps import AppConfig


class HeatingConfig(AppConfig):
    name = "heating"
