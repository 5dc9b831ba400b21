"""The report for a reader: what applies, what to do by when, what is missing, what was assumed.

The layout is made once, as lines with an indent, a lead and a style. A pipe or a file gets them
plain, never wrapped, truncated or coloured; a terminal gets them through rich (`terminal.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from cncheck.conditions import Reason, Text
from cncheck.model import Citation, Duty, Finding, Note, PortfolioFinding, ProductReport, Rules
from cncheck.report import Run, View, presumptions
from cncheck.report.words import (
    ANSWERS,
    CONFIDENCES,
    FORCES,
    NOTES,
    STATUSES,
    VERDICTS,
    WORDS,
)

_STATUS_ORDER = {
    name: i
    for i, name in enumerate(
        ("violated", "open", "undetermined", "upcoming", "met", "not_bound", "ended")
    )
}
_FORCE_ORDER = {
    name: i
    for i, name in enumerate(("mandatory", "pilot", "voluntary", "recommended", "informational"))
}
_VERDICT_ORDER = {"applies": 0, "undetermined": 1, "does_not_apply": 2}
_BINDING = ("mandatory", "pilot")
_DETAILED = ("violated", "open", "undetermined", "upcoming")
_STATUS_WIDTH = 13


class Line(NamedTuple):
    """A line of the report; `lead` stands before the text, which hangs beside it when wrapped."""

    text: str = ""
    indent: int = 0
    lead: str = ""
    style: str = ""
    lead_style: str = ""


class _Page(NamedTuple):
    view: View
    rules: Rules

    def say(self, key: str, **values: Any) -> str:
        return WORDS[key].to(self.view.language).format(**values)

    def __call__(self, text: Text) -> str:
        return text.to(self.view.language)


def write(run: Run) -> str:
    """Return the report as plain text."""
    return plain(lines(run))


def plain(found: Iterable[Line]) -> str:
    """Return lines as text: never wrapped, truncated or coloured."""
    return "".join(f"{' ' * line.indent}{line.lead}{line.text}".rstrip() + "\n" for line in found)


def lines(run: Run) -> Iterator[Line]:
    """Yield the report line by line."""
    report, page = run.report, _Page(run.view, run.rules)
    for problem in report.errors:
        place = ":".join(str(part) for part in (problem.file, problem.line, problem.column) if part)
        yield Line(problem.message, lead=f"{place}: " if place else "", style="red")
    if report.errors:
        yield Line()
    for one in report.products:
        yield from _product(one, report.as_of, page)
        yield Line()
    yield from _portfolio(report.portfolio, page)
    if not report.products or not report.packs:
        yield Line(page.say("nothing"), style="bold red")
    yield from _foot(run, page)


# ---- one product -----------------------------------------------------------------------------------


def _product(one: ProductReport, as_of: date, page: _Page) -> Iterator[Line]:
    product = one.product
    type_ = page.rules.vocabulary.types[product.facts["product_type"]]
    name = "" if product.name == product.id else f" · {product.name}"
    where = f" · {product.file}" if product.file else ""
    yield Line(f"{product.id}{name}", style="bold")
    yield Line(f"{page(type_.name)} · {page.say('asked', day=as_of)}{where}", style="dim")
    ordered = sorted(one.findings, key=lambda f: (_VERDICT_ORDER[f.verdict], _FORCE_ORDER[f.force]))
    out = [finding for finding in ordered if finding.verdict == "does_not_apply"]
    for finding in ordered:
        if finding.verdict != "does_not_apply":
            yield Line()
            yield from _finding(finding, one, page)
    if out:
        yield Line()
        yield Line(page.say("does_not_apply"), indent=2, style="bold")
        for finding in out:
            yield from _out_of_scope(finding, page)
    yield from _questions(one, page)
    yield from _taken_for_granted(one, page)


def _finding(finding: Finding, one: ProductReport, page: _Page) -> Iterator[Line]:
    verdict = page(VERDICTS[finding.verdict])
    style = "bold green" if finding.verdict == "applies" else "bold yellow"
    yield Line(
        f"{page(finding.pack.title)}: {verdict} · {_standing(finding, page)}", 2, style=style
    )
    for match in finding.matched:
        unsure = doubt(match.entry.confidence, page.view)
        standards = f" · {', '.join(match.standards)}" if match.standards else ""
        yield Line(f"{match.entry.code} {page(match.entry.name)}{standards}{unsure}", 4)
    if page.view.explain:
        yield from _because(finding.reasons, one, page, 4)
    for text in finding.unclear:
        yield Line(page(text), 4, f"{page.say('unclear')}: ", "yellow")
    if finding.missing:
        yield Line(", ".join(finding.missing), 4, f"{page.say('missing')}: ", "yellow")
    yield from _duties(finding, one, page)
    yield from _notes(finding, page, 4)
    if finding.next_change:
        change = finding.next_change
        yield Line(page.say("next_change", day=change.date, what=change.what), 4, style="cyan")
    yield Line(cite(finding.pack.cite, page.rules, page.view), 4, style="dim")
    if page.view.explain:
        yield from differences(finding.pack, page.view.language)


def _standing(finding: Finding, page: _Page) -> str:
    force = page(FORCES[finding.force])
    if finding.phase is None:
        return f"{force} · {page.say('nothing_in_force')}"
    window = finding.phase.window
    dates = [
        page.say(key, day=day)
        for key, day in (("from", window.start), ("until", window.end))
        if day is not None
    ]
    return " · ".join([force, page(finding.phase.title), *dates])


def _out_of_scope(finding: Finding, page: _Page) -> Iterator[Line]:
    deciding = dict.fromkeys(_reason(r, page) for r in finding.reasons if not r.presumed)
    why = f": {'; '.join(deciding)}" if deciding else ""
    yield Line(f"{page(finding.pack.title)}{why}", 4)
    yield from _notes(finding, page, 6)


def _duties(finding: Finding, one: ProductReport, page: _Page) -> Iterator[Line]:
    """Show the duties that ask for something; fold the rest unless everything was asked for."""
    ordered = sorted(
        finding.duties,
        key=lambda d: (_FORCE_ORDER[d.force], _STATUS_ORDER[d.status]),
    )
    folded: list[Duty] = []
    for duty in ordered:
        asks = duty.status in _DETAILED and finding.verdict == "applies"
        if (
            page.view.all
            or page.view.explain
            or duty.status == "violated"
            or (asks and duty.force in _BINDING)
        ):
            yield from _duty(duty, one, page)
        elif asks and duty.force != "informational":
            yield _step(duty, page)
        else:
            folded.append(duty)
    if folded:
        kinds: dict[str, int] = {}
        for duty in folded:
            kind = page(STATUSES[duty.status])
            if duty.force == "informational":
                kind = page(FORCES["informational"])
            kinds[kind] = kinds.get(kind, 0) + 1
        what = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
        yield Line(page.say("folded", count=len(folded), what=what), 4, style="dim")


def _step(duty: Duty, page: _Page) -> Line:
    """Return a duty as one line."""
    status = page(STATUSES[duty.status])
    lead = status + " " * max(1, _STATUS_WIDTH - _width(status))
    unsure = doubt(duty.obligation.confidence, page.view)
    return Line(f"{page(duty.obligation.title)}{unsure}", 4, lead, lead_style=_STYLES[duty.status])


def _duty(duty: Duty, one: ProductReport, page: _Page) -> Iterator[Line]:
    """Yield a duty with its dates, addressees, evidence and source."""
    obligation = duty.obligation
    yield _step(duty, page)
    indent = 4 + _STATUS_WIDTH
    facts = [obligation.id]
    if duty.overdue:
        facts.append(page.say("overdue", day=duty.due))
    elif duty.due is not None:
        facts.append(page.say("due", day=duty.due))
    facts += [page.say("from", day=duty.window.start)] if duty.window.start else []
    facts += [page.say("until", day=duty.window.end)] if duty.window.end else []
    roles = page.rules.vocabulary.roles
    facts.append(
        page.say("binds", who=", ".join(page(roles[role].name) for role in obligation.binds))
    )
    yield Line(" · ".join(facts), indent, style="dim")
    for text in duty.unclear:
        yield Line(page(text), indent, f"{page.say('unclear')}: ", "yellow")
    if duty.status == "violated" or page.view.explain:
        yield from _because(duty.reasons, one, page, indent)
    if duty.missing and duty.status in ("open", "violated", "undetermined"):
        yield Line(", ".join(duty.missing), indent, f"{page.say('missing')}: ", "dim", "dim")
    if page.view.explain:
        yield Line(page(obligation.means), indent)
    yield Line(cite(obligation.cite, page.rules, page.view), indent, style="dim")


def _notes(finding: Finding, page: _Page, indent: int) -> Iterator[Line]:
    """Show what concerns this product; fold what concerns every product or only the documents."""
    everything = page.view.all or page.view.explain
    of_pack = {id(note) for note in finding.pack.notes}
    near_miss = finding.verdict == "does_not_apply"
    shown = [
        note
        for note in finding.notes
        if everything
        or note.kind == "warning"
        or id(note) not in of_pack
        or (note.when is not None and (note.kind != "erratum" or near_miss))
    ]
    for note in shown:
        yield _note(note, page, indent)
    rest = len(finding.notes) - len(shown)
    if rest:
        yield Line(page.say("folded_notes", count=rest), indent, style="dim")


def _note(note: Note, page: _Page, indent: int) -> Line:
    style = "yellow" if note.kind == "warning" else "dim"
    return Line(page(note.text), indent, f"{page(NOTES[note.kind])}: ", style, "bold")


def _because(
    reasons: Iterable[Reason], one: ProductReport, page: _Page, indent: int
) -> Iterator[Line]:
    shown = {_reason(reason, page, one): None for reason in reasons if not reason.presumed}
    for text in shown:
        yield Line(text, indent, f"{page.say('because')}: ", "", "dim")


# ---- what is missing, assumed, presumed --------------------------------------------------------------


def _questions(one: ProductReport, page: _Page) -> Iterator[Line]:
    """Ask for the facts that would settle a scheme or a duty, the most decisive first."""
    settles: dict[str, list[str]] = {}
    for finding in one.findings:
        for fact in finding.missing:
            settles.setdefault(fact, []).append(finding.pack.id)
        if finding.verdict == "applies":
            for duty in finding.duties:
                if duty.status == "undetermined":
                    for fact in duty.missing:
                        settles.setdefault(fact, []).append(duty.obligation.id)
    if not settles:
        return
    yield Line()
    yield Line(page.say("missing_title"), 2, style="bold")
    for fact in sorted(settles, key=lambda name: -len(settles[name])):
        row = page.rules.facts.get(fact)
        what = ", ".join(dict.fromkeys(settles[fact]))
        yield Line(
            f"{page(row.question) if row else ''} ({page.say('settles', what=what)})",
            4,
            f"{fact}: ",
            "",
            "yellow",
        )


def _taken_for_granted(one: ProductReport, page: _Page) -> Iterator[Line]:
    if one.assumptions:
        yield Line()
        text = "; ".join(f"{name} = {_shown(value, page)}" for name, value in one.assumptions)
        yield Line(text, 2, f"{page.say('assumed')}: ", "dim", "bold")
    presumed = {
        f"{reason.fact} {page(reason.test)}": reason.fact
        for finding in one.findings
        if finding.verdict != "does_not_apply"
        for reason in presumptions(finding)
    }
    if presumed and page.view.explain:
        yield Line("; ".join(presumed), 2, f"{page.say('presumed')}: ", "dim", "bold")
    elif presumed:
        names = ", ".join(dict.fromkeys(presumed.values()))
        text = page.say("presumed_fold", count=len(presumed), what=names)
        yield Line(text, 2, f"{page.say('presumed')}: ", "dim", "bold")


# ---- the enterprise --------------------------------------------------------------------------------


def _portfolio(findings: Iterable[PortfolioFinding], page: _Page) -> Iterator[Line]:
    shown = [f for f in findings if f.products > 1 or page.view.all or page.view.explain]
    if not shown:
        return
    yield Line(page.say("portfolio"), style="bold")
    for finding in shown:
        obligation = finding.obligation
        status = page(STATUSES[finding.status])
        lead = status + " " * max(1, _STATUS_WIDTH - _width(status))
        name = finding.enterprise or page.say("no_enterprise")
        yield Line(f"{name}: {page(obligation.title)}", 2, lead, lead_style=_STYLES[finding.status])
        yield Line(
            f"{obligation.id} · {page(FORCES[finding.force])}", 2 + _STATUS_WIDTH, style="dim"
        )
        for reason in finding.reasons:
            yield Line(page(reason), 2 + _STATUS_WIDTH)
        yield Line(cite(obligation.cite, page.rules, page.view), 2 + _STATUS_WIDTH, style="dim")
    yield Line()


# ---- the foot --------------------------------------------------------------------------------------


def _foot(run: Run, page: _Page) -> Iterator[Line]:
    report, result, counts = run.report, run.gate, run.summary
    if report.skipped:
        yield Line(
            ", ".join(report.skipped),
            lead=f"{page.say('skipped')} ({len(report.skipped)}): ",
            style="dim",
        )
    if report.not_covered:
        what = "; ".join(page(text) for text in report.not_covered)
        yield Line(page.say("not_covered", what=what), style="dim")
    packs = ", ".join(
        f"{pack.id} {pack.version} ({page.say('reviewed', day=pack.reviewed)})"
        for pack in report.packs
    )
    yield Line(page.say("packs", what=packs), style="dim")
    yield Line(page.say("no_advice"), style="dim")
    one = counts.products == 1
    products = page.say("one_product") if one else page.say("products", count=counts.products)
    numbers = {
        "applies": counts.applies, "undetermined": counts.undetermined,
        "violated": counts.violated, "open": counts.open, "duties": counts.undetermined_duties,
    }  # fmt: skip
    yield Line(page.say("summary", products=products, **numbers), style="bold")
    what = ", ".join(result.fail_on)
    if report.errors:
        yield Line(page.say("gate_errors", count=len(report.errors)), style="bold red")
    elif result.tripped:
        yield Line(page.say("gate_tripped", what=what), style="bold red")
    else:
        yield Line(page.say("gate_passed", what=what), style="bold green")


def differences(pack: Any, language: str) -> Iterator[Line]:
    """Yield how China differs from the European Union on the pack's subject."""
    if pack.differs_from_eu:
        yield Line(f"{WORDS['differs'].to(language)}:", 4, style="bold")
    for row in pack.differs_from_eu:
        yield Line(
            f"{row.china.to(language)} | EU: {row.eu.to(language)}",
            6,
            f"{row.topic.to(language)}: ",
            "",
            "bold",
        )


# ---- small parts -----------------------------------------------------------------------------------

_STYLES: Mapping[str, str] = {
    "violated": "bold red",
    "open": "yellow",
    "undetermined": "yellow",
    "upcoming": "cyan",
    "met": "green",
    "not_bound": "dim",
    "ended": "dim",
}


def _reason(reason: Reason, page: _Page, one: ProductReport | None = None) -> str:
    """Return a test and its answer, such as "rated_energy_kwh = 2, not above 2"."""
    if reason.value is None:
        return page.say("unknown_test", fact=reason.fact, test=page(reason.test))
    origin = one.product.origins.get(reason.fact) if one else None
    from_ = f" [{origin}]" if origin else ""
    value = _shown(reason.value, page)
    key = "passed_test" if reason.answer else "failed_test"
    return page.say(key, fact=reason.fact, value=f"{value}{from_}", test=page(reason.test))


def _shown(value: Any, page: _Page) -> str:
    if isinstance(value, bool):
        return page(ANSWERS[value])
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, (tuple, list, frozenset)):
        return ", ".join(str(item) for item in value)
    return str(value)


def doubt(confidence: str, view: View) -> str:
    """Return how sure a statement is, in brackets; nothing for a confirmed one."""
    word = CONFIDENCES[confidence].to(view.language)
    return f" ({word})" if word else ""


def cite(citations: Iterable[Citation], rules: Rules, view: View) -> str:
    """Return where a statement comes from: the instrument, and where it was read."""
    parts = []
    read_in = WORDS["read_in"].to(view.language)
    for citation in citations:
        source = rules.vocabulary.sources[citation.source]
        whole = (
            (source.title, source.date)
            if view.explain
            else (source.publisher or source.title, source.date)
        )
        read = ", ".join(part for part in (*whole, citation.at) if part)
        parts.append(f"{citation.act} ({read_in} {read})" if citation.act else read)
    return WORDS["source"].to(view.language).format(what="; ".join(parts))


def _width(text: str) -> int:
    """Return the columns a text takes; Chinese characters take two."""
    return sum(1 if ord(char) < 0x1100 else 2 for char in text)  # noqa: PLR2004
