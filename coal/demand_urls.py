"""The addresses of estimates, targets and the weather."""

from django.urls import path

from coal.views import (
    coal_free_page,
    cold_county_page,
    cold_spell_page,
    estimate_page,
    move_page,
    target_page,
    weather_page,
)
from common.spreadsheets.ledgers.urls import ledger_urls

demand_urls = [
    path("estimates/", estimate_page.estimate_list, name="estimate_list"),
    path("estimates/<int:season>/<int:company>/", estimate_page.estimate, name="estimate"),
    path("estimates/<int:pk>/", estimate_page.estimate_detail, name="estimate_detail"),
    path("parameters/", weather_page.parameters, name="parameters"),
    path("cold-spell/", cold_county_page.cold_county, name="cold_county"),
    path("cold-spell/<int:season>/<int:company>/", cold_spell_page.cold_spell, name="cold_spell"),
    path("targets/", target_page.target_list, name="target_list"),
    path("targets/sheet/", target_page.target_sheet, name="target_sheet"),
    path("targets/new/<int:season>/<int:company>/", target_page.target_create, name="target_create"),
    path("targets/<int:pk>/", target_page.target_detail, name="target_detail"),
    path("targets/<int:pk>/edit/", target_page.target_edit, name="target_edit"),
    path("targets/<int:pk>/<slug:move>/", move_page.target_move, name="target_move"),
    path("coal-free/<int:company>/declare/", coal_free_page.coal_free_declare, name="coal_free_declare"),
    path("coal-free/<int:pk>/take-back/", coal_free_page.coal_free_take_back, name="coal_free_take_back"),
    path("weather/", weather_page.weather, name="weather"),
    path("weather/day/", weather_page.temperature_day, name="temperature_day"),
    *ledger_urls("temperatures", prefix="temperature_", under="weather/"),
]
