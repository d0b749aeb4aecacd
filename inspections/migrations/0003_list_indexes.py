"""Indexes for every order and filter of the list, and the search index anew (altering a table drops SQLite's triggers)."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F

from common.search_terms import no_search_index, search_index
from inspections.querysets import GradeRank, KindRank, StatusRank


def index(name: str, *fields: str) -> migrations.AddIndex:
    return migrations.AddIndex("hazard", models.Index(fields=["county", "season", *fields], name=name))


def rank_index(name: str, rank: models.Func, field: str) -> migrations.AddIndex:
    parts = (F("county"), F("season"), rank, F("sequence"), F("id"), F(field))
    return migrations.AddIndex("hazard", models.Index(*parts, name=name))


class Migration(migrations.Migration):
    dependencies = [("inspections", "0002_search_and_roles")]

    operations = [
        no_search_index("inspections_hazard", "hazard_search"),
        migrations.RemoveIndex("hazard", "hazard_due"),
        migrations.RemoveIndex("hazard", "hazard_township"),
        migrations.RemoveIndex("hazard", "hazard_unit"),
        migrations.RemoveIndex("hazard", "hazard_kind"),
        migrations.AlterField(
            "hazard",
            "county",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.region",
                verbose_name="县（市、区）",
            ),
        ),
        migrations.AlterField(
            "hazard",
            "season",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="hazards",
                to="facilities.season",
                verbose_name="采暖季",
            ),
        ),
        index("hazard_due", "due_on", "id", "status"),
        index("hazard_unit", "lead_unit", "sequence", "id", "status", "due_on"),
        index("hazard_urgency", "urgency", "sequence", "id"),
        index("hazard_kind", "facility_kind", "sequence", "id", "grade", "urgency", "source", "status"),
        index("hazard_category", "category", "sequence", "id", "facility_kind", "grade", "urgency", "source", "status"),
        index("hazard_source", "source", "sequence", "id", "grade", "urgency", "status"),
        index("hazard_township", "township", "sequence", "id", "status", "due_on"),
        index("hazard_closed", "closed_at", "id"),
        index("hazard_supervisor", "supervisor", "sequence", "id"),
        rank_index("hazard_status_rank", StatusRank("status"), "status"),
        rank_index("hazard_grade_rank", GradeRank("grade"), "grade"),
        rank_index("hazard_kind_rank", KindRank("facility_kind"), "facility_kind"),
        search_index("inspections_hazard", "hazard_search"),
    ]
