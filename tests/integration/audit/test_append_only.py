"""The database itself refuses to change or remove what is on record."""

import pytest
from django.db import DatabaseError, connection, transaction

from audit.models import AuditEntry
from audit.services import record


@pytest.fixture
def entry(cast):
    return record(actor=cast.admin, action="修改用户", target=cast.inspector, changes={"姓名": ["杜岛", "杜导"]})


@pytest.mark.parametrize(
    "attempt",
    [
        lambda entry: AuditEntry.objects.filter(pk=entry.pk).update(note="改过"),
        lambda entry: AuditEntry.objects.filter(pk=entry.pk).delete(),
        lambda entry: entry.save(),
        lambda entry: entry.delete(),
        lambda entry: _raw("UPDATE audit_auditentry SET actor_name = '别人'"),
        lambda entry: _raw("DELETE FROM audit_auditentry"),
    ],
    ids=["update", "delete", "save", "instance delete", "raw UPDATE", "raw DELETE"],
)
def test_an_entry_is_neither_changed_nor_removed(entry, attempt):
    with pytest.raises(DatabaseError, match="append-only table: audit_auditentry"), transaction.atomic():
        attempt(entry)

    kept = AuditEntry.objects.get()
    assert (kept.actor_name, kept.note, kept.changes) == ("周管", "", {"姓名": ["杜岛", "杜导"]})


@pytest.mark.either_database
def test_sqlite_does_not_let_an_entry_be_replaced_either(entry):
    columns = ", ".join(field.column for field in AuditEntry._meta.fields)
    values = columns.replace("actor_name", "'别人'")
    with pytest.raises(DatabaseError, match="append-only table: audit_auditentry"), transaction.atomic():
        _raw(f"INSERT OR REPLACE INTO audit_auditentry ({columns}) SELECT {values} FROM audit_auditentry")
    assert AuditEntry.objects.get().actor_name == "周管"


def _raw(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_an_entry_knows_who_where_and_of_which_region(cast, client_as):
    client_as(cast.admin).post(
        f"/accounts/units/{cast.beiyuan.pk}/",
        {"name": "北苑供热中心", "kind": "heating_company", "region": cast.county.pk},
        REMOTE_ADDR="10.1.2.3",
        headers={"X-Request-ID": "abcd-1234-efgh"},
    )

    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.actor_name, entry.unit_name) == (cast.admin, "周管", "临岭县住房和城乡建设局")
    assert (entry.target_type, entry.target_id, entry.target_label) == (
        "accounts.unit",
        cast.beiyuan.pk,
        "北苑供热中心",
    )
    assert (entry.region_code, entry.ip, entry.request_id) == ("130199", "10.1.2.3", "abcd-1234-efgh")
    assert entry.changes == {"单位名称": ["北苑供热站", "北苑供热中心"]}
