from django.urls import path

from dashboard import search, views

app_name = "dashboard"

urlpatterns = [
    path("", views.overview, name="overview"),
    path("todo/", views.todo, name="todo"),
    path("search/", search.search, name="search"),
]
