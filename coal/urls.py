from django.urls import path

from coal.views import yard_page

app_name = "coal"
urlpatterns = [
    path("yards/", yard_page.yard_list, name="yard_list"),
    path("yards/new/", yard_page.yard_create, name="yard_create"),
    path("yards/<int:pk>/", yard_page.yard_detail, name="yard_detail"),
    path("yards/<int:pk>/edit/", yard_page.yard_edit, name="yard_edit"),
    path("yards/<int:pk>/switch/", yard_page.yard_switch, name="yard_switch"),
]
