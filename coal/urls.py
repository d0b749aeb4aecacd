from django.urls import path

from coal.check_urls import check_urls
from coal.demand_urls import demand_urls
from coal.fund_urls import fund_urls
from coal.supply_urls import supply_urls
from coal.views import company_page, duty_page, movement_page, overview_page, progress_page, report_page, yard_page
from common.spreadsheets.ledgers.urls import ledger_urls

app_name = "coal"
urlpatterns = [
    path("", overview_page.overview, name="overview"),
    path("companies/<int:pk>/", company_page.company, name="company"),
    path("sheet/", overview_page.stock_sheet, name="stock_sheet"),
    path("progress/", progress_page.progress_list, name="progress"),
    path("progress/<int:year>-<int:month>-<int:day>/", progress_page.progress_day, name="progress_day"),
    *ledger_urls("coal", prefix="progress_", under="progress/"),
    path("yards/", yard_page.yard_list, name="yard_list"),
    path("yards/new/", yard_page.yard_create, name="yard_create"),
    path("yards/<int:pk>/", yard_page.yard_detail, name="yard_detail"),
    path("yards/<int:pk>/edit/", yard_page.yard_edit, name="yard_edit"),
    path("yards/<int:pk>/switch/", yard_page.yard_switch, name="yard_switch"),
    path("yards/<int:pk>/enter/<slug:kind>/", movement_page.movement_enter, name="movement_enter"),
    path("movements/<int:pk>/", movement_page.movement_detail, name="movement_detail"),
    path("movements/<int:pk>/reverse/", movement_page.movement_reverse, name="movement_reverse"),
    path("reports/", report_page.report_list, name="report_list"),
    path("reports/file/", report_page.report_file, name="report_file"),
    path("reports/company/<int:pk>/", report_page.report_company, name="report_company"),
    path("reports/company/<int:pk>/<slug:day>/", duty_page.report_day, name="report_day"),
    path("cover/<int:pk>/", duty_page.cover_gap, name="cover_gap"),
    path("reports/<int:pk>/", report_page.report_detail, name="report_detail"),
    *check_urls,
    *demand_urls,
    *fund_urls,
    *supply_urls,
]
