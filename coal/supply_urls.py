"""The addresses of contracts, of the coal's quality and of the whole book."""

from django.urls import path

from coal.views import book_page, contract_page, papers, quality_page
from common.spreadsheets.ledgers.urls import export_urls

supply_urls = [
    path("contracts/", contract_page.contract_list, name="contract_list"),
    *export_urls("coal_contracts", prefix="contract_", under="contracts/"),
    path("contracts/new/", contract_page.contract_create, name="contract_create"),
    path("contracts/<int:pk>/", contract_page.contract_detail, name="contract_detail"),
    path("contracts/<int:pk>/edit/", contract_page.contract_edit, name="contract_edit"),
    path("contracts/<int:pk>/amend/", contract_page.contract_amend, name="contract_amend"),
    path("contracts/<int:pk>/void/", contract_page.contract_void, name="contract_void"),
    path("quality/", quality_page.quality_list, name="quality_list"),
    *export_urls("coal_quality", prefix="quality_", under="quality/"),
    path("quality/new/", quality_page.quality_create, name="quality_create"),
    path("quality/<int:pk>/", quality_page.quality_detail, name="quality_detail"),
    path("quality/<int:pk>/edit/", quality_page.quality_edit, name="quality_edit"),
    path("scans/<int:pk>/", papers.scan_file, name="scan_file"),
    path("movements/", book_page.movement_list, name="movement_list"),
    *export_urls("coal_movements", prefix="movement_", under="movements/"),
]
