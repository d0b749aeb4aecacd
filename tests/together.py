"""The same work in several processes at the same moment, each with database connections of its own."""

import multiprocessing as mp
from collections.abc import Callable
from typing import Any

from django.db import connections

PROCESSES = 8


def at_once(work: Callable[..., Any], *arguments: Any, processes: int = PROCESSES) -> list[Any]:
    """Run `work(n, barrier, *arguments)` in as many processes with connections of their own; what each returned."""
    context = mp.get_context("fork")
    barrier, results = context.Barrier(processes), context.Queue()

    def run(n: int) -> None:
        connections.close_all()
        try:
            results.put((n, work(n, barrier, *arguments)))
        finally:
            connections.close_all()

    # A connection shared by two processes would mix up their answers.
    connections.close_all()
    workers = [context.Process(target=run, args=(n,)) for n in range(processes)]
    for worker in workers:
        worker.start()
    found = dict(results.get(timeout=60) for _ in workers)
    for worker in workers:
        worker.join(20)
    assert [worker.exitcode for worker in workers] == [0] * processes
    return [found[n] for n in range(processes)]
