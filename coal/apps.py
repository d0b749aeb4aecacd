from django.apps import AppConfig


class CoalConfig(AppConfig):
    name = "coal"
    verbose_name = "煤炭储备"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from coal.ledger_kind import TemperatureLedger
        from coal.progress_kind import ProgressKind
        from coal.supply_kinds import BOOK, CONTRACTS, QUALITY
        from common.spreadsheets.ledgers.kinds import register_kind

        for kind in (ProgressKind(), TemperatureLedger(), CONTRACTS, QUALITY, BOOK):
            register_kind(kind)
