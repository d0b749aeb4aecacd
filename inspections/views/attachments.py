"""Photos and files: sent up by those concerned, shown to whoever sees the hazard, never by a name one could guess."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from common.fields import MOST_FILES, inspect_all
from common.uploads import serve
from common.views import safe_next
from inspections import services
from inspections.enums import AttachmentStage
from inspections.models import Attachment
from inspections.views.detail import visible_hazard

reads = permission_required("inspections.view_hazard", raise_exception=True)


@reads
@require_POST
def hazard_attach(request: HttpRequest, pk: int) -> HttpResponse:
    """POST: `files` (several), `stage`, `note`. What is fit is kept; what is not is named with its reason."""
    hazard = visible_hazard(request, pk)
    services.require_may_attach(request.user, hazard)
    back = redirect(safe_next(request, f"{hazard.get_absolute_url()}#files"))
    files = request.FILES.getlist("files")
    if not files:
        messages.error(request, "没有选择文件，请先选择要上传的照片或文件。")
        return back
    if len(files) > MOST_FILES:
        messages.error(request, f"一次选了 {len(files)} 个文件，最多 {MOST_FILES} 个，请分几次上传。")
        return back
    stage = request.POST.get("stage", "")
    if stage not in AttachmentStage.values:
        messages.error(request, "没有选择照片属于哪个阶段，请重新选择文件并选好阶段。")
        return back
    taken, refused = inspect_all(files)
    if taken:
        services.add_attachments(
            hazard, by=request.user, uploads=taken, stage=stage, note=request.POST.get("note", "").strip()
        )
        messages.success(request, f"已上传 {len(taken)} 个文件：{'、'.join(upload.filename for upload in taken)}。")
    if refused:
        messages.error(request, f"有 {len(refused)} 个文件没有收下，请处理后重新选择：{'；'.join(refused)}。")
    return back


@reads
@require_GET
def attachment_file(request: HttpRequest, pk: int) -> FileResponse:
    """The file; of a photo that browsers cannot show (HEIC) the JPEG made from it, unless `?original=1`."""
    attachment = get_object_or_404(Attachment.objects.visible_to(request.user), pk=pk)
    if attachment.rendition and "original" not in request.GET:
        name = f"{attachment.original_name.rpartition('.')[0]}.jpg"
        return serve_stored(attachment.rendition, name, "image/jpeg")
    return serve_stored(attachment.file, attachment.original_name, attachment.content_type, inline=attachment.is_photo)


@reads
@require_GET
def attachment_thumbnail(request: HttpRequest, pk: int) -> FileResponse:
    attachment = get_object_or_404(Attachment.objects.visible_to(request.user), pk=pk)
    if not attachment.thumbnail:
        raise Http404("这个文件没有缩略图")
    return serve_stored(attachment.thumbnail, "thumbnail.jpg", "image/jpeg")


def serve_stored(file: FieldFile, name: str, content_type: str, *, inline: bool = True) -> FileResponse:
    try:
        opened = file.open("rb")
    except FileNotFoundError as error:
        raise Http404("文件不在存储中，请联系系统维护人员") from error
    return serve(opened, download_name=name, content_type=content_type, inline=inline)
