"""Packs x product x day -> report. Pure: reads no file and no clock, and knows no law."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from cncheck.conditions import YES, Answer, Reason, Situation, Text, Truth, either
from cncheck.model import (
    VERDICTS,
    Change,
    Duty,
    Entry,
    Finding,
    Match,
    Note,
    Obligation,
    Pack,
    Phase,
    Product,
    ProductReport,
    Rules,
    Window,
)

_IN_CATALOGUE = Text("in the catalogue", "在目录内")
_WHOLE = Text(
    "Judged over all products of the enterprise, not over one of them.",
    "按企业全部产品判定，不按单个产品判定。",
)
_MOST_TOLD = 3  # duties of a change
_MOST_CHANGES = 100  # days looked at for a next change; a pack has some ten dates


def evaluate(product: Product, rules: Rules, as_of: date, *, presume: bool = True) -> ProductReport:
    """Return what every pack of `rules` says about `product` on the day `as_of`.

    Args:
        product: stated facts, typed.
        rules: the packs to ask; each answers, in their order.
        as_of: the day the question is asked for.
        presume: whether exceptions nobody stated are presumed not to hold.

    """
    assumptions, situation = _situation(product, rules, as_of, presume=presume)
    findings = (_finding(pack, situation, rules) for pack in rules.packs)
    return ProductReport(product, assumptions, tuple(findings))


def _situation(
    product: Product, rules: Rules, as_of: date, *, presume: bool
) -> tuple[tuple[tuple[str, Any], ...], Situation]:
    """Return what is assumed, and the situation in which the packs are asked."""
    stated = product.facts
    assumed = tuple(
        (fact.name, as_of if fact.assume == "as_of" else fact.assume)
        for fact in rules.assumed
        if fact.name not in stated
    )
    if product.origins:  # materials were stated, and nothing tells that there are no others
        assumed = (*assumed, ("materials_complete", True))
    moving = {name for name, value in assumed if value is as_of}
    facts = dict(stated)
    # Roles are assumed for the reader's sake only: silence must not unbind anybody.
    facts.update(
        (name, value) for name, value in assumed if name in rules.facts and name != "roles"
    )
    facts["as_of"] = as_of
    return assumed, Situation(
        facts,
        rules.vocabulary.types[stated["product_type"]].wider,
        frozenset({"as_of", *moving}),
        product.lower_bounds,
        presume,
    )


def _finding(pack: Pack, situation: Situation, rules: Rules) -> Finding:
    """Return what `pack` says, and when it will say something else."""
    finding, day = _judge(pack, situation, rules)
    for _ in range(_MOST_CHANGES):
        if day is None:
            break
        facts = dict(situation.facts) | dict.fromkeys(situation.moving, day)
        later, next_day = _judge(pack, situation._replace(facts=facts), rules)
        what = _difference(finding, later)
        if what:
            return finding._replace(next_change=Change(day, what, _breaks(finding, later)))
        day = next_day
    return finding


def _judge(pack: Pack, situation: Situation, rules: Rules) -> tuple[Finding, date | None]:
    """Return what `pack` says today, and the first day on which it might say something else."""
    days: list[date | None] = []
    if pack.entries_by_type:
        matches, near, situation = _catalogue(pack, situation, days)
    else:
        matches, near = (), ()
    scope = pack.applies_if.ask(situation)
    days.append(scope.changes)
    if scope.truth is False:
        phase = _phase(pack, situation, [])
        duties: tuple[Duty, ...] = ()
    else:
        phase = _phase(pack, situation, days)
        found = (_duty(o, pack, phase, scope, situation, rules, days) for o in pack.obligations)
        duties = tuple(duty for duty in found if duty is not None)
    verdict = VERDICTS[scope.truth]
    finding = Finding(
        pack, verdict, phase, _force(pack, phase, situation),
        matches if scope.truth else (), scope.reasons, scope.missing, scope.unclear,
        tuple(_notes(pack, verdict, matches, near, situation)), duties,
    )  # fmt: skip
    return finding, min((day for day in days if day is not None), default=None)


# ---- catalogue -----------------------------------------------------------------------------------


def _catalogue(
    pack: Pack, situation: Situation, days: list[date | None]
) -> tuple[tuple[Match, ...], tuple[Entry, ...], Situation]:
    """Return matched entries, undecided ones, and the situation that knows about both."""
    entries: dict[str, Entry] = {}
    for type_ in situation.types:
        for entry in pack.entries_by_type.get(type_, ()):
            entries[entry.code] = entry
    kind = situation.facts["product_type"]
    if not entries:
        no = Answer(False, (Reason("product_type", kind, _IN_CATALOGUE, answer=False),))
        return (), (), situation._replace(in_catalogue=no)
    named = Reason("product_type", kind, _IN_CATALOGUE, answer=True)
    answers: list[Answer] = []
    matches: list[Match] = []
    near: list[Entry] = []
    for entry in (entries[code] for code in sorted(entries)):
        answer = entry.condition.ask(situation) if entry.condition else YES
        days.append(answer.changes)
        if answer.truth:
            answer = answer._replace(reasons=(named, *answer.reasons))
            matches.append(Match(entry, _standards(pack, entry, situation, days)))
        elif answer.truth is None:
            near.append(entry)
        answers.append(answer)
    facts = dict(situation.facts)
    for match in reversed(matches):
        facts |= match.entry.facts
        if match.standards:
            facts["entry.standards"] = frozenset(match.standards)
    whole = either(answers)
    return tuple(matches), tuple(near), situation._replace(facts=facts, in_catalogue=whole)


def _standards(
    pack: Pack, entry: Entry, situation: Situation, days: list[date | None]
) -> tuple[str, ...]:
    position = ((s, _position(s.window, pack.dated_by, situation, days)) for s in entry.standards)
    return tuple(standard.number for standard, where in position if where == "in_force")


# ---- dates -----------------------------------------------------------------------------------------


def _position(window: Window, dated_by: str, situation: Situation, days: list[date | None]) -> str:
    """Return "upcoming", "in_force" or "ended", and note the day on which that moves on."""
    day: date = situation.facts[dated_by]
    moving = dated_by in situation.moving
    if window.start is not None and day < window.start:
        if moving:
            days.append(window.start)
        return "upcoming"
    if window.end is not None:
        if day > window.end:
            return "ended"
        if moving:
            days.append(window.end + timedelta(days=1))
    return "in_force"


def _phase(pack: Pack, situation: Situation, days: list[date | None]) -> Phase | None:
    """Return the phase in force, or None."""
    current = None
    for phase in pack.phases:
        if _position(phase.window, pack.dated_by, situation, days) == "in_force":
            current = current or phase
    return current


def _force(pack: Pack, phase: Phase | None, situation: Situation) -> str:
    """Return the force of the phase; where none is in force, of the next one or else the last."""
    if phase is not None:
        return phase.force
    if not pack.phases:
        return pack.force
    day = situation.facts[pack.dated_by]
    ahead = [p for p in pack.phases if p.window.start is not None and p.window.start > day]
    return (ahead[0] if ahead else pack.phases[-1]).force


# ---- duties ----------------------------------------------------------------------------------------


def _duty(
    obligation: Obligation,
    pack: Pack,
    phase: Phase | None,
    scope: Answer,
    situation: Situation,
    rules: Rules,
    days: list[date | None],
) -> Duty | None:
    """Return the state of a duty, or None where it does not concern the product."""
    when = obligation.when.ask(situation) if obligation.when else YES
    days.append(when.changes)
    if when.truth is False:
        return None
    own = obligation.phases
    force = obligation.force or (phase if phase in own else own[0]).force
    due = _due(obligation, situation)

    def duty(status: str, answer: Answer, *, overdue: bool = False, prepared: Truth = None) -> Duty:
        return Duty(obligation, status, force, obligation.window, due, overdue, answer.reasons,
                    answer.missing, answer.unclear, prepared)  # fmt: skip

    if scope.truth is None:
        return duty("undetermined", scope)
    bound = _bound(obligation, situation, rules)
    if bound.truth is False:
        return duty("not_bound", bound)
    standing = _standing(obligation, pack, situation, days)
    if standing == "upcoming" and obligation.met_if:
        ahead = obligation.met_if.ask(situation)
        return duty(standing, ahead, prepared=ahead.truth)
    if standing != "in_force":
        return duty(standing, when)
    for question in (when, bound):
        if question.truth is None:
            return duty("undetermined", question)
    return _fulfilment(obligation, force, due, situation, duty, days)


def _standing(
    obligation: Obligation, pack: Pack, situation: Situation, days: list[date | None]
) -> str:
    """Return whether the duty is upcoming, in force or ended, by its own dates and its phases."""
    standing = _position(obligation.window, obligation.dated_by, situation, days)
    if standing == "in_force" and obligation.phases and obligation.dated_by != pack.dated_by:
        phases = [_position(p.window, pack.dated_by, situation, days) for p in obligation.phases]
        return "in_force" if "in_force" in phases else phases[-1]
    return standing


def _fulfilment(
    obligation: Obligation, force: str, due: date | None, situation: Situation,
    duty: Any, days: list[date | None],
) -> Duty:  # fmt: skip
    """Return the duty as met, open, violated or undetermined, judged by what is stated."""
    answer = (
        obligation.met_if.ask(situation) if obligation.met_if else Answer(None, unclear=(_WHOLE,))
    )
    days.append(answer.changes)
    late = due is not None and situation.as_of > due
    if due is not None and not late and answer.truth is not True:
        start = obligation.due.fact if obligation.due else ""
        if start not in situation.moving:  # else the deadline moves on with the day
            days.append(due + timedelta(days=1))
    against = [r for r in answer.reasons if r.answer is False and not r.presumed]
    merely_not_done = bool(against) and all(
        r.value is False and r.fact.startswith("evidence.") for r in against
    )
    if answer.truth:
        status = "met"
    elif late:
        status = "violated"
    elif answer.truth is None:
        status = "open" if answer.missing else "undetermined"
    elif due is not None or (merely_not_done and force != "mandatory"):
        status = "open"
    else:
        status = "violated"
    result: Duty = duty(status, answer, overdue=late and not answer.truth)
    return result


def _due(obligation: Obligation, situation: Situation) -> date | None:
    if obligation.due is None:
        return None
    start = situation.facts.get(obligation.due.fact)
    return obligation.due.plus.after(start) if isinstance(start, date) else None


def _bound(obligation: Obligation, situation: Situation, rules: Rules) -> Answer:
    """Answer whether the duty is the reader's; unknown until roles are stated, unless assumed."""
    stated = situation.facts.get("roles")
    roles = stated or rules.facts["roles"].assume or ()
    if not obligation.bound.isdisjoint(roles):
        return YES
    binds = ", ".join(obligation.binds)
    test = Text(f"one of {binds}", f"属于 {binds}")
    if stated:
        return Answer(False, (Reason("roles", stated, test, answer=False),))
    return Answer(None, (Reason("roles", None, test, None),), missing=("roles",))


# ---- notes and changes -----------------------------------------------------------------------------


def _notes(
    pack: Pack, verdict: str, matches: tuple[Match, ...], near: tuple[Entry, ...],
    situation: Situation,
) -> Iterable[Note]:  # fmt: skip
    """Yield what the user should know: first about the entries, then about the scheme."""
    if verdict != "does_not_apply":
        shown = frozenset({verdict})
        for entry in (*(match.entry for match in matches), *near):
            if entry.erratum:
                yield Note("erratum", entry.erratum, shown, cite=entry.cite)
            if entry.note:
                kind = "info" if entry.confidence == "confirmed" else "unconfirmed"
                yield Note(kind, entry.note, shown, cite=entry.cite)
    for note in pack.notes:
        if verdict in note.verdicts and (note.when is None or note.when.ask(situation).truth):
            yield note


def _difference(before: Finding, after: Finding) -> str:
    """Say in a few words what changed, or nothing."""
    changed = [f"{old} -> {new}" for old, new in _steps(before, after) if old != new]
    if after.verdict == VERDICTS[None] != before.verdict and after.missing:
        changed.append(f"missing: {', '.join(after.missing)}")
    now, then = _statuses(before), _statuses(after)
    duties = [
        f"{name}: {old} -> {then.get(name, 'no longer a duty')}"
        for name, old in now.items()
        if then.get(name) != old
    ]
    duties += [f"{name}: new duty, {new}" for name, new in then.items() if name not in now]
    if changed:
        return "; ".join(changed)
    more = len(duties) - _MOST_TOLD
    return "; ".join([*duties[:_MOST_TOLD], *([f"and {more} more"] if more > 0 else [])])


def _steps(before: Finding, after: Finding) -> Iterable[tuple[str, str]]:
    """Yield what a scheme said of verdict, phase and editions, and what it will say."""
    yield before.verdict, after.verdict
    if VERDICTS[False] not in (before.verdict, after.verdict):  # out of scope there are no phases
        yield _phase_id(before), _phase_id(after)
    if after.matched or before.verdict == after.verdict:  # else that they end is no news
        yield _editions(before), _editions(after)


def _breaks(before: Finding, after: Finding) -> tuple[str, ...]:
    now = _statuses(before)
    then = _statuses(after).items()
    return tuple(name for name, status in then if status == "violated" != now.get(name))


def _phase_id(finding: Finding) -> str:
    return finding.phase.id if finding.phase else "not in force"


def _editions(finding: Finding) -> str:
    numbers = {number for match in finding.matched for number in match.standards}
    return ", ".join(sorted(numbers)) or "none"


def _statuses(finding: Finding) -> Mapping[str, str]:
    return {duty.obligation.id: duty.status for duty in finding.duties}
