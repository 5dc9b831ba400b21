"""One product in the report for a reader: what applies, what to do by when, what is missing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date

from cncheck.conditions import Reason
from cncheck.model import BINDING, Duty, Finding, Note, ProductReport
from cncheck.report import presumptions
from cncheck.report.lines import (
    STATUS_WIDTH,
    STYLES,
    Line,
    Page,
    cite,
    differences,
    doubt,
    reason_text,
    shown,
    width,
)
from cncheck.report.words import CHANGES, FORCES, NOTES, STATUSES, VERDICTS

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
_MOST_NAMES = 3  # of missing evidence in a line; --all names the rest
_DETAILED = ("violated", "open", "undetermined", "upcoming")


def product_lines(one: ProductReport, as_of: date, page: Page) -> Iterator[Line]:
    """Yield what the schemes say about one product."""
    product = one.product
    type_ = page.rules.vocabulary.types[product.facts["product_type"]]
    name = "" if product.name == product.id else f" · {product.name}"
    where = f" · {product.file}" if product.file else ""
    yield Line(f"{product.id}{name}", style="bold")
    made = product.facts.get("produced_on")
    made = f" · {page.say('made', day=made)}" if made else ""
    yield Line(f"{page(type_.name)} · {page.say('asked', day=as_of)}{made}{where}", style="dim")
    above = ""
    other_kinds: list[str] = []
    for finding in sorted(one.findings, key=_rank):
        depth = _depth(finding, page)
        if depth == "other_kind":
            other_kinds.append(page(finding.pack.title))
            continue
        if depth == "whole" or depth != above:
            yield Line()
        if depth == "outside" != above:
            yield Line(page.say("does_not_apply"), indent=2, style="bold")
        above = depth
        yield from _VIEWS[depth](finding, one, page)
    if other_kinds:
        yield from () if above == "outside" else (Line(),)
        yield Line("; ".join(other_kinds), 2, f"{page.say('other_kind')}: ", "dim", "bold")
    yield from _questions(one, page)
    yield from _taken_for_granted(one, page)


# ---- schemes: as much of each as it asks for ----------------------------------------------------------


def _rank(finding: Finding) -> tuple[bool, int, int, int]:
    """Order the schemes: what binds, then what is voluntary, then what is for information."""
    force = _FORCE_ORDER[finding.force]
    tier = 0 if finding.force in BINDING else 2 if finding.force == "informational" else 1
    return finding.verdict == "does_not_apply", tier, _VERDICT_ORDER[finding.verdict], force


def _depth(finding: Finding, page: Page) -> str:
    """Return how much of a scheme is shown: a key of _VIEWS, or "other_kind": only its name."""
    if finding.verdict == "does_not_apply":
        everything = page.view.all or page.view.explain
        news = everything or (
            finding.force != "informational" and not _by_kind_alone(finding, page)
        )
        return "outside" if news else "other_kind"
    if page.view.all or page.view.explain or finding.force in BINDING:
        return "whole"
    if finding.verdict == "undetermined" or finding.force == "informational":
        return "line"
    return "short"


def _whole(finding: Finding, one: ProductReport, page: Page) -> Iterator[Line]:
    """Yield a scheme with its duties, notes, dates and source."""
    yield _heading(finding, one, page)
    yield from _matches(finding, page)
    if page.view.explain:
        yield from _because(finding.reasons, one, page, 4)
    for text in finding.unclear:
        yield Line(page(text), 4, f"{page.say('unclear')}: ", "yellow")
    if finding.missing:
        yield Line(", ".join(finding.missing), 4, f"{page.say('missing')}: ", "yellow")
    yield from _duties(finding, one, page)
    yield from _notes(finding, page, 4)
    yield from _change(finding, page)
    yield Line(cite(finding.pack.cite, page.rules, page.view), 4, style="dim")
    if page.view.explain:
        yield from differences(finding.pack, page.view.language)


def _short(finding: Finding, one: ProductReport, page: Page) -> Iterator[Line]:
    """Yield a scheme that binds nobody: what it matches, and what is done wrongly."""
    yield _heading(finding, one, page)
    yield from _matches(finding, page)
    wrong = [duty for duty in finding.duties if duty.status == "violated"]
    for duty in wrong:
        yield from _duty(duty, (), one, page)
    yield from _folded((d for d in finding.duties if d not in wrong), page)
    for note in finding.notes:
        if note.kind == "warning":
            yield _note(note, page, 4)
    yield from _change(finding, page)
    yield Line(cite(finding.pack.cite, page.rules, page.view), 4, style="dim")


def _line(finding: Finding, one: ProductReport, page: Page) -> Iterator[Line]:
    """Yield a scheme that asks for nothing now as one line."""
    told = [page(match.entry.name) for match in finding.matched]
    told += [f"{page.say('unclear')}: {page(text)}" for text in finding.unclear]
    if finding.missing:
        told.append(f"{page.say('missing')}: {', '.join(finding.missing)}")
    more = f" · {'; '.join(told)}" if told else ""
    verdict, force = page(VERDICTS[finding.verdict]), page(FORCES[finding.force])
    waiver = page.waiver(one.product.id, finding.pack.id)
    change = (
        f" · {page.say('changes_on', day=finding.next_change.date)}" if finding.next_change else ""
    )
    yield Line(f"{verdict} · {force}{waiver}{more}{change}", 2, f"{page(finding.pack.title)}: ")


def _outside(finding: Finding, one: ProductReport, page: Page) -> Iterator[Line]:
    """Yield why a scheme does not apply."""
    deciding = [reason for reason in finding.reasons if not reason.presumed]
    if all(reason.fact == "product_type" for reason in deciding):
        deciding = deciding[:1]  # the other kinds it is not are no news
    told = dict.fromkeys(reason_text(reason, page, one) for reason in deciding)
    why = f": {'; '.join(told)}" if told else ""
    yield Line(f"{page(finding.pack.title)}{why}", 4)
    yield from _notes(finding, page, 6)


def _by_kind_alone(finding: Finding, page: Page) -> bool:
    """Return whether a scheme is about other kinds of products, and there is nothing else to say."""
    told = any(True for _ in _notes(finding, page, 0))
    return not told and all(r.fact == "product_type" for r in finding.reasons if not r.presumed)


_VIEWS: Mapping[str, Callable[[Finding, ProductReport, Page], Iterator[Line]]] = {
    "whole": _whole, "short": _short, "line": _line, "outside": _outside,
}  # fmt: skip


def _heading(finding: Finding, one: ProductReport, page: Page) -> Line:
    verdict = page(VERDICTS[finding.verdict])
    style = "bold green" if finding.verdict == "applies" else "bold yellow"
    waiver = page.waiver(one.product.id, finding.pack.id)
    title = f"{page(finding.pack.title)}: {verdict} · {_standing(finding, page)}{waiver}"
    return Line(title, 2, style=style)


def _matches(finding: Finding, page: Page) -> Iterator[Line]:
    for match in finding.matched:
        entry, unsure = match.entry, doubt(match.entry.confidence, page.view)
        how_sure = {one.number: doubt(one.confidence, page.view) for one in entry.standards}
        numbers = ", ".join(number + how_sure[number] for number in match.standards)
        standards = f" · {numbers}" if numbers else ""
        yield Line(f"{entry.code} {page(entry.name)}{unsure}{standards}", 4)


def _change(finding: Finding, page: Page) -> Iterator[Line]:
    if finding.next_change:
        change = finding.next_change
        what = _with_titles(change.what, finding, page)
        yield Line(page.say("next_change", day=change.date, what=what), 4, style="cyan")


def _with_titles(what: str, finding: Finding, page: Page) -> str:
    """Return a change with the titles of phases, verdicts and statuses instead of their ids."""
    words = {phase.id: page(phase.title) for phase in finding.pack.phases}
    words |= {
        key: page(text) for table in (VERDICTS, STATUSES, CHANGES) for key, text in table.items()
    }
    parts = re.split(r"(; | -> |: )", what)
    return "".join(words.get(part, part) for part in parts)


def _standing(finding: Finding, page: Page) -> str:
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


# ---- duties ------------------------------------------------------------------------------------------


def _duties(finding: Finding, one: ProductReport, page: Page) -> Iterator[Line]:
    """Show the duties that ask for something; fold the rest unless everything was asked for."""
    everything = page.view.all or page.view.explain
    addressees = [duty.obligation.binds for duty in finding.duties]
    usual = max(addressees, key=addressees.count, default=())
    if usual and everything and finding.verdict == "applies":
        yield Line(page.say("usually_binds", who=_names(usual, page)), 4, style="dim")
    folded: list[Duty] = []
    for duty in sorted(
        finding.duties, key=lambda d: (_FORCE_ORDER[d.force], _STATUS_ORDER[d.status])
    ):
        asks = duty.status in _DETAILED and finding.verdict == "applies"
        if everything and finding.verdict == "undetermined":
            yield _step(duty, one, page)  # undetermined like its scheme, for the same reasons
            yield Line(duty.obligation.id, 4 + STATUS_WIDTH, style="dim")
        elif everything or duty.status == "violated":
            yield from _duty(duty, usual, one, page)
        elif asks and duty.force != "informational":
            yield _in_short(duty, one, page)
        else:
            folded.append(duty)
    yield from _folded(folded, page)


def _folded(duties: Iterable[Duty], page: Page) -> Iterator[Line]:
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
        facts.append(page.say("from", day=duty.window.start))
    if duty.window.end:
        facts.append(page.say("until", day=duty.window.end))
    if duty.unclear and not duty.missing:
        facts.append(page.say("unclear"))
    if duty.missing:
        names = [fact.removeprefix(f"evidence.{scheme}.") for fact in duty.missing]
        more = f", +{len(names) - _MOST_NAMES}" if len(names) > _MOST_NAMES else ""
        facts.append(f"{page.say('missing')}: {', '.join(names[:_MOST_NAMES])}{more}")
    return step._replace(text=" · ".join(facts))


def _names(roles: Iterable[str], page: Page) -> str:
    return ", ".join(page(page.rules.vocabulary.roles[role].name) for role in roles)


def _duty(duty: Duty, usual: tuple[str, ...], one: ProductReport, page: Page) -> Iterator[Line]:
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
        yield from _because(duty.reasons, one, page, indent)
    if duty.missing and duty.status in _DETAILED:
        yield Line(", ".join(duty.missing), indent, f"{page.say('missing')}: ", "dim", "dim")
    if page.view.explain:
        yield Line(page(obligation.means), indent)
    yield Line(cite(obligation.cite, page.rules, page.view), indent, style="dim")


def _notes(finding: Finding, page: Page, indent: int) -> Iterator[Line]:
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


def _note(note: Note, page: Page, indent: int) -> Line:
    style = "yellow" if note.kind == "warning" else "dim"
    return Line(page(note.text), indent, f"{page(NOTES[note.kind])}: ", style, "bold")


def _because(
    reasons: Iterable[Reason], one: ProductReport, page: Page, indent: int
) -> Iterator[Line]:
    shown = {
        reason_text(reason, page, one): None
        for reason in reasons
        if not reason.presumed and not reason.fact.startswith("entry.")
    }
    for text in shown:
        yield Line(text, indent, f"{page.say('because')}: ", "", "dim")


# ---- what is missing, assumed, presumed --------------------------------------------------------------


def _questions(one: ProductReport, page: Page) -> Iterator[Line]:
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


def _taken_for_granted(one: ProductReport, page: Page) -> Iterator[Line]:
    if one.assumptions:
        yield Line()
        roles = page.rules.vocabulary.roles
        text = "; ".join(
            f"{name} = {shown([page(roles[r].name) for r in value] if name == 'roles' else value, page)}"
            for name, value in one.assumptions
        )
        yield Line(text, 2, f"{page.say('assumed')}: ", "dim", "bold")
    presumed = {
        f"{reason.fact} {page(reason.test)}": reason.fact
        for finding in one.findings
        if finding.verdict != "does_not_apply"
        if finding.force in BINDING or page.view.all or page.view.explain
        for reason in presumptions(finding)
    }
    if presumed:
        text = page.say("presumed_as", what="; ".join(presumed))
        yield Line(text, 2, f"{page.say('presumed')}: ", "dim", "bold")
