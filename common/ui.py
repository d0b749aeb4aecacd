"""Template tags and filters that every page has (registered as template builtins): icons, badges, dates, deadlines."""

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from common.clock import now
from common.columns import group_digits
from common.due import describe

register = template.Library()


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """One icon of static/img/icons.svg. Decoration: the word beside it or the control's label says what it is."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        extra,
        static("img/icons.svg"),
        name,
    )


@register.simple_tag
def ledger_url(kind: Any, page: str, *args: Any) -> str:
    """The address of an import or export page of a kind of ledger."""
    return str(kind.url(page, *args))


@register.simple_tag
def badge(label: str, colour: str = "grey") -> SafeString:
    """A state in a word; the colour (grey, blue, amber, red, green, purple, muted) only helps the eye."""
    return format_html('<span class="state state-{}">{}</span>', colour, label)


@register.simple_tag
def state_badge(member: Any) -> SafeString:
    """The badge of an enum member that has `label` and `colour`."""
    return badge(member.label, getattr(member, "colour", "grey"))


@register.simple_tag
def due_badge(deadline: dt.date | None, done: bool = False) -> SafeString:
    """How a deadline stands now: 逾期 6 天 / 今天到期 / 剩 3 天, or only the date; a moment: 剩 3 小时."""
    due = describe(deadline, now(), done=done)
    return format_html('<span class="due due-{}">{}</span>', due.colour, due.text)


@register.simple_tag
def limit_badge(due_at: dt.datetime | None, beside_date: bool = False) -> SafeString:
    """How a limit that runs by the clock stands now: 逾期 40 分钟 / 剩 3 小时; long before, its date, which is not said
    twice where it stands `beside_date`."""
    due = describe(due_at, now())
    if beside_date and due.colour == "grey":
        return SafeString("")
    return format_html('<span class="due due-{}">{}</span>', due.colour, due.text)


@register.filter
def day(value: dt.date | dt.datetime | None) -> str:
    """2026-09-30; an empty value is a dash."""
    if value is None or value == "":
        return "—"
    if isinstance(value, dt.datetime):
        value = timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    return value.isoformat()


@register.filter
def moment(value: dt.datetime | None) -> str:
    """2026-09-30 14:05 in local time; an empty value is a dash."""
    if not value:
        return "—"
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    return f"{local:%Y-%m-%d %H:%M}"


@register.filter
def deadline(value: dt.date | dt.datetime | None) -> str:
    """2026-09-30, and 2026-09-30 14:05 for a deadline that is a moment."""
    return moment(value) if isinstance(value, dt.datetime) else day(value)


@register.filter
def prose_day(value: dt.date | dt.datetime | None) -> str:
    """9月30日, for sentences."""
    if not value:
        return "（未定）"
    if isinstance(value, dt.datetime) and timezone.is_aware(value):
        value = timezone.localtime(value)
    return f"{value.month}月{value.day}日"


@register.filter
def or_dash(value: Any) -> Any:
    """The value, or a dash where there is none (0 is a value)."""
    return "—" if value is None or value == "" else value


@register.filter
def grouped(value: Any) -> str:
    """12384 → 12 384 with no-break spaces."""
    if value is None or value == "":
        return "—"
    return f"{value:,}".replace(",", "\u00a0") if isinstance(value, int) else str(value)


@register.filter
def quantity(value: Decimal | None) -> str:
    """12384.5 → 12 384.5: digits grouped, at most two decimals, none that say nothing; an empty value is a dash."""
    if value is None or value == "":
        return "—"
    text = group_digits(value, 2)
    return text.rstrip("0").rstrip(".")


@register.filter
def whole(value: Decimal | None) -> str:
    """12384.5 → 12 385: digits grouped, no decimals, for figures read at a glance; an empty value is a dash."""
    return "—" if value is None or value == "" else group_digits(value.quantize(Decimal(1), ROUND_HALF_UP))


@register.simple_tag
def trend(change: Decimal | None) -> SafeString:
    """By how much something is more or less than before: an arrow, a word and the number, so not by colour alone."""
    if change is None:
        return format_html("—")
    if not change:
        return format_html('<span class="trend">→ 持平</span>')
    way, arrow, word = ("up", "↑", "增") if change > 0 else ("down", "↓", "减")
    return format_html('<span class="trend trend-{}">{} {} {}</span>', way, arrow, word, whole(abs(change)))


@register.filter
def wan(amount_yuan: Decimal | None) -> str:
    """An amount in yuan as 万元: 12 345 600 → 1 234.56; an empty value is a dash."""
    return quantity(None if amount_yuan is None else amount_yuan / 10_000)


@register.filter
def letter(value: Any) -> str:
    """The first character of a name, for the round mark in the timeline."""
    return str(value or "").strip()[:1] or "·"
