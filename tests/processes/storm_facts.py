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
from tests.processes.storm_items import DECISIONS, EVER, MOVES, NEVER, Spell, State, lines, spells_of
from tests.processes.storm_people import People

SENDING = dt.timedelta(seconds=3)
# Each process moves its clock for itself: by so much they may differ.
SKEW = dt.timedelta(seconds=1)
# A run that was killed after it had written has no end of its own.
LONGEST_SWEEP = dt.timedelta(seconds=20)
MATTER, PROPOSED = "hazard", "hazard-proposal"
Rung = tuple[str, int]  # step, repetition
Ladder = tuple[int, dt.date, int]  # item, deadline, round: with another one the ladder begins anew


@dataclass
class Item:
    pk: int
    title: str
    steps: dict[str, PolicyStep]
    spells: list[Spell]
    is_moved: bool

    def states(self, since: dt.datetime, until: dt.datetime) -> list[State]:
        """Those that it may have been in at some moment between."""
        first, last = _shifted(since, -SKEW), _shifted(until, SKEW)
        return [spell.state for spell in self.spells if spell.start <= last and spell.end >= first]


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
            spells = spells_of(moves[hazard.pk]) if hazard.pk in moves else [Spell(State.of(hazard))]
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
            there = {(each.step, each.repeat) for each in self.records.get((item.pk, due_on, spell.state.round), [])}
            first, last = _shifted(spell.sure_from, SKEW), _shifted(spell.sure_until, -SKEW)
            days = {run.as_of: run.start for run in runs if first < run.start and run.end < last}
            for as_of, now in days.items():
                for rung in self.reached(item.pk, due_on, as_of, now) - there:
                    self.expect(False, "missing_record", item.title, due_on, rung, "as of", as_of)

    def _records(self, item: Item, key: Ladder, records: list[Escalation]) -> None:
        """Each once, reached while the item was watched with that deadline; of those of a run the right one is told."""
        _, due_on, _ = key
        counts = Counter((each.step, each.repeat) for each in records)
        for rung, count in counts.items():
            self.expect(count == 1, "doubled_record", item.title, due_on, rung, count)
        earlier: list[Escalation] = []
        run_ids = dict.fromkeys(each.run_id for each in records)
        days = [self.runs[run_id].as_of for run_id in run_ids]
        self.expect(item.is_moved or len(days) == len(set(days)), "not_at_once", item.title, due_on, days)
        for run_id in run_ids:
            run, together = self.runs[run_id], [each for each in records if each.run_id == run_id]
            states = [each for each in item.states(run.start, run.end) if _is_watched(each, key)]
            reached = self.reached(item.pk, due_on, run.as_of, run.start) if states else set()
            for each in together:
                self.expect((each.step, each.repeat) in reached, "unwanted_record", item.title, each)
            told = [_told(item, together, earlier, run.as_of, state) for state in states]
            announced = {(each.step, each.repeat) for each in together if each.announced}
            right = any(announced == ({rung} if rung else set()) for rung in told)
            self.expect(right, "announced", item.title, due_on, announced, told)
            earlier += together

    # --- what people are told -----------------------------------------------------------------------------------------

    def _announced(self, key: Ladder) -> dict[Rung, Run]:
        found = [each for each in self.records.get(key, []) if each.announced]
        return {(each.step, each.repeat): self.runs[each.run_id] for each in found}

    def _proposals(self, item: Item, key: Ladder) -> None:
        """One for each record that is announced at a step that has to be approved, and one for each milder such step
        that was caught up with it; decided as the officer has it."""
        there = Counter((each.step, each.repeat) for each in self.proposals.get(key, []))
        must, may = set(), set()
        for each in self.records.get(key, []):
            run = self.runs[each.run_id]
            wanted = {
                _is_watched(state, key) and self._is_proposed(item, each, self.records[key], run.as_of, state)
                for state in item.states(run.start, run.end)
            }
            must |= {(each.step, each.repeat)} if False not in wanted else set()
            may |= {(each.step, each.repeat)} if True in wanted else set()
        self.expect(must <= there.keys(), "missing_proposal", item.title, *key, must - there.keys())
        self.expect(there.keys() <= may, "unwanted_proposal", item.title, *key, there.keys() - may)
        self.expect(max(there.values(), default=1) == 1, "doubled_proposal", item.title, *key, dict(there))
        for proposal in self.proposals.get(key, []):
            _, _, decided = self.decided.get(proposal.pk, (NEVER, NEVER, "open"))
            self.expect(proposal.state == decided, "proposal_state", item.title, proposal, proposal.state, decided)

    def _is_proposed(
        self, item: Item, record: Escalation, records: list[Escalation], as_of: dt.date, state: State
    ) -> bool:
        """Announced; or below a step that was announced and proposed in the same run."""
        if not item.steps[record.step].is_proposed or record.announced:
            return record.announced and item.steps[record.step].is_proposed
        above = [
            each for each in records if each.announced and each.run_id == record.run_id and each.level > record.level
        ]
        return not record.repeat and bool(above) and _is_in_time(item, record, as_of, state)

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
        """(those who must hear of the step, those who may): by the states that the item may have been in when the news
        was written, and by those in which what was dropped may have been written again. Both are the same for an item
        at rest."""
        states = [each for each in item.states(since, NEVER) if _is_watched(each, key) and unit in (None, each.unit)]
        told = [self.people.of(step, state, only_bureau=matter == PROPOSED) for state in states]
        sure = all(_is_watched(state, key) and unit in (None, state.unit) for state in item.states(since, until))
        return set.intersection(*told) if sure else set(), set[int]().union(*told)

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
                self.expect(not self._is_owed(item, key, row), "not_said_again", item.title, row.key, row.recipient)

    def _is_owed(self, item: Item, key: Ladder, row: Outgoing) -> bool:
        """Whether what was dropped has to be said all the same, because the item is watched again and nothing severer
        has been reached: a sweep has seen it since."""
        now = item.spells[-1].state
        top = max(self.records.get(key, []), key=lambda each: (each.level, each.repeat), default=None)
        is_over = item.steps[row.step].amount <= 0 and row.due_on < clock.today()
        step, is_proposal = item.steps[row.step], row.matter == PROPOSED
        if row.recipient_id not in self.people.of(step, now, only_bureau=is_proposal):
            return False
        if not _is_watched(now, key) or is_over or top is None or (top.step, top.repeat) != (row.step, row.repeat):
            return False
        proposals = [each for each in self.proposals.get(key, []) if (each.step, each.repeat) == (row.step, row.repeat)]
        wanted = "open" if row.matter == PROPOSED else "approved"
        return all((each.state, each.unit_id) == (wanted, now.unit) for each in proposals)

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
        if any(sure < since - SKEW for _, sure in over):
            return {False}
        return told | ({False} if any(possible <= until + SKEW for possible, _ in over) else set())

    def _is_of_its_unit(self, key: Ladder, row: Outgoing, state: State) -> bool:
        proposals = {(each.step, each.repeat): each.unit_id for each in self.proposals.get(key, [])}
        return row.matter != PROPOSED or proposals.get((row.step, row.repeat)) == state.unit

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
        found.setdefault((row.item_id, row.due_on, row.round), []).append(row)
    return found


def _shifted(moment: dt.datetime, by: dt.timedelta) -> dt.datetime:
    return moment if moment in (EVER, NEVER) else moment + by


def _is_watched(state: State, key: Ladder) -> bool:
    return state.watched and (state.due_on, state.round) == key[1:]


def _run(run: SweepRun) -> Run:
    end = run.finished_at or run.started_at + LONGEST_SWEEP
    return Run(run.as_of, run.started_at, end, run.finished_at is not None and not run.error)


def _told(
    item: Item, together: list[Escalation], earlier: list[Escalation], as_of: dt.date, state: State
) -> Rung | None:
    """Of what was reached at once the severest; not if something severer is on record, unless it is a repetition."""
    top = max(together, key=lambda each: (each.level, each.repeat))
    severest = max((each.level for each in earlier), default=0)
    stands_out = top.repeat > 0 or top.level > severest
    return (top.step, top.repeat) if stands_out and _is_in_time(item, top, as_of, state) else None


def _is_in_time(item: Item, record: Escalation, as_of: dt.date, state: State) -> bool:
    """Not a reminder of what is over, nor what was past before the item was watched."""
    step = item.steps[record.step]
    if step.amount <= 0:
        return record.due_on >= as_of
    past = (state.since - record.due_on).days if state.since else 0
    return past <= ladder.distance(step, record.repeat)


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
