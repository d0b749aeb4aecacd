from django.urls import path

from notifications import views

app_name = "notifications"
urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("read/", views.read_all, name="read_all"),
    path("failed/", views.failed, name="failed"),
    path("failed/again/", views.failed_again, name="failed_again"),
    path("<int:pk>/", views.bundle, name="bundle"),
    path("<int:pk>/open/", views.open_message, name="open"),
    path("<int:pk>/read/", views.read, name="read"),
]
