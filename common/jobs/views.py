"""我的任务: what somebody has had done in the background, how far it is, and what came of it."""

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET
from django_htmx.http import HTMX_STOP_POLLING

from common.htmx import is_partial
from common.jobs.models import UNFINISHED, Job
from common.uploads.serving import serve

JOBS_PER_PAGE = 30
# What a phone opens a downloaded file with.
CONTENT_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "csv": "text/csv",
    "pdf": "application/pdf",
    "zip": "application/zip",
}


@require_GET
def job_list(request: HttpRequest) -> HttpResponse:
    """The jobs, newest first; htmx asks for the table as long as one of them moves."""
    jobs = Job.objects.visible_to(request.user)
    page = Paginator(jobs, JOBS_PER_PAGE).get_page(request.GET.get("page"))
    is_moving = any(job.is_unfinished for job in page)
    context = {"page": page, "is_moving": is_moving, "kept_days": settings.JOBS_KEPT.days}
    if not is_partial(request):
        return render(request, "jobs/list.html", context)
    return render(request, "jobs/parts/list.html", context, status=200 if is_moving else HTMX_STOP_POLLING)


@require_GET
def job_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The job; htmx asks for its moving part until it is finished, and goes to the page that came of it."""
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=pk)
    if not is_partial(request):
        return render(request, "jobs/detail.html", {"job": job})
    response = render(request, "jobs/parts/job.html", {"job": job})
    if job.result_url and job.state not in UNFINISHED:
        response["HX-Redirect"] = job.result_url
    return response


@require_GET
def job_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=pk)
    try:
        file = job.result.open("rb")
    except (FileNotFoundError, ValueError):
        messages.error(request, "文件还没有做好，或者已经过了保留期。请重新导出")
        return redirect("jobs:list")
    content_type = CONTENT_TYPES.get(job.result_name.rpartition(".")[2].lower(), "application/octet-stream")
    return serve(file, download_name=job.result_name, content_type=content_type, inline=False)
