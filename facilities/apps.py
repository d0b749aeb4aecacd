from django.apps import AppConfig


class FacilitiesConfig(AppConfig):
    name = "facilities"
    verbose_name = "供热设施"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from common.spreadsheets.ledgers.kinds import register_kind
        from facilities.ledger_kinds import CommunityLedger, FacilityLedger
        from facilities.season_ledger import SeasonCompanyLedger

        register_kind(CommunityLedger())
        register_kind(FacilityLedger())
        register_kind(SeasonCompanyLedger())
