"""Names and phones as they are shown to those who need not know them, also where somebody wrote them into a text."""

import re
from collections.abc import Callable

# 139 1111 2222, +86-13911112222, 0311-8123456, 8123456; neither a day written together (20261120) nor a part of an
# order's longer number.
_MOBILE = r"[1１]\d{2}[- ]?\d{4}[- ]?\d{4}|1\d{2}[- ]\d{3}[- ]\d{5}|1\d{3}[- ]\d{3}[- ]\d{4}|1\d{3}[- ]\d{4}[- ]\d{3}"
_PHONE = re.compile(
    r"(?<![\dA-Za-z.])(?!20\d\d[01]\d[0-3]\d(?!\d))(?:(?:\+|00)?86[- ]?)?"
    rf"(?:(?:{_MOBILE})(?!\d)|(?:[0０]\d{{2,3}}[- ]?\d{{7,8}}|[2-9２-９]\d{{6,7}})(?![\dA-Za-z]))"
)
_IDENTITY = re.compile(r"(?<!\d)\d{17}[\dXx](?![\dA-Za-z])")


def holds_phone(text: str) -> bool:
    return bool(_PHONE.search(text))


def mask_name(name: str) -> str:
    """王*; 王** of three characters and more."""
    return f"{name[0]}{'*' * min(len(name) - 1, 2) or '*'}" if name else ""


def mask_phone(phone: str) -> str:
    """138****1234; of a short one the last two only."""
    if len(phone) >= 11:
        return f"{phone[:3]}****{phone[-4:]}"
    return f"{'*' * max(len(phone) - 2, 0)}{phone[-2:]}"


def masked_text(text: str, name: str = "", *, phone: Callable[[str], str] = mask_phone) -> str:
    """The text with every phone in it masked (as `phone` says), numbers of identity cards left out and, where it is
    known, the caller's name masked."""
    # The name last: a number right behind it would no longer look like one.
    text = _PHONE.sub(lambda found: phone(found[0]), _IDENTITY.sub("（身份证号）", text))
    return text.replace(name, mask_name(name)) if len(name) > 1 else text
