"""The addresses of a kind's import and export pages, to go into the address list of its app."""

from django.urls import URLPattern, path

from common.spreadsheets.ledgers.views import files, importing, layout


def export_urls(ledger: str, *, prefix: str, under: str = "") -> list[URLPattern]:
    """That of the export alone, of a list that does not come in."""
    return [path(f"{under}export/", files.export, {"ledger": ledger}, name=f"{prefix}export")]


def ledger_urls(ledger: str, *, prefix: str, under: str = "") -> list[URLPattern]:
    """`ledger`: the kind's name. `prefix`: of the names of the pages, as in `LedgerKind.urls`: "hazard_".

    `under`: where they stand in the app's own addresses.
    """
    pages = [
        ("export/", files.export, "export"),
        ("template/", files.template, "template"),
        ("import/", importing.import_list, "import_list"),
        ("import/<int:pk>/", importing.import_batch, "import_batch"),
        ("import/<int:pk>/layout/", layout.import_layout, "import_layout"),
        ("import/<int:pk>/recheck/", importing.import_recheck, "import_recheck"),
        ("import/<int:pk>/update/", importing.import_update, "import_update"),
        ("import/<int:pk>/run/", importing.import_run, "import_run"),
        ("import/<int:pk>/marked/", files.import_marked, "import_marked"),
        ("import/<int:pk>/rows/<int:row>/", importing.import_settle, "import_settle"),
        ("import/<int:pk>/rows/<int:row>/dismiss/", importing.import_dismiss, "import_dismiss"),
    ]
    return [path(f"{under}{route}", view, {"ledger": ledger}, name=f"{prefix}{name}") for route, view, name in pages]
