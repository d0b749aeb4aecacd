"""Where uploaded files lie: under MEDIA_ROOT, which no URL reaches. They are served by views that check the scope."""

from typing import Any

from django.core.files.storage import FileSystemStorage


class PrivateStorage(FileSystemStorage):
    """Files under settings.MEDIA_ROOT (wherever that is at the moment), for the server's own user and group only."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"file_permissions_mode": 0o640, "directory_permissions_mode": 0o750, **options})

    def url(self, name: str | None) -> str:
        raise ValueError("私有文件没有网址，请经由检查权限的页面下载")


def private_storage() -> PrivateStorage:
    """The storage of uploads; a function so that migrations name no path and tests may move it."""
    return PrivateStorage()
