"""Photos and files of orders, shown to whoever sees the order."""

from django.contrib.auth.decorators import permission_required
from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from complaints.models import OrderFile
from inspections.views.attachments import serve_stored

reads = permission_required("complaints.view_order", raise_exception=True)


@reads
@require_GET
def file(request: HttpRequest, pk: int) -> FileResponse:
    """The file; of a photo that browsers cannot show (HEIC) the JPEG made from it, unless `?original=1`."""
    kept = get_object_or_404(OrderFile.objects.visible_to(request.user), pk=pk)
    if kept.rendition and "original" not in request.GET:
        return serve_stored(kept.rendition, f"{kept.original_name.rpartition('.')[0]}.jpg", "image/jpeg")
    return serve_stored(kept.file, kept.original_name, kept.content_type, inline=kept.is_photo)


@reads
@require_GET
def thumbnail(request: HttpRequest, pk: int) -> FileResponse:
    kept = get_object_or_404(OrderFile.objects.visible_to(request.user), pk=pk)
    if not kept.thumbnail:
        raise Http404("这个文件没有缩略图")
    return serve_stored(kept.thumbnail, "thumbnail.jpg", "image/jpeg")
