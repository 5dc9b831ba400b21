"""One product in the report for a reader: what applies, what to do by when, what is missing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from cncheck.conditions import Reason
from cncheck.model import BINDING, Finding, Note, ProductReport
from cncheck.model import FORCES as FORCE_ORDER
from cncheck.report import presumptions
from cncheck.report.duties import because, duty_lines, folded, whole_duty
from cncheck.report.lines import (
    Line,
    Page,
    cite,
    differences,
    doubt,
    reason_text,
    shown,
)
from cncheck.report.words import CHANGES, FORCES, NOTES, STATUSES, VERDICTS

_MADE = "produced_on"
_WORKED_OUT = ("exemptions_claimed", "materials_not_exempt.")
"""Facts that `materials` state by the exemptions in them."""
_VERDICT_ORDER = {"applies": 0, "undetermined": 1, "does_not_apply": 2}


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
    force = FORCE_ORDER.index(finding.force)
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
        yield from because(finding.reasons, one, page, 4)
    for text in finding.unclear:
        yield Line(page(text), 4, f"{page.say('unclear')}: ", "yellow")
    if finding.missing:
        yield Line(", ".join(finding.missing), 4, f"{page.say('missing')}: ", "yellow")
    yield from duty_lines(finding, one, page)
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
        yield from whole_duty(duty, (), one, page)
    yield from folded((d for d in finding.duties if d not in wrong), page)
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
    told |= dict.fromkeys(
        page.say("presumed_no", what=_presumed(reason, page))
        for reason in finding.reasons
        if reason.presumed and reason.answer is False
    )
    why = f": {'; '.join(told)}" if told else ""
    yield Line(f"{page(finding.pack.title)}{why}", 4)
    yield from _notes(finding, page, 6)


def _by_kind_alone(finding: Finding, page: Page) -> bool:
    """Return whether a scheme is about other kinds of products, and there is nothing else to say."""
    told = any(True for _ in _notes(finding, page, 0))
    return not told and all(reason.fact == "product_type" for reason in finding.reasons)


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
        broken = (f"{name} -> violated" for name in change.breaks if name not in change.what)
        what = _with_titles("; ".join([change.what, *broken]), finding, page)
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
        text = "; ".join(
            f"{name} = {_assumed(name, value, page)}" for name, value in one.assumptions
        )
        yield Line(text, 2, f"{page.say('assumed')}: ", "dim", "bold")
    made = one.product.facts.get(_MADE)
    if made and any(
        f.pack.dated_by == _MADE and f.verdict != "does_not_apply" for f in one.findings
    ):
        yield Line(page.say("one_unit", day=made), 2, style="dim")
    presumed = {
        _presumed(reason, page): None
        for finding in one.findings
        if finding.verdict != "does_not_apply"
        if finding.force in BINDING or page.view.all or page.view.explain
        for reason in presumptions(finding)
    }
    if presumed:
        text = page.say("presumed_as", what="; ".join(presumed))
        yield Line(text, 2, f"{page.say('presumed')}: ", "dim", "bold")


def _assumed(name: str, value: Any, page: Page) -> str:
    if name == "roles":
        known = page.rules.vocabulary.roles
        return page.say("asking_roles", roles=", ".join(page(known[role].name) for role in value))
    return shown(value, page)


def _presumed(reason: Reason, page: Page) -> str:
    """Return a test that is presumed; what is worked out of `materials` by its meaning."""
    if reason.fact.startswith(_WORKED_OUT):
        return page.say("exemptions")
    return f"{reason.fact} {page(reason.test)}"
