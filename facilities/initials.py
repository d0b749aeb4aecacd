"""Names by the initials of their pinyin."""

from pypinyin import Style, lazy_pinyin

from common.text import normalise_name


def pinyin_initials(name: str) -> str:
    """锦绣家园 → jxjy, 3号院 → 3hy: letters and digits only, lower-cased. 重 and 长 are read as their word has them."""
    read = "".join(lazy_pinyin(normalise_name(name), style=Style.FIRST_LETTER))
    return "".join(sign for sign in read.lower() if sign.isascii() and sign.isalnum())[:60]
