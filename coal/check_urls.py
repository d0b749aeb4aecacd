"""The addresses of the yard checks."""

from django.urls import path

from coal.views import check_page

check_urls = [
    path("checks/", check_page.check_list, name="check_list"),
    path("checks/rules/", check_page.check_rules, name="check_rules"),
    path("checks/<int:pk>/", check_page.check_detail, name="check_detail"),
    path("checks/<int:pk>/correct/", check_page.check_correct, name="check_correct"),
    path("checks/photos/<int:pk>/", check_page.check_photo, name="check_photo"),
    path("checks/photos/<int:pk>/thumbnail/", check_page.check_thumbnail, name="check_thumbnail"),
    path("yards/<int:pk>/check/", check_page.check_record, name="check_record"),
]
