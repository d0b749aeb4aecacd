"""Actions that only the offices concerned read of: entries about them stand in an item's history, and not for the
units that are supervised."""

# What an action of that sort begins with.
_BEGINNINGS: list[str] = []


def register_deliberations(beginnings: list[str]) -> None:
    """By the app whose actions they are, when it is loaded."""
    _BEGINNINGS.extend(each for each in beginnings if each not in _BEGINNINGS)


def deliberations() -> tuple[str, ...]:
    return tuple(_BEGINNINGS)
