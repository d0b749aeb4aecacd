from django.urls import path

from common.spreadsheets.ledgers.urls import ledger_urls
from facilities import season_pages, views, vocabulary

app_name = "facilities"
urlpatterns = [
    path("", views.facility_list, name="facility_list"),
    path("new/", views.facility_create, name="facility_create"),
    *ledger_urls("facilities", prefix="facility_"),
    path("<int:pk>/", views.facility_detail, name="facility_detail"),
    path("<int:pk>/edit/", views.facility_edit, name="facility_edit"),
    path("<int:pk>/switch/", views.facility_switch, name="facility_switch"),
    path("communities/", views.community_list, name="community_list"),
    *ledger_urls("communities", prefix="community_", under="communities/"),
    path("communities/new/", views.community_create, name="community_create"),
    path("communities/<int:pk>/", views.community_detail, name="community_detail"),
    path("communities/<int:pk>/edit/", views.community_edit, name="community_edit"),
    path("vocabulary/", vocabulary.vocabulary, name="vocabulary"),
    path("vocabulary/terms/<int:pk>/remove/", vocabulary.term_remove, name="term_remove"),
    path("vocabulary/aliases/<int:pk>/forget/", vocabulary.alias_forget, name="alias_forget"),
    path("season/", views.season_switch, name="season_switch"),
    path("seasons/", views.season_list, name="season_list"),
    path("seasons/new/", views.season_create, name="season_create"),
    *ledger_urls("season_companies", prefix="season_company_", under="seasons/companies/"),
    path("seasons/<int:pk>/companies/", season_pages.season_companies, name="season_companies"),
    path("seasons/<int:pk>/", views.season_edit, name="season_edit"),
]
