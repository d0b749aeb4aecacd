"""Where each app's pages begin. These beginnings are fixed: scripts outside the project rely on them."""

from importlib.util import find_spec

from django.urls import include, path

PREFIXES = {
    "": "dashboard",
    "hazards/": "inspections",
    "facilities/": "facilities",
    "accounts/": "accounts",
    "audit/": "audit",
    "messages/": "notifications",
    "supervision/": "supervision",
}
urlpatterns = [path("", include("common.urls"))]
urlpatterns += [path(prefix, include(f"{app}.urls")) for prefix, app in PREFIXES.items() if find_spec(f"{app}.urls")]
