from django.urls import path

from inspections.views import (
    attachments,
    detail,
    editing,
    exporting,
    import_layout,
    importing,
    listing,
    marking,
    moves,
    photos,
)

app_name = "inspections"
urlpatterns = [
    path("", listing.hazard_list, name="hazard_list"),
    path("counts/", listing.hazard_counts, name="hazard_counts"),
    path("bulk/", listing.hazard_bulk, name="hazard_bulk"),
    path("export/", exporting.hazard_export, name="hazard_export"),
    path("template/", exporting.hazard_template, name="hazard_template"),
    path("import/", importing.import_list, name="import_list"),
    path("import/<int:pk>/", importing.import_batch, name="import_batch"),
    path("import/<int:pk>/layout/", import_layout.import_layout, name="import_layout"),
    path("import/<int:pk>/recheck/", importing.import_recheck, name="import_recheck"),
    path("import/<int:pk>/update/", importing.import_update, name="import_update"),
    path("import/<int:pk>/run/", importing.import_run, name="import_run"),
    path("import/<int:pk>/marked/", marking.import_marked, name="import_marked"),
    path("import/<int:pk>/rows/<int:row>/", importing.import_settle, name="import_settle"),
    path("import/<int:pk>/rows/<int:row>/dismiss/", importing.import_dismiss, name="import_dismiss"),
    path("import/<int:pk>/photos/", photos.import_photos, name="import_photos"),
    path("import/<int:pk>/photos/stages/", photos.import_photo_stages, name="import_photo_stages"),
    path("import/<int:pk>/photos/<int:photo>/", photos.import_photo, name="import_photo"),
    path("new/", editing.hazard_create, name="hazard_create"),
    path("<int:pk>/", detail.hazard_detail, name="hazard_detail"),
    path("<int:pk>/edit/", editing.hazard_edit, name="hazard_edit"),
    path("<int:pk>/remind/", moves.hazard_remind, name="hazard_remind"),
    path("<int:pk>/attachments/", attachments.hazard_attach, name="hazard_attach"),
    path("attachments/<int:pk>/file/", attachments.attachment_file, name="attachment_file"),
    path("attachments/<int:pk>/thumbnail/", attachments.attachment_thumbnail, name="attachment_thumbnail"),
    path("<int:pk>/<slug:move>/", moves.hazard_move, name="hazard_move"),
]
