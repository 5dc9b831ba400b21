"""Packs x list x day -> columns: the same steps as `cncheck.evaluate`, and held to it by tests."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from cncheck.columns.conditions import (
    COLUMN_OPERATORS,
    Choice,
    Choices,
    Columns,
    Missing,
    Operand,
    Said,
    column,
)
from cncheck.columns.logic import NO, UNKNOWN, YES, Mask, Truth, Value
from cncheck.conditions import OPERATORS
from cncheck.model import ALWAYS, Entry, Obligation, Pack, Window

_DAY = timedelta(days=1)
_NOT_ASKED = Said(UNKNOWN)


class DutyColumns(NamedTuple):
    """What an obligation asks, row by row."""

    obligation: Obligation
    statuses: Mapping[str, Mask]
    """Status -> where the duty has it; nowhere = the duty is not listed."""
    forces: Mapping[str, Mask]
    missing: Missing
    due: Operand
    overdue: Mask
    prepared: Mask


class PackColumns(NamedTuple):
    """What a pack says, row by row."""

    pack: Pack
    columns: Columns
    verdict: Truth
    """Whether the scheme applies."""
    phases: tuple[Mask, ...]
    """For each phase, where it is in force."""
    matched: tuple[tuple[Entry, Mask], ...]
    editions: Mapping[str, Mask]
    """Standard -> where it is in force for a matched entry."""
    missing: Missing
    duties: tuple[DutyColumns, ...]


def judged(pack: Pack, columns: Columns) -> PackColumns:
    """Return what `pack` says about the rows of `columns`."""
    logic = columns.logic
    entries = [(entry, *_entry(entry, columns)) for entry in pack.entries if entry.product_types]
    matches = sorted(
        ((entry, where) for entry, where, _ in entries if where is not False),
        key=lambda match: match[0].code,
    )
    in_catalogue = columns.joined(
        logic.either(said.truth for _, _, said in entries), (said for _, _, said in entries)
    )
    in_force = {entry.code: tuple(_editions(entry, pack, columns)) for entry, _ in matches}
    key = ("values", pack.id, tuple(where for _, where in matches), tuple(in_force.items()))
    values = logic.once(key, lambda: _entry_values(matches, in_force, columns))
    columns = columns._replace(in_catalogue=in_catalogue, entry=values)
    scope = columns.ask(pack.applies_if)
    applies = scope.truth.yes
    phases = tuple(_in_force(phase.window, pack.dated_by, columns) for phase in pack.phases)
    standards: dict[str, list[Mask]] = {}
    for entry, where in matches:
        for numbers, then in in_force[entry.code]:
            for number in numbers:
                standards.setdefault(number, []).append(logic.all_of([applies, where, then]))
    return PackColumns(
        pack, columns, scope.truth, phases,
        tuple((entry, logic.all_of([applies, where])) for entry, where in matches),
        {number: logic.any_of(where) for number, where in standards.items()},
        scope.missing,
        tuple(_duty(o, pack, phases, scope, columns) for o in pack.obligations)
        if scope.truth != NO else (),
    )  # fmt: skip


# ---- catalogue -----------------------------------------------------------------------------------


def _entry(entry: Entry, columns: Columns) -> tuple[Mask, Said]:
    """Return where `entry` matches for sure, and what it says about being in the catalogue."""
    said = columns.ask(entry.condition)

    def say() -> Said:
        of_type = columns.of_types(entry.product_types)
        truth = columns.logic.both([Truth(of_type, columns.logic.rest(of_type)), said.truth])
        return Said(truth, columns.asked_for([(of_type, said.missing)]))

    in_catalogue = columns.logic.once(("entry", entry.product_types, id(said)), say)
    return in_catalogue.truth.yes, in_catalogue


def _editions(entry: Entry, pack: Pack, columns: Columns) -> Iterator[tuple[tuple[str, ...], Mask]]:
    """Yield each set of standards that are in force together, and where it is."""
    starts = {s.window.start for s in entry.standards} | {
        s.window.end + _DAY for s in entry.standards if s.window.end
    }
    days = [None, *sorted(day for day in starts if day)]
    for start, following in zip(days, [*days[1:], None], strict=True):
        numbers = tuple(
            s.number
            for s in entry.standards
            if (s.window.start or date.min) <= (start or date.min)
            and (s.window.end is None or s.window.end >= (start or date.min))
        )
        window = Window(start, following - _DAY if following else None)
        if numbers:
            yield numbers, _in_force(window, pack.dated_by, columns)


def _entry_values(
    matches: Iterable[tuple[Entry, Mask]],
    in_force: Mapping[str, tuple[tuple[tuple[str, ...], Mask], ...]],
    columns: Columns,
) -> dict[str, Choices]:
    """Return the entries' own values, each where its entry is the first that has one."""
    logic = columns.logic
    rows = list(matches)
    names = dict.fromkeys(name for entry, _ in rows for name in entry.facts)
    values: dict[str, Choices] = {}
    for name in (*names, "entry.standards"):
        taken: list[tuple[frozenset[int], Mask]] = []
        choices: list[Choice] = []
        for entry, where in rows:
            if name == "entry.standards":
                offered = [(frozenset(numbers), then) for numbers, then in in_force[entry.code]]
            else:
                offered = [(entry.facts[name], True)] if name in entry.facts else []
            types = columns.types.codes(entry.product_types)
            before = [bit for other, bit in taken if not types.isdisjoint(other)]
            for value, then in offered:
                here = logic.without(logic.all_of([where, then]), *before)
                choices.append(Choice(here, value, types))
            if offered:
                taken.append((types, logic.all_of([where, logic.any_of(t for _, t in offered)])))
        values[name] = tuple(choice for choice in choices if choice.where is not False)
    return {name: choices for name, choices in values.items() if choices}


# ---- dates ---------------------------------------------------------------------------------------


def _in_force(window: Window, dated_by: str, columns: Columns) -> Mask:
    return _standing(window, dated_by, columns)["in_force"]


def _standing(window: Window, dated_by: str, columns: Columns) -> dict[str, Mask]:
    """Return where the window lies ahead, is open, or has passed."""
    logic = columns.logic
    if window == ALWAYS:
        return {"upcoming": False, "in_force": True, "ended": False}
    day = columns.value(dated_by)
    upcoming = _ask(columns, "before", day, window.start)
    ended = logic.without(_ask(columns, "after", day, window.end), upcoming)
    in_force = logic.without(True, upcoming, ended)
    return {"upcoming": upcoming, "in_force": in_force, "ended": ended}


def _ask(columns: Columns, operator: str, day: date | Value, limit: date | None) -> Mask:
    """Return where `day`, which is known, is as `operator` says; a limit not set is never passed."""
    if limit is None:
        return False
    if not isinstance(day, Value):
        return OPERATORS[operator].holds(day, limit)
    ask = COLUMN_OPERATORS[operator]
    return columns.logic.mask(("window", operator, limit, day.key), lambda: ask(day.column, limit))


# ---- duties --------------------------------------------------------------------------------------


class _Asked(NamedTuple):
    """All that the state of a duty follows from."""

    scope: Said
    when: Said
    bound: Said
    answer: Said
    standing: tuple[Mask, ...]
    """Where the duty lies ahead, has ended, is in force."""
    forces: tuple[tuple[str, Mask], ...]
    due: Operand
    late: Mask
    merely: Mask

    def key(self) -> Hashable:
        """Return what tells it from others: answers by identity, as `Logic.once` keeps them."""
        due = self.due.key if isinstance(self.due, Value) else self.due
        return (*map(id, self[:4]), self.standing, self.forces, due, self.late, self.merely)


def _duty(
    obligation: Obligation, pack: Pack, phases: tuple[Mask, ...], scope: Said, columns: Columns
) -> DutyColumns:
    standing = _duty_standing(obligation, pack, phases, columns)
    forces = _forces(obligation, pack, phases, columns)
    always = forces.get("mandatory", False) is True
    asked = _Asked(
        scope,
        columns.ask(obligation.when),
        _bound(obligation, columns),
        columns.ask(obligation.met_if) if obligation.met_if else _NOT_ASKED,
        tuple(standing[word] for word in ("upcoming", "ended", "in_force")),
        tuple(forces.items()),
        *_due(obligation, columns),
        False if always else _merely_not_done(obligation, columns),
    )
    # Most duties are what they were the day before.
    key = ("duty", obligation.id, asked.key())
    return columns.logic.once(key, lambda: _state(obligation, asked, columns))


def _state(obligation: Obligation, asked: _Asked, columns: Columns) -> DutyColumns:
    logic = columns.logic
    scope, when, bound, answer, standing, forces, due, late, merely = asked
    listed = logic.without(True, when.truth.no, scope.truth.no)
    open_scope = logic.all_of([listed, logic.unknown(scope.truth)])
    not_bound = logic.all_of([logic.without(listed, open_scope), bound.truth.no])
    own = logic.without(listed, open_scope, not_bound)
    upcoming, ended, live = (logic.all_of([own, where]) for where in standing)
    open_when = logic.all_of([live, logic.unknown(when.truth)])
    open_role = logic.all_of([logic.without(live, open_when), logic.unknown(bound.truth)])
    asked_of = logic.without(live, open_when, open_role)

    met = logic.all_of([asked_of, answer.truth.yes])
    overdue = logic.all_of([logic.without(asked_of, met), late])
    in_time = logic.without(asked_of, met, overdue)
    unsettled = logic.all_of([in_time, logic.unknown(answer.truth)])
    answerable = logic.all_of([unsettled, logic.any_of(answer.missing.values())])
    denied = logic.without(in_time, unsettled)
    optional = logic.rest(dict(forces).get("mandatory", False))
    still = logic.any_of([columns.known(due), logic.all_of([optional, merely])])
    not_done = logic.all_of([denied, still])
    statuses = {
        "violated": logic.any_of([overdue, logic.without(denied, not_done)]),
        "open": logic.any_of([answerable, not_done]),
        "undetermined": logic.any_of(
            [open_scope, open_when, open_role, logic.without(unsettled, answerable)]
        ),
        "upcoming": upcoming,
        "met": met,
        "not_bound": not_bound,
        "ended": ended,
    }
    judged_ahead = upcoming if obligation.met_if else False
    missing = columns.asked_for([
        (open_scope, scope.missing),
        (judged_ahead, answer.missing),
        (logic.any_of([logic.without(upcoming, judged_ahead), ended, open_when]), when.missing),
        (open_role, bound.missing),
        (asked_of, answer.missing),
    ])  # fmt: skip
    return DutyColumns(
        obligation, statuses, dict(forces), missing, due, overdue,
        logic.all_of([judged_ahead, answer.truth.yes]),
    )  # fmt: skip


def _bound(obligation: Obligation, columns: Columns) -> Said:
    """Say whether the duty is the reader's; unknown until roles are stated, unless assumed."""

    def say() -> Said:
        assumed = not obligation.bound.isdisjoint(columns.rules.facts["roles"].assume or ())
        if "roles" not in columns.stated:
            return Said(YES) if assumed else Said(UNKNOWN, {"roles": True})
        stated = columns.compare("includes_any", column("roles"), obligation.bound)
        if assumed:
            return Said(columns.logic.presumed(stated, value=True))
        return Said(stated, {"roles": columns.logic.unknown(stated)})

    return columns.logic.once(("bound", obligation.bound), say)


def _duty_standing(
    obligation: Obligation, pack: Pack, phases: tuple[Mask, ...], columns: Columns
) -> dict[str, Mask]:
    """Return where the duty is upcoming, in force or ended, by its own dates and its phases."""
    logic = columns.logic
    standing = _standing(obligation.window, obligation.dated_by, columns)
    if obligation.dated_by == pack.dated_by or not obligation.phases:
        return standing
    own = [where for p, where in zip(pack.phases, phases, strict=True) if p in obligation.phases]
    outside = logic.without(standing["in_force"], logic.any_of(own))
    last = _standing(obligation.phases[-1].window, pack.dated_by, columns)
    return {
        word: logic.any_of([where, logic.all_of([outside, last[word]])])
        if word != "in_force" else logic.without(where, outside)
        for word, where in standing.items()
    }  # fmt: skip


def _forces(
    obligation: Obligation, pack: Pack, phases: tuple[Mask, ...], columns: Columns
) -> dict[str, Mask]:
    """Return each force the duty may have, and where: that of the phase, else of its first one."""
    if obligation.force:
        return {obligation.force: True}
    current = dict(zip((phase.id for phase in pack.phases), phases, strict=True))
    first, *rest = obligation.phases
    found = {first.force: [columns.logic.without(True, *(current[p.id] for p in rest))]}
    for phase in rest:
        found.setdefault(phase.force, []).append(current[phase.id])
    forces = {force: columns.logic.any_of(where) for force, where in found.items()}
    return {force: where for force, where in forces.items() if where is not False}


def _due(obligation: Obligation, columns: Columns) -> tuple[Operand, Mask]:
    """Return the deadline, and where it has passed."""
    if obligation.due is None or columns.value(obligation.due.fact) is None:
        return None, False
    start = columns.value(obligation.due.fact)
    due = columns.plus(start, obligation.due.plus)
    return due, columns.compare("after", columns.day, due).yes


def _merely_not_done(obligation: Obligation, columns: Columns) -> Mask:
    """Return where what speaks against is only that something is said not to be done."""
    some, by_value = columns.against(obligation.met_if)
    return columns.logic.without(some, by_value)


# ---- what the gate asks besides ------------------------------------------------------------------


def unsettled(one: PackColumns, forces: frozenset[str]) -> Mask:
    """Return where it is not known if a scheme of one of `forces`, and in force, applies."""
    logic = one.columns.logic
    counting = (
        where for p, where in zip(one.pack.phases, one.phases, strict=True) if p.force in forces
    )
    return logic.all_of([logic.unknown(one.verdict), logic.any_of(counting)])


# ---- the enterprise ------------------------------------------------------------------------------


class MemberColumns(NamedTuple):
    """Which rows a duty of the enterprise counts, and as what."""

    duty: DutyColumns
    listed: Mask
    sure: Mask
    declared: Truth


def members(one: PackColumns) -> Iterator[MemberColumns]:
    """Yield which rows the duties of enterprises count."""
    logic = one.columns.logic
    for duty in one.duties:
        rule = duty.obligation.portfolio
        if rule is not None:
            listed = logic.without(logic.any_of(duty.statuses.values()), duty.statuses["not_bound"])
            # What is declared does not hang on how exceptions of the scope are asked.
            declared = one.columns._replace(presume=True).ask(rule.declared_if).truth
            yield MemberColumns(duty, listed, one.verdict.yes, declared)
