from django.apps import AppConfig


class SupervisionConfig(AppConfig):
    name = "supervision"
    verbose_name = "督办"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import supervision.checks  # noqa: F401 (registers itself)
        from audit.deliberation import register_deliberations
        from common.working_calendar import keep_calendar
        from supervision.enums import Measure
        from supervision.news import register_matters
        from supervision.proposals import APPROVE, VERBS
        from supervision.working_days import working_calendar

        register_matters()
        keep_calendar(working_calendar)
        not_told = [verb for move, verb in VERBS.items() if move != APPROVE]
        register_deliberations([f"{verb}{measure.label}" for verb in not_told for measure in Measure])
