"""Decide whether a run passes: which duties count, what trips the gate, and the exit code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from cncheck.model import FORCES, Duty, Finding, PortfolioFinding, Problem, Product, Report
from cncheck.problems import InputError, did_you_mean

PASSED, TRIPPED, BAD_INPUT, NOTHING, UNDETERMINED, BAD_PACK, CRASHED = 0, 1, 2, 3, 4, 5, 70

FAIL_ON = ("violated", "open", "undetermined", "never")
"""What may trip the gate; besides them `due:<n>d`."""

STRICT = ("violated", "open", "undetermined")
TRIPS = ("undetermined", "due", "open", "violated")
"""What may be let pass, in the order of how bad it is."""
DUE = r"due:(\d{1,4})d"
"""How the days ahead are written for which the gate looks."""
_EVER = "due:9999d"


class Policy(NamedTuple):
    """What trips the gate, and for duties of which force."""

    fail_on: tuple[str, ...] = ("violated",)
    forces: frozenset[str] = frozenset({"mandatory"})
    enterprises: bool = True
    """Whether duties of enterprises may trip it; not where their products are known to be a part."""


class Trip(NamedTuple):
    """Something the gate fails on, unless it is let pass."""

    subject: str
    """The product; for a duty over its products, the enterprise."""
    about: str
    """The duty, or the scheme of which it is not known if it applies."""
    word: str
    """What it is: one of TRIPS."""
    said: str
    """The same as a sentence."""
    open_law: bool = False
    """It is undetermined because of the law alone: no fact would settle it."""
    of_enterprise: bool = False
    due: date | None = None
    """The day on which it falls due."""
    status: str = ""
    """That of the duty, where the word is another one: what falls due may be upcoming or open."""

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from others: products may share an id."""
        return self.subject, self.about, self.status or self.word


class Gate(NamedTuple):
    """Whether the gate tripped, and on what."""

    fail_on: tuple[str, ...]
    tripped: bool
    reasons: tuple[str, ...]
    code: int
    passed: tuple[Trip, ...] = ()
    """What would have tripped it, and was let pass."""


class Summary(NamedTuple):
    """Counts over all products; duties of the policy's forces, in force, only."""

    products: int
    applies: int
    undetermined: int
    violated: int
    open: int
    undetermined_duties: int


def policy(fail_on: Iterable[str], forces: Iterable[str] = ()) -> Policy:
    """Return the policy of words as the command line takes them, comma-separated or repeated.

    Raises:
        InputError: a word is not known.

    """
    words = _split(fail_on) or ("violated",)
    for word in words:
        if word not in FAIL_ON and not re.fullmatch(DUE, word):
            hint = did_you_mean(word, FAIL_ON) or f" Use {', '.join(FAIL_ON)} or due:90d."
            raise InputError([Problem(f'Cannot fail on "{word}".{hint}')])
    if "never" in words:
        words = ("never",)
    elif "open" in words and "violated" not in words:
        words = ("violated", *words)
    extra = _split(forces)
    for force in extra:
        if force not in FORCES:
            hint = did_you_mean(force, FORCES) or f" Forces: {', '.join(FORCES)}."
            raise InputError([Problem(f'Unknown force "{force}".{hint}')])
    return Policy(words, frozenset({"mandatory", *extra}))


def _split(words: Iterable[str]) -> tuple[str, ...]:
    parts = (part.strip() for word in words for part in word.split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


def counted(report: Report, policy: Policy) -> Iterator[tuple[Product, Finding, Duty]]:
    """Yield the duties that the policy counts: of its forces and of one product."""
    for one in report.products:
        for finding in one.findings:
            if finding.verdict == "applies":
                for duty in finding.duties:
                    if duty.force in policy.forces and duty.obligation.portfolio is None:
                        yield one.product, finding, duty


def summary(report: Report, policy: Policy) -> Summary:
    """Return the counts of a report."""
    verdicts = [finding.verdict for one in report.products for finding in one.findings]
    statuses = [duty.status for _, _, duty in counted(report, policy)]
    statuses += [
        "undetermined"
        for one in report.products
        for finding in one.findings
        if _unsettled(finding, policy)
        for duty in finding.duties
        if duty.force in policy.forces
    ]
    return Summary(
        len(report.products), verdicts.count("applies"), verdicts.count("undetermined"),
        statuses.count("violated"), statuses.count("open"), statuses.count("undetermined"),
    )  # fmt: skip


def everything(policy: Policy, *, ahead: bool = False) -> Policy:
    """Return the policy that fails on all that any policy could fail on.

    Args:
        policy: how far to look ahead, and whether enterprises are asked.
        ahead: look ahead as far as can be instead.

    """
    due = tuple(word for word in policy.fail_on if re.fullmatch(DUE, word))
    if ahead:
        due = (_EVER,)
    return Policy((*STRICT, *due), frozenset(FORCES), policy.enterprises)


def trips(report: Report, policy: Policy) -> Iterator[Trip]:
    """Yield what the gate fails on: duties, schemes, and duties of enterprises."""
    limit = due_within(policy)
    for product, finding, duty in counted(report, policy):
        id_ = duty.obligation.id
        if duty.status in STRICT and duty.status in policy.fail_on:
            open_law = bool(duty.unclear) and not duty.missing
            yield _trip(product.id, id_, duty.status, open_law=open_law)
        day = _falls_due(product, duty, finding, report, limit) if limit is not None else None
        if day:
            said = f"{product.id}: {id_} falls due on {day}"
            yield Trip(product.id, id_, "due", said, due=day, status=duty.status)
    if "undetermined" in policy.fail_on:
        for one in report.products:
            for finding in one.findings:
                if _unsettled(finding, policy):
                    open_law = bool(finding.unclear) and not finding.missing
                    yield _trip(one.product.id, finding.pack.id, "undetermined", open_law=open_law)
    yield from _trips_of_enterprises(report.portfolio, policy)


def _trip(subject: str, about: str, word: str, *, open_law: bool) -> Trip:
    return Trip(subject, about, word, f"{subject}: {about} is {word}", open_law)


def _trips_of_enterprises(found: Iterable[PortfolioFinding], policy: Policy) -> Iterator[Trip]:
    for one in found if policy.enterprises else ():
        # One product says nothing about a portfolio: it never trips the gate.
        if one.products > 1 and one.force in policy.forces and one.status in policy.fail_on:
            id_, name = one.obligation.id, one.enterprise or "(no enterprise)"
            said = f"{name}: {id_} is {one.status}"
            yield Trip(one.enterprise, id_, one.status, said, of_enterprise=True)


def gate(
    report: Report, policy: Policy, let_pass: Callable[[Trip], bool] = lambda _: False
) -> Gate:
    """Return whether the gate trips, with a reason for each duty or scheme that trips it.

    Args:
        report: what was found.
        policy: what trips the gate.
        let_pass: whether something that would trip it may pass all the same.

    """
    found = list(trips(report, policy))
    failing = [trip for trip in found if not let_pass(trip)]
    return _decided(failing, policy)._replace(passed=tuple(filter(let_pass, found)))


class Counted(NamedTuple):
    """How many rows of a list have what may trip the gate, by obligation or scheme."""

    violated: Mapping[str, int]
    open: Mapping[str, int]
    undetermined: Mapping[str, int]
    """Duties, and schemes of which it is not known if they apply."""
    falls_due: Mapping[str, int]


def gate_of_a_list(counted: Counted, portfolio: Iterable[PortfolioFinding], policy: Policy) -> Gate:
    """Return whether the gate trips for a list, with a reason for each duty or scheme."""
    found = [
        Trip("", name, word, f"{name} is {word} in {_rows(rows)}")
        for word in STRICT
        if word in policy.fail_on
        for name, rows in getattr(counted, word).items()
    ]
    found += [
        Trip("", name, "due", f"{name} falls due in {_rows(rows)}")
        for name, rows in counted.falls_due.items()
    ]
    return _decided([*found, *_trips_of_enterprises(portfolio, policy)], policy)


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def _decided(found: list[Trip], policy: Policy) -> Gate:
    """Return the gate that trips on what was found: what is certain stands first."""
    certain = [trip.said for trip in found if trip.word != "undetermined"]
    unsettled = [trip.said for trip in found if trip.word == "undetermined"]
    code = TRIPPED if certain else UNDETERMINED if unsettled else PASSED
    return Gate(policy.fail_on, bool(code), (*certain, *unsettled), code)


def _unsettled(finding: Finding, policy: Policy) -> bool:
    """Return whether it is not known if a scheme that counts, and is in force, applies."""
    counts = finding.phase is not None and finding.force in policy.forces
    return counts and finding.verdict == "undetermined"


def due_within(policy: Policy) -> int | None:
    """Return how many days ahead a duty that falls due trips the gate, if any."""
    days = [int(match[1]) for word in policy.fail_on if (match := re.fullmatch(DUE, word))]
    return max(days, default=None)


def days_after(day: date, days: int) -> date:
    """Return the day so many days after `day`, at most the last one there is."""
    return day + timedelta(days=min(days, (date.max - day).days))


def _falls_due(
    product: Product, duty: Duty, finding: Finding, report: Report, days: int
) -> date | None:
    """Return the day within `days` on which a duty not yet met is due, begins or is broken."""
    until = days_after(report.as_of, days)
    ahead: list[date | None] = []
    if duty.status in ("open", "undetermined"):
        ahead.append(duty.due)
    if duty.status == "upcoming" and not duty.prepared and not _made_before(duty, product):
        ahead.append(duty.window.start)
    change = finding.next_change
    if change and duty.obligation.id in change.breaks:
        ahead.append(change.date)
    return min((day for day in ahead if day and report.as_of <= day <= until), default=None)


def _made_before(duty: Duty, product: Product) -> bool:
    """Return whether an upcoming duty is none of this product, by a date of its own that is stated."""
    return duty.obligation.dated_by in product.facts


def exit_code(report: Report, result: Gate) -> int:
    """Return the exit code of a run: bad input, nothing evaluated, or what the gate says."""
    if report.errors:
        return BAD_INPUT
    if not report.products or not report.packs:
        return NOTHING
    return result.code
