from django.urls import path

from common import views

urlpatterns = [path("lists/<slug:table_name>/columns/", views.list_columns, name="list-columns")]
