from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from common.jobs.services import TooManyJobs


class TooManyJobsMiddleware:
    """Whoever asks for one job too many is told so beside those that are not finished."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, TooManyJobs):
            return None
        messages.error(request, str(exception))
        return redirect("jobs:list")
