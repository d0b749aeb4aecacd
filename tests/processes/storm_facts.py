"""What a storm has left behind against what a loop over all items, one by one in plain Python, says there must be.

An item at rest has one state, one that was moved has those of the journal, each from its move to the next. The moment
of a move is known as well as the journal can know it: `before` … `after`. What happens within that, or while a sweep or
a sender that looked just before is still at it, may go by either state; that is the only thing that is left open:

    record      made by a run: by a state of the item between the run's start and its end
    news        by a state in the run that announced the record, or while the proposal was decided
    sent, or    by a state in the SENDING_SECONDS before, which is how long the look, the message and the row's end
    dropped     take at most

For an item at rest there is one state at any time, so all of it is exact. Days, not hours, count on these ladders.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from common import clock
from inspections.models import Hazard
from notifications.models import Message, Outgoing
from supervision import ladder
from supervision.kinds import HAZARD
from supervision.models import Escalation, PolicyStep, Proposal, SweepRun
from supervision.policy import ladders
from supervision.working_days import working_calendar
from tests.processes.storm_items import DECISIONS, MOVES, State, lines
from tests.processes.storm_people import People

SENDING = dt.timedelta(seconds=3)
# A run that was killed after it had written has no end of its own.
LONGEST_SWEEP = dt.timedelta(seconds=20)
EVER, NEVER = dt.datetime.min.replace(tzinfo=dt.UTC), dt.datetime.max.replace(tzinfo=dt.UTC)
MATTER, PROPOSED = "hazard", "hazard-proposal"
Rung = tuple[str, int]  # step, repetition
Ladder = tuple[int, dt.date]  # item, deadline: what begins anew


@dataclass(frozen=True)
class Spell:
    """A state of an item: possible from `start` to `end`, certain between `sure_from` and `sure_until`."""

    state: State
    start: dt.datetime
    sure_from: dt.datetime
    sure_until: dt.datetime
    end: dt.datetime


@dataclass
class Item:
    pk: int
    title: str
    steps: dict[str, PolicyStep]
    spells: list[Spell]
    is_moved: bool

    def states(self, since: dt.datetime, until: dt.datetime) -> list[State]:
        """Those that it may have been in at some moment between."""
        return [spell.state for spell in self.spells if spell.start <= until and spell.end >= since]


@dataclass(frozen=True)
class Run:
    as_of: dt.date
    start: dt.datetime
    end: dt.datetime
    is_good: bool


@dataclass
class Judge:
    """`wrong`: by what is wrong the cases, in words."""

    people: People = field(default_factory=People)
    wrong: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.calendar = working_calendar()
        self.runs = {run.pk: _run(run) for run in SweepRun.objects.all()}
        self.decided = {
            int(pk): (line["before"], line["after"], state)
            for line in lines(DECISIONS)
            for pk, state in line["decided"].items()
        }
        self.items = {item.pk: item for item in self._items()}
        self.records: dict[Ladder, list[Escalation]] = _grouped(Escalation.objects.order_by("pk"))
        self.proposals: dict[Ladder, list[Proposal]] = _grouped(Proposal.objects.order_by("pk"))
        self.news: dict[Ladder, list[Outgoing]] = _grouped(Outgoing.objects.select_related("message").order_by("pk"))
        self.reached = cache(self._reached)

    def _items(self) -> Iterable[Item]:
        moves = defaultdict(list)
        for line in lines(MOVES):
            moves[line["item"]].append(line)
        shares = ladders(HAZARD)
        for hazard in Hazard.objects.order_by("pk"):
            steps = next(each.steps for each in shares if each.holds_for(hazard, HAZARD))
            spells = _spells(moves[hazard.pk]) if hazard.pk in moves else _spells([_at_rest(hazard)])
            self.expect(spells[-1].state == State.of(hazard), "journal", hazard, spells[-1])
            by_code = {step.code: step for step in steps}
            yield Item(hazard.pk, hazard.number, by_code, spells, len(moves[hazard.pk]) > 1)

    def expect(self, holds: bool, name: str, *case: Any) -> None:
        if not holds:
            self.wrong[name].append(" ".join(map(str, case)))

    def _reached(self, item: int, due_on: dt.date, as_of: dt.date, now: dt.datetime) -> set[Rung]:
        steps = self.items[item].steps.values()
        moment = now if clock.local_date(now) == as_of else dt.datetime.combine(as_of, dt.time(12), dt.UTC)
        return {(each.step.code, each.repeat) for each in ladder.reached(steps, due_on, moment, self.calendar)}

    # --- records ------------------------------------------------------------------------------------------------------

    def judge(self) -> None:
        runs = [run for run in self.runs.values() if run.is_good]
        for item in self.items.values():
            self._nothing_is_missing(item, runs)
        for key, records in self.records.items():
            self._records(self.items[key[0]], key, records)
        for key in {*self.records, *self.proposals, *self.news}:
            self._proposals(self.items[key[0]], key)
            self._news(self.items[key[0]], key)
            self._outcomes(self.items[key[0]], key)
        self._inboxes()

    def _nothing_is_missing(self, item: Item, runs: list[Run]) -> None:
        """Whatever was reached in a run during which the item was surely watched is on record."""
        for spell in item.spells:
            due_on = spell.state.due_on
            if not spell.state.watched or due_on is None:
                continue
            days = {run.as_of: run.start for run in runs if spell.sure_from < run.start and run.end < spell.sure_until}
            there = {(each.step, each.repeat) for each in self.records.get((item.pk, due_on), [])}
            for as_of, now in days.items():
                for rung in self.reached(item.pk, due_on, as_of, now) - there:
                    self.expect(False, "missing_record", item.title, due_on, rung, "as of", as_of)

    def _records(self, item: Item, key: Ladder, records: list[Escalation]) -> None:
        """Each once, reached while the item was watched with that deadline; of those of a run the right one is told."""
        _, due_on = key
        counts = Counter((each.step, each.repeat) for each in records)
        for rung, count in counts.items():
            self.expect(count == 1, "doubled_record", item.title, due_on, rung, count)
        earlier: list[Escalation] = []
        for run_id in dict.fromkeys(each.run_id for each in records):
            run, together = self.runs[run_id], [each for each in records if each.run_id == run_id]
            states = [each for each in item.states(run.start, run.end) if each.watched and each.due_on == due_on]
            reached = self.reached(item.pk, due_on, run.as_of, run.start) if states else set()
            for each in together:
                self.expect((each.step, each.repeat) in reached, "unwanted_record", item.title, each)
            told = {_told(item, together, earlier, run.as_of, state) for state in states}
            announced = {(each.step, each.repeat) for each in together if each.announced}
            self.expect(
                announced in [{rung} - {None} for rung in told], "announced", item.title, due_on, announced, told
            )
            earlier += together

    # --- what people are told -----------------------------------------------------------------------------------------

    def _announced(self, key: Ladder) -> dict[Rung, Run]:
        return {
            (each.step, each.repeat): self.runs[each.run_id] for each in self.records.get(key, []) if each.announced
        }

    def _proposals(self, item: Item, key: Ladder) -> None:
        """One for each record that is announced at a step that has to be approved; decided as the officer has it."""
        there = Counter((each.step, each.repeat) for each in self.proposals.get(key, []))
        announced = {rung: run for rung, run in self._announced(key).items() if item.steps[rung[0]].is_proposed}
        for rung, run in announced.items():
            sure = all(_is_watched(state, key) for state in item.states(run.start, run.end))
            self.expect(bool(there[rung]) or not sure, "missing_proposal", item.title, *key, rung)
        for rung, count in there.items():
            self.expect(count == 1 and rung in announced, "unwanted_proposal", item.title, *key, rung, count)
        for each in self.proposals.get(key, []):
            _, _, state = self.decided.get(each.pk, (None, None, "open"))
            self.expect(each.state == state, "proposal_state", item.title, each, each.state, state)

    def _news(self, item: Item, key: Ladder) -> None:
        """For whoever has to hear of it, and for nobody else: one row each."""
        there = defaultdict(Counter[int])
        for row in self.news.get(key, []):
            there[row.matter, row.step, row.repeat][row.recipient_id] += 1
        wanted: dict[tuple[str, str, int], tuple[set[int], set[int]]] = {}
        for (code, repeat), run in self._announced(key).items():
            step = item.steps[code]
            matter = PROPOSED if step.is_proposed else MATTER
            wanted[matter, code, repeat] = self._bracket(item, key, step, matter, run.start, run.end)
        for each in self.proposals.get(key, []):
            before, after, state = self.decided.get(each.pk, (NEVER, NEVER, ""))
            if state == "approved":
                step = item.steps[each.step]
                wanted[MATTER, each.step, each.repeat] = self._bracket(
                    item, key, step, MATTER, before, after, each.unit_id
                )
        for name in {*there, *wanted}:
            must, may = wanted.get(name, (set[int](), set[int]()))
            found = there[name]
            self.expect(must <= found.keys(), "missing_news", item.title, *key, name, must - found.keys())
            self.expect(found.keys() <= may, "unwanted_news", item.title, *key, name, found.keys() - may)
            self.expect(max(found.values(), default=1) == 1, "doubled_news", item.title, *key, name, dict(found))

    def _bracket(
        self, item: Item, key: Ladder, step: PolicyStep, matter: str, since: dt.datetime, until: dt.datetime,
        unit: int | None = None,
    ) -> tuple[set[int], set[int]]:  # fmt: skip
        """(those who must hear of the step, those who may), by the states between; the same for an item at rest."""
        told = [
            self.people.of(step, state, only_bureau=matter == PROPOSED)
            if _is_watched(state, key) and unit in (None, state.unit)
            else set[int]()
            for state in item.states(since, until)
        ]
        return set.intersection(*told), set.union(*told)

    # --- what became of it --------------------------------------------------------------------------------------------

    def _outcomes(self, item: Item, key: Ladder) -> None:
        """All came to an end. Sent: it still held. Dropped: it did not hold any more."""
        for row in self.news.get(key, []):
            self.expect(row.state in ("sent", "dropped"), "unsent", item.title, row.state, row.key, row.last_error)
            if row.done_at is None:
                continue
            holds = self._holds(item, key, row, row.done_at - SENDING, row.done_at)
            if row.state == "sent":
                self.expect(True in holds, "sent_though_settled", item.title, row.key, row.recipient, row.done_at)
            elif row.state == "dropped":
                self.expect(False in holds, "dropped_though_true", item.title, row.key, row.recipient, row.done_at)

    def _holds(self, item: Item, key: Ladder, row: Outgoing, since: dt.datetime, until: dt.datetime) -> set[bool]:
        """Whether the news was still true between the two moments: both if it changed, or may have."""
        step, is_proposal = item.steps[row.step], row.matter == PROPOSED
        told = {
            _is_watched(state, key)
            and row.recipient_id in self.people.of(step, state, only_bureau=is_proposal)
            and self._is_of_its_unit(key, row, state)
            for state in item.states(since, until)
        }
        over = self._undecided(key, row, since) if is_proposal else self._overtaken(key, row)
        if step.amount <= 0 and (last_day := row.due_on) < clock.local_date(until):
            over.append((ladder.end_of_deadline(last_day), ladder.end_of_deadline(last_day)))
        if any(sure < since for _, sure in over):
            return {False}
        return told | ({False} if any(possible <= until for possible, _ in over) else set())

    def _is_of_its_unit(self, key: Ladder, row: Outgoing, state: State) -> bool:
        found = [
            each.unit_id for each in self.proposals.get(key, []) if (each.step, each.repeat) == (row.step, row.repeat)
        ]
        return row.matter != PROPOSED or found == [state.unit]

    def _overtaken(self, key: Ladder, row: Outgoing) -> list[tuple[dt.datetime, dt.datetime]]:
        """(from when possibly, from when surely) a later repetition was on record."""
        later = [each for each in self.records.get(key, []) if each.step == row.step and each.repeat > row.repeat > 0]
        return [(self.runs[each.run_id].start, self.runs[each.run_id].end) for each in later]

    def _undecided(self, key: Ladder, row: Outgoing, since: dt.datetime) -> list[tuple[dt.datetime, dt.datetime]]:
        """(from when possibly, from when surely) the proposal was decided, or a severer or later one proposed, which is
        in the way until it is declined."""
        runs = {(each.step, each.repeat): self.runs[each.run_id] for each in self.records.get(key, [])}
        proposals = {(each.step, each.repeat): each for each in self.proposals.get(key, [])}
        this = proposals.get((row.step, row.repeat))
        if this is None:
            return [(EVER, EVER)]
        over = []
        for rung, each in proposals.items():
            before, after, state = self.decided.get(each.pk, (NEVER, NEVER, ""))
            if each is this:
                over.append((before, after))
            elif each.level > this.level and state == "declined":
                over += [(runs[rung].start, NEVER)] if after >= since else []
            elif each.level > this.level or (each.step == this.step and each.repeat > this.repeat):
                over.append((runs[rung].start, runs[rung].end))
        return over

    # --- inboxes ------------------------------------------------------------------------------------------------------

    def _inboxes(self) -> None:
        """What was sent lies in that person's inbox, once; and nothing lies there of which the outbox knows nothing."""
        carried: defaultdict[int, list[Outgoing]] = defaultdict(list)
        for rows in self.news.values():
            for row in rows:
                if row.state == "sent":
                    is_there = row.message is not None and row.message.recipient_id == row.recipient_id
                    self.expect(is_there, "not_in_inbox", row.key, row.recipient_id)
                if row.message_id:
                    carried[row.message_id].append(row)
        for message in Message.objects.exclude(key__startswith="hazard:"):
            self.expect(_carries(message, carried[message.pk]), "unexplained_message", message.pk, message.key)
        keys = Counter(Message.objects.values_list("recipient", "key"))
        for name, count in keys.items():
            self.expect(count == 1, "told_twice", name, count)


def _grouped(rows: Iterable[Any]) -> dict[Ladder, list[Any]]:
    found: dict[Ladder, list[Any]] = {}
    for row in rows:
        found.setdefault((row.item_id, row.due_on), []).append(row)
    return found


def _is_watched(state: State, key: Ladder) -> bool:
    return state.watched and state.due_on == key[1]


def _run(run: SweepRun) -> Run:
    end = run.finished_at or run.started_at + LONGEST_SWEEP
    return Run(run.as_of, run.started_at, end, run.finished_at is not None and not run.error)


def _at_rest(hazard: Hazard) -> dict[str, Any]:
    return {"state": None, "now": State.of(hazard), "before": EVER, "after": EVER}


def _spells(moves: list[dict[str, Any]]) -> list[Spell]:
    """The first line says what there was before any move."""
    found = []
    for n, line in enumerate(moves):
        state = line["now"] if line["state"] is None else State.read(line["state"])
        following = moves[n + 1] if n + 1 < len(moves) else {"before": NEVER, "after": NEVER}
        start, sure_from = (line["before"], line["after"]) if n else (EVER, EVER)
        found.append(Spell(state, start, sure_from, following["before"], following["after"]))
    return found


def _told(
    item: Item, together: list[Escalation], earlier: list[Escalation], as_of: dt.date, state: State
) -> Rung | None:
    """Of what was reached at once the severest, unless something severer is on record. Not a reminder of what is over,
    nor what was past before the item was watched."""
    top = max(together, key=lambda each: (each.level, each.repeat))
    severest = max((each.level for each in earlier), default=0)
    step, due_on = item.steps[top.step], top.due_on
    if (top.level, top.repeat) <= (severest, 0):
        return None
    if step.amount <= 0:
        return (top.step, top.repeat) if due_on >= as_of else None
    past = (state.since - due_on).days if state.since else 0
    return (top.step, top.repeat) if past <= ladder.distance(step, top.repeat) else None


def _carries(message: Message, rows: list[Outgoing]) -> bool:
    """Whether the message says what the rows say: one in its own words, more as a list."""
    if len(rows) == 1:
        return message.key == rows[0].key and message.subject == rows[0].subject
    listed = message.body.splitlines()
    missing = [row for row in rows if row.subject not in listed]
    return bool(rows) and f"{len(rows)} 条" in message.subject and len(missing) == max(0, len(rows) - 30)


def facts() -> dict[str, Any]:
    """What is `wrong` (by name, with how many and the first few), and figures of how much there was to judge."""
    judge = Judge()
    judge.judge()
    moves = Counter(line["move"] for line in lines(MOVES) if line["move"] and line["outcome"] == "done")
    news = [row for rows in judge.news.values() for row in rows]
    records = [each for some in judge.records.values() for each in some]
    return {
        "wrong": {name: [len(cases), *cases[:5]] for name, cases in judge.wrong.items()},
        "items": len(judge.items),
        "moved": sum(item.is_moved for item in judge.items.values()),
        "moves": dict(moves),
        "outcomes": dict(Counter(line["outcome"].split(":")[0] for line in lines(MOVES) if line["move"])),
        "days": sorted({str(run.as_of) for run in judge.runs.values() if run.is_good}),
        "runs": dict(Counter(run.is_good for run in judge.runs.values())),
        "records": len(records),
        "announced": sum(each.announced for each in records),
        "proposals": dict(Counter(each.state for some in judge.proposals.values() for each in some)),
        "news": dict(Counter(f"{row.matter} {row.state}" for row in news)),
        "messages": Message.objects.exclude(key__startswith="hazard:").count(),
    }
