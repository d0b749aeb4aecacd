from django.apps import AppConfig


class HeatingConfig(AppConfig):
    name = "heating"

    def ready(self) -> None:
        from heating import checks  # noqa: F401 (registers them)
