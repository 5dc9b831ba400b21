"""What a pipeline is told: one result for each duty or scheme that somebody has to look at."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cncheck.conditions import Reason, Text
from cncheck.gate import Trip, trips
from cncheck.model import (
    Citation,
    Duty,
    Finding,
    Place,
    PortfolioFinding,
    Problem,
    Product,
    ProductReport,
    Report,
)
from cncheck.report import Run
from cncheck.report.lines import Page, cite, reason_text
from cncheck.report.words import STATUSES
from cncheck.waivers import Waiver


class Result(NamedTuple):
    """A duty that is violated, open, undetermined or falls due, or a scheme that is undetermined."""

    subject: str
    """The id of the product, or the enterprise of a duty over its products."""
    about: str
    """The id of the duty, or of the scheme."""
    title: Text
    status: str
    force: str
    place: Place
    """The key that decides, or the mapping where a missing key belongs."""
    message: str
    """One line: what is wrong and why, in the language of the view."""
    cite: tuple[Citation, ...]
    fails: bool
    """Whether it trips the gate."""
    waiver: Waiver | None
    known: bool
    """It is in the baseline."""
    of_enterprise: bool = False
    number: int = -1
    """The place of the product in the report: products may share an id."""


def page_of(run: Run) -> Page:
    """Return what words the results."""
    return Page(run.view, run.rules, run.waived.by_key)


def results(run: Run) -> Iterator[Result]:
    """Yield what is to be reported, by product in the order of the report, then by enterprise.

    What is violated is reported whatever its force, what is open if its force counts for the gate,
    and what is undetermined if the gate fails on that or everything was asked for.
    """
    page = page_of(run)
    found = {trip.key: trip for trip in trips(run.report, run.policy)}
    passed = {trip.key for trip in run.gate.passed}

    def result(
        subject: str, about: str, title: Text, status: str, force: str, place: Place,
        why: Iterable[str], cited: tuple[Citation, ...],
    ) -> Result:  # fmt: skip
        key = (subject, about, status)
        trip = found.get(key)
        said = page(STATUSES[status])
        if trip is not None and trip.due is not None:
            said = page.say("falls_due", day=trip.due)
        source = cite(cited[:1], run.rules, run.view)  # `cncheck explain` names the others
        sentences = (f"{page(title)}: {said}", *why, source)
        message = "; ".join(part.rstrip(".。") for part in sentences if part)
        return Result(
            subject, about, title, status, force, place, f"{message} [{about}]", cited,
            key in found and key not in passed, run.waived.by_key.get((subject, about)),
            trip is not None and run.baseline.knows(trip),
        )  # fmt: skip

    for number, one in enumerate(run.report.products):
        for finding in one.findings:
            if _scheme_is_reported(finding, run):
                yield result(
                    one.product.id, finding.pack.id, finding.pack.title, "undetermined",
                    finding.force, place_of(one.product, _first(finding.missing, finding.reasons)),
                    _open_questions(finding.missing, finding.unclear, page), finding.pack.cite,
                )._replace(number=number)  # fmt: skip
            if finding.verdict != "applies":
                continue
            for duty in finding.duties:
                trip = found.get((one.product.id, duty.obligation.id, duty.status))
                if _duty_is_reported(duty, trip, run):
                    yield result(
                        one.product.id, duty.obligation.id, duty.obligation.title, duty.status,
                        duty.force, place_of(one.product, deciding_fact(duty)),
                        _why(duty, one, page), duty.obligation.cite,
                    )._replace(number=number)  # fmt: skip
    for duties in run.report.portfolio:
        if (duties.enterprise, duties.obligation.id, duties.status) in found:
            yield result(
                duties.enterprise, duties.obligation.id, duties.obligation.title, duties.status,
                duties.force, _place_of_enterprise(duties, run.report),
                [page(reason) for reason in duties.reasons], duties.obligation.cite,
            )._replace(of_enterprise=True)  # fmt: skip


def _scheme_is_reported(finding: Finding, run: Run) -> bool:
    asked = "undetermined" in run.policy.fail_on or run.view.all
    counts = finding.phase is not None and finding.force in run.policy.forces
    return finding.verdict == "undetermined" and counts and asked


def _duty_is_reported(duty: Duty, trip: Trip | None, run: Run) -> bool:
    if duty.obligation.portfolio is not None:
        return False  # reported once, for the enterprise
    counts = duty.force in run.policy.forces
    asked = "undetermined" in run.policy.fail_on or run.view.all
    return (
        trip is not None
        or duty.status == "violated"
        or (duty.status == "open" and counts)
        or (duty.status == "undetermined" and counts and asked)
    )


# ---- why -------------------------------------------------------------------------------------------


def _why(duty: Duty, one: ProductReport, page: Page) -> Iterator[str]:
    if duty.overdue:
        yield page.say("overdue", day=duty.due)
    elif duty.due:
        yield page.say("due", day=duty.due)
    if duty.status == "violated":
        told = (r for r in duty.reasons if not r.presumed and not r.fact.startswith("entry."))
        yield "; ".join(dict.fromkeys(reason_text(reason, page, one) for reason in told))
    yield from _open_questions(duty.missing, duty.unclear, page)


def _open_questions(
    missing: tuple[str, ...], unclear: tuple[Text, ...], page: Page
) -> Iterator[str]:
    if missing:
        yield f"{page.say('missing')}: {', '.join(missing)}"
    for text in unclear:
        yield f"{page.say('unclear')}: {page(text)}"


# ---- where -----------------------------------------------------------------------------------------


def deciding_fact(duty: Duty) -> str:
    """Return the fact that decides the state of a duty, or that is missing for it."""
    if duty.overdue and duty.obligation.due:
        return duty.obligation.due.fact
    return _first(duty.missing, duty.reasons)


def _first(missing: tuple[str, ...], reasons: tuple[Reason, ...]) -> str:
    """Return what is missing, or what was tested: evidence before the facts it depends on."""
    tested = [reason for reason in reasons if reason.value is not None and not reason.presumed]
    against = [reason.fact for reason in tested if reason.answer is False]
    evidence = [reason.fact for reason in tested if reason.fact.startswith("evidence.")]
    return next(iter((*missing, *against, *evidence, *(reason.fact for reason in tested))), "")


def place_of(product: Product, fact: str) -> Place:
    """Return where `fact` stands, or else the mapping in which it would stand."""
    while fact and fact not in product.places:
        fact = fact.rpartition(".")[0]
    return product.places.get(fact, Place(product.file))


def _place_of_enterprise(duties: PortfolioFinding, report: Report) -> Place:
    """Return where a product first names the enterprise."""
    for one in report.products:
        if one.product.facts.get("enterprise", "") == duties.enterprise:
            return place_of(one.product, "enterprise")
    return Place("")


def spot(place: Place | Problem) -> str:
    """Return a place as compilers write it, such as "products/p.yaml:3:1"."""
    return ":".join(str(part) for part in (place.file, place.line, place.column) if part)


# ---- for the formats -------------------------------------------------------------------------------

_LEVELS = {"mandatory": "error", "pilot": "warning"}


def level(result: Result) -> str:
    """Return "error", "warning" or "note", by force; what nobody said yet, and passes, is no error."""
    found = _LEVELS.get(result.force, "note")
    return (
        "warning"
        if found == "error" and result.status != "violated" and not result.fails
        else found
    )


def fingerprint(result: Result) -> str:
    """Return what identifies a result in every run, wherever it stands and however it is worded."""
    from hashlib import blake2b  # noqa: PLC0415  only where a format asks for it

    text = json.dumps([result.subject, result.about])
    return blake2b(text.encode(), digest_size=16).hexdigest()


def pardon(result: Result, page: Page) -> str:
    """Return why a result passes the gate though it would trip it; nothing where it does not."""
    waiver = page.waiver(result.subject, result.about).strip(" []")
    return waiver or (page.say("known") if result.known else "")
