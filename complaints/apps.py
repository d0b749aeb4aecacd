from django.apps import AppConfig


class ComplaintsConfig(AppConfig):
    name = "complaints"
    verbose_name = "投诉办理"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from common.spreadsheets.ledgers.kinds import register_kind
        from complaints.kind import OrderKind

        register_kind(OrderKind())
