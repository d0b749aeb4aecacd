"""Where each app's pages begin. These beginnings are fixed: scripts outside the project rely on them."""

from django.urls import URLPattern, URLResolver, include, path

from heating import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("", include("common.urls")),
    path("", include("dashboard.urls")),
    path("hazards/", include("inspections.urls")),
    path("coal/", include("coal.urls")),
    path("complaints/", include("complaints.urls")),
    path("facilities/", include("facilities.urls")),
    path("accounts/tasks/", include("common.jobs.urls")),
    path("accounts/", include("accounts.urls")),
    path("audit/", include("audit.urls")),
    path("messages/", include("notifications.urls")),
    path("supervision/", include("supervision.urls")),
]
