from django.urls import path

from complaints.inout_urls import urlpatterns as inout
from complaints.sight_urls import sight_urls
from complaints.views import caller, detail, editing, entry, files, hazard_links, limits, listing, moves
from complaints.views.hazard_callers import hazard_callers

app_name = "complaints"
urlpatterns = [
    *inout,
    *sight_urls,
    path("", listing.order_list, name="order_list"),
    path("counts/", listing.order_counts, name="order_counts"),
    path("bulk/", listing.order_bulk, name="order_bulk"),
    path("new/", entry.order_create, name="order_create"),
    path("new/lookup/", entry.lookup, name="order_lookup"),
    path("limits/", limits.limit_list, name="limit_list"),
    path("limits/<int:pk>/remove/", limits.limit_remove, name="limit_remove"),
    path("files/<int:pk>/", files.file, name="file"),
    path("files/<int:pk>/thumbnail/", files.thumbnail, name="file_thumbnail"),
    path("<int:pk>/", detail.order_detail, name="order_detail"),
    path("<int:pk>/edit/", editing.order_edit, name="order_edit"),
    path("<int:pk>/caller/", caller.show_caller, name="order_caller"),
    path("<int:pk>/hazards/", hazard_links.hazard_link, name="hazard_link"),
    path("<int:pk>/hazards/<int:hazard>/unlink/", hazard_links.hazard_unlink, name="hazard_unlink"),
    path("<int:pk>/<slug:move>/", moves.order_move, name="order_move"),
    path("hazards/<int:pk>/callers/", hazard_callers, name="hazard_callers"),
]
