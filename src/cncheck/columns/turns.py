"""The days on which what a pack says of a list turns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import combinations
from typing import Any, NamedTuple

import polars as pl

from cncheck.columns.conditions import Said, column
from cncheck.columns.logic import NO, Mask, Value
from cncheck.columns.packs import DutyColumns, PackColumns, judged
from cncheck.conditions import OPERATORS, FactPlus, Period, Test, tests_in
from cncheck.model import STATUSES, Pack

_DAY = timedelta(days=1)
_SHIFTS = range(-4, 6)  # days around a date less a period of months, months being uneven


class Turn(NamedTuple):
    """A day on which the answer may be another one: the same for all rows, or a column."""

    day: date | Value
    where: Mask
    """Which rows get another answer on it."""
    breaks: Mapping[str, Mask]
    """The duties that will be violated from then on, if nothing is done, and where."""


def turns(now: PackColumns) -> Iterator[Turn]:
    """Yield the days after `as_of` on which the answer of some row becomes another one.

    Unlike a product, a list has many days of its own: every day that occurs in the pack is tried,
    and every day that the pack counts from a date of the row.
    """
    today = now.columns.day
    assert isinstance(today, date)  # noqa: S101  a list is asked on one day
    for day in sorted(_days_of_the_pack(now)):
        if day > today:
            yield _turn(now, day)
    for days in _days_of_the_rows(now):
        ahead = pl.when(days.column > today).then(days.column).otherwise(pl.lit(today))
        yield _turn(now, Value(("ahead", today, days.key), ahead))


def _turn(now: PackColumns, day: date | Value) -> Turn:
    """Return which rows get another answer on `day`.

    Rows that do not state a date which is assumed to be `as_of` are asked apart from those that do:
    for them it moves on, and for the others most of the answer is seen to be the same.
    """
    columns = now.columns._replace(entry={}, in_catalogue=Said(NO))
    logic = columns.logic
    moving = sorted(columns.moving & columns.stated)
    where: list[Mask] = []
    broken: dict[str, list[Mask]] = {}
    for assumed in (c for n in range(len(moving) + 1) for c in combinations(moving, n)):
        mask = logic.all_of(
            logic.rest(known) if name in assumed else known
            for name in moving
            for known in [logic.known(column(name))]
        )
        rows = columns._replace(stated=columns.stated - set(assumed))
        before = (
            logic.once(("judged", now.pack.id, assumed), partial(judged, now.pack, rows))
            if assumed
            else now
        )
        moved = day if assumed or not moving else columns.assumed
        then = judged(now.pack, rows._replace(day=day, assumed=moved))
        where.append(logic.all_of([mask, _differ(before, then)]))
        for name, bit in _broken(before, then).items():
            broken.setdefault(name, []).append(logic.all_of([mask, bit]))
    return Turn(day, logic.any_of(where), {k: logic.any_of(v) for k, v in broken.items()})


def _broken(now: PackColumns, then: PackColumns) -> dict[str, Mask]:
    """Return the duties that are violated then and not now, and where."""
    logic = now.columns.logic
    before = {duty.obligation.id: duty.statuses["violated"] for duty in now.duties}
    found = {
        name: logic.without(duty.statuses["violated"], before.get(name, False))
        for duty in then.duties
        for name in [duty.obligation.id]
    }
    return {name: bit for name, bit in found.items() if bit is not False}


def _tests(pack: Pack) -> Iterator[Test]:
    yield from tests_in(pack.applies_if)
    for entry in pack.entries:
        yield from tests_in(entry.condition)
    for obligation in pack.obligations:
        yield from tests_in(obligation.when)
        yield from tests_in(obligation.met_if)


def _days_of_the_pack(now: PackColumns) -> set[date]:
    pack, moving = now.pack, now.columns.moving
    windows = [phase.window for phase in pack.phases]
    windows += [obligation.window for obligation in pack.obligations]
    windows += [s.window for entry in pack.entries for s in entry.standards]
    days = {w.start for w in windows if w.start} | {w.end + _DAY for w in windows if w.end}
    for test in _tests(pack):
        operand, shift = test.operand, timedelta(days=OPERATORS[test.operator].flips_after)
        if test.fact in moving and isinstance(operand, date):
            days.add(operand + shift)
        elif test.fact in moving and isinstance(operand, FactPlus):
            values = (entry.facts.get(operand.fact) for entry in pack.entries)
            days.update(operand.plus.after(day) + shift for day in values if day)
        elif isinstance(operand, FactPlus) and operand.fact in moving:
            values = (entry.facts.get(test.fact) for entry in pack.entries)
            for day in filter(None, values):
                days.update(_before(day, operand.plus))
    return days


def _days_of_the_rows(now: PackColumns) -> list[Value]:
    """Return the columns of days on which a comparison with a date of the row turns."""
    columns, moving = now.columns, now.columns.moving
    found: dict[Any, Value] = {}

    def add(fact: str, plus: Period, shift: int) -> None:
        if fact in columns.stated:
            day = columns.plus(column(fact), Period(plus.days + shift, plus.months))
            found[day.key] = day

    for obligation in now.pack.obligations:
        if obligation.due:
            add(obligation.due.fact, obligation.due.plus, 1)
    for test in _tests(now.pack):
        if not isinstance(test.operand, FactPlus) or test.kind != "date":
            continue
        other, plus = test.operand.fact, test.operand.plus
        if test.fact in moving:
            add(other, plus, int(OPERATORS[test.operator].flips_after))
        if other in moving:
            back = Period(-plus.days, -plus.months)
            for shift in _SHIFTS:
                add(test.fact, back, shift)
    return list(found.values())


def _before(day: date, plus: Period) -> Iterator[date]:
    """Yield the days about which `plus` leads to `day`."""
    near = day - (plus.after(day) - day)
    return (near + timedelta(days=shift) for shift in _SHIFTS)


def _differ(now: PackColumns, then: PackColumns) -> Mask:
    """Return where two answers differ as a reader would see it."""
    logic = now.columns.logic
    verdicts = [*zip(now.verdict, then.verdict, strict=True)]
    in_scope = [logic.rest(side.verdict.no) for side in (now, then)]
    phases = zip(now.phases, then.phases, strict=True)
    numbers = dict.fromkeys([*now.editions, *then.editions])
    duties = ({d.obligation.id: d.statuses for d in side.duties} for side in (now, then))
    before, after = duties
    return logic.any_of([
        *(logic.differ(*pair) for pair in verdicts),
        logic.all_of([*in_scope, logic.any_of(logic.differ(*pair) for pair in phases)]),
        *(logic.differ(now.editions.get(n, False), then.editions.get(n, False)) for n in numbers),
        *(
            logic.differ(before.get(name, {}).get(status, False), after.get(name, {}).get(status, False))
            for name in dict.fromkeys([*before, *after])
            for status in STATUSES
        ),
    ])  # fmt: skip


# ---- what falls due ------------------------------------------------------------------------------


def falls_due(duty: DutyColumns, one: PackColumns, changes: Sequence[Turn], until: date) -> Mask:
    """Return where a duty not yet met is due, begins or will be broken, until the day `until`."""
    columns, logic = one.columns, one.columns.logic
    name, statuses = duty.obligation.id, duty.statuses
    found: list[Mask] = []
    if duty.due is not None:
        soon = (columns.compare("from", duty.due, columns.day),
                columns.compare("until", duty.due, until))  # fmt: skip
        waiting = logic.any_of([statuses["open"], statuses["undetermined"]])
        found.append(logic.all_of([waiting, *(truth.yes for truth in soon)]))
    start, today = duty.obligation.window.start, columns.day
    assert isinstance(today, date)  # noqa: S101  a list is asked on one day
    if start is not None and today <= start <= until:
        dated = duty.obligation.dated_by
        stated = logic.known(column(dated)) if dated in columns.stated else False
        found.append(logic.without(statuses["upcoming"], duty.prepared, stated))
    for turn in changes:
        in_time = columns.compare("until", turn.day, until).yes
        breaks = logic.all_of([turn.breaks.get(name, False), in_time])
        if breaks is not False:  # the next change counts, and no later one
            sooner = (
                logic.all_of([other.where, columns.compare("before", other.day, turn.day).yes])
                for other in changes
            )
            found.append(logic.without(breaks, *sooner))
    return logic.any_of(found)
