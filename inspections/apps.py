from django.apps import AppConfig


class InspectionsConfig(AppConfig):
    name = "inspections"
    verbose_name = "隐患台账"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from common.occasions import register_outcomes
        from common.spreadsheets.ledgers.kinds import register_kind
        from inspections.kind import HazardKind
        from inspections.occasions import hazards_from

        register_kind(HazardKind())
        register_outcomes(hazards_from)
