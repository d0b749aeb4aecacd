"""Where each app's pages begin. These beginnings are fixed: scripts outside the project rely on them."""

from importlib.util import find_spec

from django.urls import include, path

if find_spec("supervision.selectors"):
    from heating import health

PREFIXES = {
    "": "dashboard",
    "hazards/": "inspections",
    "facilities/": "facilities",
    "accounts/": "accounts",
    "audit/": "audit",
    "messages/": "notifications",
    "supervision/": "supervision",
}
urlpatterns = [
    path("", include("common.urls")),
]
if find_spec("supervision.selectors"):
    urlpatterns += [
        path("healthz", health.healthz, name="healthz"),
        path("readyz", health.readyz, name="readyz"),
    ]
urlpatterns += [path(prefix, include(f"{app}.urls")) for prefix, app in PREFIXES.items() if find_spec(f"{app}.urls")]
