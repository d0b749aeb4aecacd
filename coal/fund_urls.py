"""The addresses of the money for coal."""

from django.urls import path

from coal.views import fund_page

fund_urls = [
    path("funds/", fund_page.fund_list, name="fund_list"),
    path("funds/sheet/", fund_page.fund_sheet, name="fund_sheet"),
    path("funds/<int:season>/<int:company>/", fund_page.fund_company, name="fund_company"),
    path("funds/<int:season>/<int:company>/need/", fund_page.fund_need, name="fund_need"),
    path("funds/<int:season>/<int:company>/enter/<slug:kind>/", fund_page.fund_enter, name="fund_enter"),
    path("funds/entries/<int:pk>/reverse/", fund_page.fund_reverse, name="fund_reverse"),
]
