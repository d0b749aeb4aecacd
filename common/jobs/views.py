"""我的任务: what somebody has had done in the background, how far it is, and what came of it."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from common.htmx import is_partial
from common.jobs.models import UNFINISHED, Job
from common.uploads.serving import serve

JOBS_PER_PAGE = 30
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_GET
def job_list(request: HttpRequest) -> HttpResponse:
    jobs = Job.objects.visible_to(request.user)
    page = Paginator(jobs, JOBS_PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "is_moving": any(job.is_unfinished for job in page)}
    return render(request, "jobs/parts/list.html" if is_partial(request) else "jobs/list.html", context)


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
    return serve(file, download_name=job.result_name, content_type=XLSX, inline=False)
