"""The duties of a scheme in the report for a reader: a line each, or whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from cncheck.conditions import Reason
from cncheck.model import BINDING, Duty, Finding, ProductReport
from cncheck.model import FORCES as FORCE_ORDER
from cncheck.report.lines import (
    STATUS_WIDTH,
    STYLES,
    Line,
    Page,
    cite,
    doubt,
    reason_text,
    width,
)
from cncheck.report.words import FORCES, STATUSES

_STATUS_ORDER = ("violated", "open", "undetermined", "upcoming", "met", "not_bound", "ended")
_DETAILED = ("violated", "open", "undetermined", "upcoming")


def duty_lines(finding: Finding, one: ProductReport, page: Page) -> Iterator[Line]:
    """Show the duties that ask for something; fold the rest unless everything was asked for."""
    everything = page.view.all or page.view.explain
    addressees = [duty.obligation.binds for duty in finding.duties]
    usual = max(addressees, key=addressees.count, default=())
    if usual and everything and finding.verdict == "applies":
        yield Line(page.say("usually_binds", who=_names(usual, page)), 4, style="dim")
    rest: list[Duty] = []
    for duty in sorted(
        finding.duties, key=lambda d: (FORCE_ORDER.index(d.force), _STATUS_ORDER.index(d.status))
    ):
        asks = duty.status in _DETAILED and finding.verdict == "applies"
        if everything and finding.verdict == "undetermined":
            yield _step(duty, one, page)  # undetermined like its scheme, for the same reasons
            yield Line(duty.obligation.id, 4 + STATUS_WIDTH, style="dim")
        elif everything or duty.status == "violated":
            yield from whole_duty(duty, usual, one, page)
        elif asks and duty.force != "informational":
            yield _in_short(duty, one, page)
        else:
            rest.append(duty)
    yield from folded(rest, page)


def folded(duties: Iterable[Duty], page: Page) -> Iterator[Line]:
    """Count the duties that are not shown, by what they are."""
    kinds: dict[str, int] = {}
    for duty in duties:
        kind = page(FORCES["informational"])
        if duty.force != "informational":
            kind = page.say("optional") if _is_optional(duty) else page(STATUSES[duty.status])
        kinds[kind] = kinds.get(kind, 0) + 1
    if kinds:
        what = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
        yield Line(page.say("folded", count=sum(kinds.values()), what=what), 4, style="dim")


def _is_optional(duty: Duty) -> bool:
    return duty.status == "open" and duty.force not in BINDING


def _step(duty: Duty, one: ProductReport, page: Page) -> Line:
    """Return the state and the title of a duty."""
    optional = _is_optional(duty)
    status = page.say("optional") if optional else page(STATUSES[duty.status])
    lead = status + " " * max(1, STATUS_WIDTH - width(status))
    unsure = doubt(duty.obligation.confidence, page.view)
    ready = ""
    if duty.status == "upcoming" and duty.prepared is not None:
        ready = f" [{page.say('prepared' if duty.prepared else 'unprepared')}]"
    waiver = page.waiver(one.product.id, duty.obligation.id)
    title = f"{page(duty.obligation.title)}{unsure}{ready}{waiver}"
    return Line(title, 4, lead, lead_style=STYLES["ended" if optional else duty.status])


def _in_short(duty: Duty, one: ProductReport, page: Page) -> Line:
    """Return a duty as one line: what, its id, by when, and what nobody said yet."""
    step, scheme = _step(duty, one, page), duty.obligation.id.partition("/")[0]
    facts = [step.text, duty.obligation.id]
    if duty.due is not None:
        facts.append(page.say("due", day=duty.due))
    if duty.status == "upcoming" and duty.window.start:
        made_before = duty.obligation.dated_by in one.product.facts
        word = "for_later_units" if made_before else "from"
        facts.append(page.say(word, day=duty.window.start))
    if duty.window.end:
        facts.append(page.say("until", day=duty.window.end))
    if duty.unclear and not duty.missing:
        facts.append(page.say("unclear"))
    if duty.missing:
        names = [name.removeprefix(f"evidence.{scheme}.") for name in _missing(duty, one, page)]
        facts.append(f"{page.say('missing')}: {', '.join(_grouped(names))}")
    return step._replace(text=" · ".join(facts))


def _grouped(names: Iterable[str]) -> Iterator[str]:
    """Yield names; those of substances together: materials.Pb|Hg|Cd."""
    for begin, group in groupby(names, lambda name: name.rpartition(".")[0]):
        ends = [name.rpartition(".")[2] for name in group]
        if begin.startswith("materials"):
            yield f"{begin}.{'|'.join(ends)}"
        else:
            yield from (f"{begin}.{end}" if begin else end for end in ends)


def _missing(duty: Duty, one: ProductReport, page: Page) -> Iterator[str]:
    """Yield what is missing; of evidence that is only said to be done, which it is."""
    for fact in duty.missing:
        done = fact.startswith("evidence.") and one.product.facts.get(fact) is True
        yield page.say("which", fact=fact) if done else fact


def _names(roles: Iterable[str], page: Page) -> str:
    return ", ".join(page(page.rules.vocabulary.roles[role].name) for role in roles)


def whole_duty(
    duty: Duty, usual: tuple[str, ...], one: ProductReport, page: Page
) -> Iterator[Line]:
    """Yield a duty with its dates, unusual addressees, evidence and source."""
    obligation = duty.obligation
    yield _step(duty, one, page)
    indent = 4 + STATUS_WIDTH
    facts = [obligation.id]
    if duty.overdue:
        facts.append(page.say("overdue", day=duty.due))
    elif duty.due is not None:
        facts.append(page.say("due", day=duty.due))
    facts += [page.say("from", day=duty.window.start)] if duty.window.start else []
    facts += [page.say("until", day=duty.window.end)] if duty.window.end else []
    if obligation.binds != usual:
        facts.append(page.say("binds", who=_names(obligation.binds, page)))
    yield Line(" · ".join(facts), indent, style="dim")
    for text in duty.unclear:
        yield Line(page(text), indent, f"{page.say('unclear')}: ", "yellow")
    if duty.status == "violated" or page.view.explain:
        yield from because(duty.reasons, one, page, indent)
    if duty.missing and duty.status in _DETAILED:
        names = ", ".join(_missing(duty, one, page))
        yield Line(names, indent, f"{page.say('missing')}: ", "dim", "dim")
    if page.view.explain:
        yield Line(page(obligation.means), indent)
    yield Line(cite(obligation.cite, page.rules, page.view), indent, style="dim")


def because(
    reasons: Iterable[Reason], one: ProductReport, page: Page, indent: int
) -> Iterator[Line]:
    """Yield the tests that decided, each once."""
    shown = {
        reason_text(reason, page, one): None
        for reason in reasons
        if not reason.presumed and not reason.fact.startswith("entry.")
    }
    for text in shown:
        yield Line(text, indent, f"{page.say('because')}: ", "", "dim")
