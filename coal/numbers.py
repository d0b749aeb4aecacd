"""The numbers by which an arrival names its contract and its batch, in the one way in which they are kept.

They are typed at the gate, from a sheet and from a paper by different people. Both ends keep the same form, so that
`ht-1 `, `ＨＴ-1` and `HT-1` are one number wherever the two are put together.
"""

from common.text import normalise_name


def kept(number: str) -> str:
    """Half-width, upper case, without white space."""
    return normalise_name(number).upper()
