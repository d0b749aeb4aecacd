from django.apps import AppConfig


class ComplaintsConfig(AppConfig):
    name = "complaints"
    verbose_name = "投诉办理"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from common.occasions import register_occasion, register_settled
        from common.spreadsheets.ledgers.kinds import register_kind
        from complaints import cluster_notices
        from complaints.kind import OrderKind
        from complaints.occasions import OCCASION, call_callers, call_callers_of_cluster, order_occasion

        register_kind(OrderKind())
        register_occasion(OCCASION, order_occasion)
        register_occasion(cluster_notices.OCCASION, cluster_notices.cluster_occasion)
        register_settled(OCCASION, call_callers)
        register_settled(cluster_notices.OCCASION, call_callers_of_cluster)
