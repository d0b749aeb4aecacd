from django.urls import path

from complaints.views.hazard_callers import hazard_callers

app_name = "complaints"
urlpatterns = [
    path("hazards/<int:pk>/callers/", hazard_callers, name="hazard_callers"),
]
