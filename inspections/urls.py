from django.urls import path

from common.spreadsheets.ledgers.urls import ledger_urls
from inspections.views import attachments, detail, editing, listing, moves, photos

app_name = "inspections"
urlpatterns = [
    path("", listing.hazard_list, name="hazard_list"),
    path("counts/", listing.hazard_counts, name="hazard_counts"),
    path("bulk/", listing.hazard_bulk, name="hazard_bulk"),
    *ledger_urls("hazards", prefix="hazard_"),
    path("import/<int:pk>/photos/", photos.import_photos, name="hazard_import_photos"),
    path("import/<int:pk>/photos/stages/", photos.import_photo_stages, name="hazard_import_photo_stages"),
    path("import/<int:pk>/photos/<int:photo>/", photos.import_photo, name="hazard_import_photo"),
    path("new/", editing.hazard_create, name="hazard_create"),
    path("<int:pk>/", detail.hazard_detail, name="hazard_detail"),
    path("<int:pk>/edit/", editing.hazard_edit, name="hazard_edit"),
    path("<int:pk>/remind/", moves.hazard_remind, name="hazard_remind"),
    path("<int:pk>/attachments/", attachments.hazard_attach, name="hazard_attach"),
    path("attachments/<int:pk>/file/", attachments.attachment_file, name="attachment_file"),
    path("attachments/<int:pk>/thumbnail/", attachments.attachment_thumbnail, name="attachment_thumbnail"),
    path("<int:pk>/<slug:move>/", moves.hazard_move, name="hazard_move"),
]
