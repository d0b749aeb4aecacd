from django.urls import path

from complaints.views import clusters_page, figures_page

sight_urls = [
    path("indicators/", figures_page.indicators, name="indicators"),
    path("counting/", figures_page.counting_page, name="counting"),
    path("hot-spots/", figures_page.hot_spot_list, name="hot_spots"),
    path("summary/", figures_page.summary_page, name="summary"),
    path("summary/sheet/", figures_page.summary_sheet, name="summary_sheet"),
    path("clusters/", clusters_page.cluster_list, name="cluster_list"),
    path("clusters/<int:pk>/", clusters_page.cluster_detail, name="cluster_detail"),
    path("clusters/<int:pk>/notice/", clusters_page.cluster_notice, name="cluster_notice"),
]
