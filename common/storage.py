"""Where uploaded files lie: under MEDIA_ROOT, which no URL reaches. They are served by views that check the scope."""

from django.conf import settings
from django.core.files.storage import FileSystemStorage


class PrivateStorage(FileSystemStorage):
    def url(self, name: str | None) -> str:
        raise ValueError("私有文件没有网址，请经由检查权限的页面下载")


def private_storage() -> PrivateStorage:
    """The storage of uploads; a function so that migrations name no path and tests may move it."""
    return PrivateStorage(location=settings.MEDIA_ROOT)
