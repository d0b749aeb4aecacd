from django.apps import AppConfig


class CoalConfig(AppConfig):
    name = "coal"
    verbose_name = "煤炭储备"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from coal.check_news import register_news
        from coal.check_selectors import OCCASION, check_occasion
        from coal.ledger_kind import TemperatureLedger
        from coal.progress_kind import ProgressKind
        from coal.quality_news import register_quality_news
        from coal.supply_kinds import BOOK, CONTRACTS, QUALITY
        from common.occasions import register_occasion
        from common.spreadsheets.ledgers.kinds import register_kind

        register_occasion(OCCASION, check_occasion)
        register_news()
        register_quality_news()
        for kind in (ProgressKind(), TemperatureLedger(), CONTRACTS, QUALITY, BOOK):
            register_kind(kind)
