"""The report for a reader.

The layout is made once, as lines with an indent, a lead and a style. A pipe or a file gets them
plain, never wrapped, truncated or coloured; a terminal gets them through rich (`terminal.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from cncheck.model import BINDING, Pack, PortfolioFinding, Report
from cncheck.report import Run
from cncheck.report.lines import STATUS_WIDTH, STYLES, Line, Page, cite, plain, width
from cncheck.report.product import product_lines
from cncheck.report.words import FORCES, STATUSES, VERDICTS, WAIVERS
from cncheck.waivers import Standing

_MOST_REASONS = 20
_MOST_PACKS = 4


def write(run: Run) -> str:
    """Return the report as plain text."""
    return plain(lines(run))


def lines(run: Run) -> Iterator[Line]:
    """Yield the report line by line."""
    report, page = run.report, Page(run.view, run.rules, run.waived.by_key)
    for problem in report.errors:
        place = ":".join(str(part) for part in (problem.file, problem.line, problem.column) if part)
        yield Line(problem.message, lead=f"{place}: " if place else "", style="red")
    if report.errors:
        yield Line()
    for one in report.products:
        yield from product_lines(one, report.as_of, page)
        yield Line()
    yield from portfolio_lines(report.portfolio, page)
    if report.errors and not report.products:
        yield from verdict(run, page)
        return
    if len(report.products) > 1:
        yield from _overview(report, page)
    if not report.products or not report.packs:
        yield Line(page.say("nothing"), style="bold red")
    yield from _how(report, page)
    yield from foot(run, page)


# ---- many products ---------------------------------------------------------------------------------


def _overview(report: Report, page: Page) -> Iterator[Line]:
    """Give each product a line: what applies, what is undetermined, what is to be done."""
    yield Line(page.say("overview"), style="bold")
    for one in report.products:
        parts = []
        for verdict in ("applies", "undetermined"):
            found = [finding for finding in one.findings if finding.verdict == verdict]
            binding = [finding.pack.id for finding in found if finding.force in BINDING]
            others = len(found) - len(binding)
            names = binding + [page.say("others", count=others)] * bool(others)
            if names:
                parts.append(f"{page(VERDICTS[verdict])} {', '.join(names)}")
        statuses = [
            duty.status
            for finding in one.findings
            if finding.verdict == "applies"
            for duty in finding.duties
            if duty.force == "mandatory"
        ]
        parts += [
            f"{statuses.count(status)} {page(STATUSES[status])}"
            for status in ("violated", "open", "undetermined")
            if status in statuses
        ]
        style = "red" if "violated" in statuses else ""
        yield Line(
            " · ".join(parts) or page.say("none_apply"), 2, f"{one.product.id}: ", style, "bold"
        )
    yield Line()


def _how(report: Report, page: Page) -> Iterator[Line]:
    """Say, with the first duty that waits, where it is explained."""
    waiting = (
        duty.obligation.id
        for one in report.products
        for finding in one.findings
        if finding.verdict == "applies"
        for duty in finding.duties
        if duty.status in ("violated", "open") and duty.force in BINDING
    )
    first = next(waiting, None)
    if first:
        yield Line(page.say("how", id=first))
        yield Line()


# ---- the enterprise --------------------------------------------------------------------------------


def portfolio_lines(findings: Iterable[PortfolioFinding], page: Page) -> Iterator[Line]:
    """Yield the duties of enterprises; those over one product only where all is asked for."""
    shown = [f for f in findings if f.products > 1 or page.view.all or page.view.explain]
    if not shown:
        return
    yield Line(page.say("portfolio"), style="bold")
    for finding in shown:
        obligation = finding.obligation
        status = page(STATUSES[finding.status])
        lead = status + " " * max(1, STATUS_WIDTH - width(status))
        name = finding.enterprise or page.say("no_enterprise")
        waiver = page.waiver(finding.enterprise, obligation.id)
        title = f"{name}: {page(obligation.title)}{waiver}"
        yield Line(title, 2, lead, lead_style=STYLES[finding.status])
        yield Line(
            f"{obligation.id} · {page(FORCES[finding.force])}", 2 + STATUS_WIDTH, style="dim"
        )
        for reason in finding.reasons:
            yield Line(page(reason), 2 + STATUS_WIDTH)
        yield Line(cite(obligation.cite, page.rules, page.view), 2 + STATUS_WIDTH, style="dim")
    yield Line()


# ---- the foot --------------------------------------------------------------------------------------


def foot(run: Run, page: Page) -> Iterator[Line]:
    """Say what was looked at, by which packs, and how many duties are open; then the gate."""
    report, counts = run.report, run.summary
    if report.not_covered:
        what = "; ".join(page(text) for text in report.not_covered)
        yield Line(page.say("not_covered", what=what), style="dim")
    yield packs_line(report.packs, page)
    yield Line(page.say("no_advice"), style="dim")
    one = counts.products == 1
    products = page.say("one_product") if one else page.say("products", count=counts.products)
    numbers = {
        "applies": counts.applies, "undetermined": counts.undetermined,
        "violated": counts.violated, "open": counts.open, "duties": counts.undetermined_duties,
    }  # fmt: skip
    yield Line(page.say("summary", products=products, **numbers), style="bold")
    yield from allowances(run, page)
    yield from verdict(run, page)


def packs_line(packs: Sequence[Pack], page: Page) -> Line:
    """Name the packs with their review days, or count them where they are many."""
    reviewed = sorted(pack.reviewed for pack in packs)
    if len(reviewed) > _MOST_PACKS and not page.view.all:
        days = " … ".join(dict.fromkeys((reviewed[0], reviewed[-1])))
        return Line(page.say("packs_in_short", count=len(reviewed), days=days), style="dim")
    named = (
        f"{pack.id} {pack.version} ({page.say('reviewed', day=pack.reviewed)})" for pack in packs
    )
    return Line(page.say("packs", what=", ".join(named)), style="dim")


def _same_id(report: Report, page: Page) -> Iterator[Line]:
    """Warn of products that share an id."""
    times = Counter(one.product.id for one in report.products)
    twice = [id_ for id_, count in times.items() if count > 1]
    if twice:
        yield Line(page.say("same_id", what=", ".join(twice)), style="yellow")


def allowances(run: Run, page: Page) -> Iterator[Line]:
    """Yield what was skipped or let pass, and the ids and waivers that need attention."""
    report, passed = run.report, run.gate.passed
    if report.skipped:
        yield Line(
            ", ".join(report.skipped),
            lead=f"{page.say('skipped')} ({len(report.skipped)}): ",
            style="dim",
        )
    yield from _same_id(report, page)
    if passed:
        waived = sum((trip.subject, trip.about) in run.waived.by_key for trip in passed)
        counts = {"let_pass_waived": waived, "let_pass_known": len(passed) - waived}
        told = (page.say(key, count=count) for key, count in counts.items() if count)
        yield Line(page.say("let_pass", what=", ".join(told)))
    if run.gone:
        yield Line(page.say("baseline_gone", count=run.gone), style="yellow")
    for standing in run.waived.standings:
        if standing.state in WAIVERS:
            yield Line(waiver_notice(standing, page), style="yellow")


def waiver_notice(standing: Standing, page: Page) -> str:
    """Return what is to be said of a waiver that needs attention."""
    waiver = standing.waiver
    return page.say(
        "waiver",
        place=f"{waiver.place.file}:{waiver.place.line}",
        what=f"{waiver.subject}, {waiver.about}",
        state=page(WAIVERS[standing.state]).format(day=waiver.expires),
    )


def verdict(run: Run, page: Page) -> Iterator[Line]:
    """Say whether the gate lets the run pass, and if not, why."""
    report, result = run.report, run.gate
    what = ", ".join(page(STATUSES[w]) if w in STATUSES else w for w in result.fail_on)
    if report.errors:
        files = ", ".join(dict.fromkeys(problem.file for problem in report.errors if problem.file))
        yield Line(page.say("gate_errors", count=len(report.errors), files=files), style="bold red")
    elif not report.products or not report.packs:
        yield Line(page.say("gate_nothing"), style="bold red")
    elif result.tripped:
        yield Line(page.say("gate_tripped", what=what, code=result.code), style="bold red")
        for reason in result.reasons[:_MOST_REASONS]:
            yield Line(reason, 2, style="red")
        if len(result.reasons) > _MOST_REASONS:
            more = len(result.reasons) - _MOST_REASONS
            yield Line(page.say("more_reasons", count=more), 2, style="red")
    else:
        yield Line(page.say("gate_passed", what=what), style="bold green")
