"""Words that a bureau adds to those by which its ledgers are read.

terms = terms_of("hazards", county.code)
HAZARDS.extended(terms.heads)
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from common.spreadsheets.columns import comparable
from common.spreadsheets.models import LedgerTerm
from common.text import normalise_name

Role = LedgerTerm.Role


@dataclass(frozen=True, slots=True)
class Terms:
    """`heads`: {column: words}. `values`: {column: {word as names are compared: value}}. `vague`: {field: words}."""

    heads: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    vague: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def terms_of(kind: str, scope: str) -> Terms:
    """The words that the bureau of this scope (the code of its county) has added. One query."""
    heads: dict[str, tuple[str, ...]] = {}
    values: dict[str, dict[str, str]] = {}
    vague: dict[str, tuple[str, ...]] = {}
    terms = LedgerTerm.objects.filter(kind=kind, scope=scope)
    for role, column, value, term in terms.values_list("role", "meaning", "value", "term"):
        if role == Role.HEAD:
            heads[column] = (*heads.get(column, ()), term)
        elif role == Role.VALUE:
            values.setdefault(column, {})[normalise_name(term)] = value
        else:
            # As what is read is compared with such words: without signs.
            vague[column] = (*vague.get(column, ()), comparable(term))
    return Terms(heads, values, vague)
