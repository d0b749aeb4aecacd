from django.urls import path

from inspections.views import listing

app_name = "inspections"
urlpatterns = [
    path("", listing.hazard_list, name="hazard_list"),
    path("counts/", listing.hazard_counts, name="hazard_counts"),
    path("bulk/", listing.hazard_bulk, name="hazard_bulk"),
]
