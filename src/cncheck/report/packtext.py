"""One pack as text, whole: what `cncheck rules show` prints."""

from __future__ import annotations

from collections.abc import Iterator

from cncheck.conditions import (
    AllOf,
    AnyOf,
    Condition,
    InCatalogue,
    Not,
    Stated,
    Test,
    Text,
    Unclear,
)
from cncheck.model import Entry, Obligation, Pack, Rules, Window
from cncheck.report import View
from cncheck.report.lines import Line, cite, differences, doubt, plain
from cncheck.report.words import FORCES, NOTES

_W = {
    "authority": Text("Authority", "主管部门"),
    "scope": Text("Applies if", "适用条件"),
    "phases": Text("Phases", "阶段"),
    "basis": Text("Legal basis", "法律依据"),
    "catalogue": Text("Catalogue", "目录"),
    "duties": Text("Obligations", "义务"),
    "notes": Text("Notes and errata", "说明与更正"),
    "types": Text("product types", "产品类型"),
    "limits": Text("limits", "范围"),
    "merged": Text("merged into", "并入"),
    "binds": Text("binds", "义务主体"),
    "when": Text("when", "适用情形"),
    "met": Text("met if", "满足条件"),
    "evidence": Text("Evidence", "证据"),
    "all": Text(" and ", " 且 "),
    "any": Text(" or ", " 或 "),
    "not": Text("not ({})", "非（{}）"),
    "unless": Text("unless stated: {}", "除非明示：{}"),
    "stated": Text("if stated: {}", "明示时：{}"),
    "unclear": Text("unclear: {}", "未明确：{}"),
    "nothing": Text("nothing is in force on any day", "任何日期均无有效要求"),
    "incomplete": Text("The list is incomplete", "目录不完整"),
    "in": Text("in the catalogue", "在目录内"),
    "out": Text("not in the catalogue", "不在目录内"),
}


def show_pack(pack: Pack, rules: Rules, language: str) -> str:
    """Return the whole of `pack` as text, with the citations."""
    return plain(_lines(pack, rules, language))


def _lines(pack: Pack, rules: Rules, language: str) -> Iterator[Line]:
    view = View(language)
    yield Line(f"{pack.id} {pack.version} · {pack.title.to(language)}")
    yield Line(pack.summary.to(language))
    yield Line(f"{_W['authority'].to(language)}: {pack.authority.to(language)}")
    yield Line(
        f"{_W['scope'].to(language)}: {describe(pack.applies_if, language)}{doubt(pack.confidence, view)}"
    )
    yield Line(cite(pack.cite, rules, view), 2)
    yield from _section("phases", language)
    if not pack.phases:
        yield Line(f"{FORCES[pack.force].to(language)}: {_W['nothing'].to(language)}", 2)
    for phase in pack.phases:
        force = FORCES[phase.force].to(language)
        yield Line(
            f"{phase.id}: {phase.title.to(language)} · {force}{_window(phase.window)}{doubt(phase.confidence, view)}",
            2,
        )
        if phase.cite:
            yield Line(cite(phase.cite, rules, view), 4)
    if pack.instruments:
        yield from _section("basis", language)
    for item in pack.instruments:
        dates = " · ".join(
            part
            for part in (item.issued, f"in force {item.in_force}" if item.in_force else "")
            if part
        )
        yield Line(
            f"{item.number} {item.title.to(language)}{f' · {dates}' if dates else ''}{doubt(item.confidence, view)}",
            2,
        )
        yield Line(cite(item.cite, rules, view), 4)
    if pack.entries:
        yield from _section("catalogue", language)
    for entry in pack.entries:
        yield from _entry(entry, rules, view)
    if pack.list_incomplete:
        yield Line(pack.list_incomplete.to(language), 2, f"{_W['incomplete'].to(language)}: ")
    yield from _section("duties", language)
    for obligation in pack.obligations:
        yield from _obligation(obligation, rules, view)
    if pack.evidence:
        yield from _section("evidence", language)
    for name, fact in pack.evidence.items():
        values = f" ({', '.join(fact.values)})" if fact.values else ""
        yield Line(f"{fact.kind}{values}. {fact.question.to(language)}", 2, f"{name}: ")
    if pack.notes:
        yield from _section("notes", language)
    for note in pack.notes:
        yield Line(note.text.to(language), 2, f"{NOTES[note.kind].to(language)}: ")
        if note.cite:
            yield Line(cite(note.cite, rules, view), 4)
    if pack.differs_from_eu:
        yield Line()
        yield from differences(pack, language)


def _section(name: str, language: str) -> Iterator[Line]:
    yield Line()
    yield Line(_W[name].to(language))


def _entry(entry: Entry, rules: Rules, view: View) -> Iterator[Line]:
    language = view.language
    yield Line(
        f"{entry.name.en} / {entry.name.zh}{doubt(entry.confidence, view)}", 2, f"{entry.code} "
    )
    if entry.merged_into:
        yield Line(entry.merged_into, 4, f"{_W['merged'].to(language)} ")
    if entry.product_types:
        yield Line(", ".join(sorted(entry.product_types)), 4, f"{_W['types'].to(language)}: ")
    if entry.condition:
        yield Line(describe(entry.condition, language), 4, f"{_W['limits'].to(language)}: ")
    for standard in entry.standards:
        yield Line(
            f"{standard.number}{_window(standard.window)}{doubt(standard.confidence, view)}", 4
        )
    for text, kind in ((entry.erratum, "erratum"), (entry.note, "info")):
        if text:
            yield Line(text.to(language), 4, f"{NOTES[kind].to(language)}: ")
    yield Line(cite(entry.cite, rules, view), 4)


def _obligation(obligation: Obligation, rules: Rules, view: View) -> Iterator[Line]:
    language = view.language
    roles = rules.vocabulary.roles
    who = ", ".join(roles[role].name.to(language) for role in obligation.binds)
    yield Line(
        f"{obligation.title.to(language)}{doubt(obligation.confidence, view)}",
        2,
        f"{obligation.id}: ",
    )
    yield Line(obligation.means.to(language), 4)
    force = f" · {FORCES[obligation.force].to(language)}" if obligation.force else ""
    yield Line(f"{_W['binds'].to(language)} {who}{force}{_window(obligation.window)}", 4)
    for key, condition in (("when", obligation.when), ("met", obligation.met_if)):
        if condition:
            yield Line(describe(condition, language), 4, f"{_W[key].to(language)}: ")
    yield Line(cite(obligation.cite, rules, view), 4)


def _window(window: Window) -> str:
    if window.start is None and window.end is None:
        return ""
    return f" · {window.start or ''} … {window.end or ''}".rstrip()


def describe(condition: Condition, language: str) -> str:
    """Return a condition as a sentence."""
    match condition:
        case Test(fact=fact, phrase=phrase):
            return f"{fact} {phrase.to(language)}"
        case AllOf(parts=parts):
            return _W["all"].to(language).join(_inner(part, language) for part in parts)
        case AnyOf(parts=parts):
            return _W["any"].to(language).join(_inner(part, language) for part in parts)
        case Not(part=Stated(part=part)):
            return _W["unless"].to(language).format(describe(part, language))
        case Not(part=part):
            return _W["not"].to(language).format(describe(part, language))
        case Stated(part=part):
            return _W["stated"].to(language).format(describe(part, language))
        case Unclear(reason=reason):
            return _W["unclear"].to(language).format(reason.to(language))
        case InCatalogue(wanted=wanted):
            return _W["in" if wanted else "out"].to(language)
    raise TypeError(condition)


def _inner(condition: Condition, language: str) -> str:
    text = describe(condition, language)
    return f"({text})" if isinstance(condition, (AllOf, AnyOf)) else text
