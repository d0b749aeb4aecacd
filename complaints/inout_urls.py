"""The addresses by which orders come in and go out."""

from django.urls import URLPattern, path

from common.spreadsheets.ledgers.urls import ledger_urls
from complaints.views import pasting, queue

urlpatterns: list[URLPattern] = [
    *ledger_urls("complaints", prefix="order_"),
    path("queue/", queue.queue, name="queue"),
    path("queue/decide/", queue.decide, name="queue_decide"),
    path("paste/", pasting.paste, name="paste"),
]
