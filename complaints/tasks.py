from celery import shared_task

from complaints import clusters


@shared_task
def check_clusters() -> None:
    """Look at every place of every county: orders that came by other ways than registration are seen as well."""
    clusters.check_all()
