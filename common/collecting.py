"""Work that makes many objects and hardly a cycle among them."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

USUAL = gc.get_threshold()
SELDOM = 100_000


@contextmanager
def collected_seldom() -> Iterator[None]:
    """Cycles are looked for less often: among the rows of a table that takes a tenth of the time. For the whole
    process; whoever ends first has it as usual again."""
    gc.set_threshold(SELDOM, *USUAL[1:])
    try:
        yield
    finally:
        gc.set_threshold(*USUAL)
