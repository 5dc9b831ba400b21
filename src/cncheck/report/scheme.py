"""One scheme as a page, and all of them as a table: what `cncheck explain` and the docs show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cncheck.conditions import Text
from cncheck.model import Entry, Instrument, Pack, Rules
from cncheck.report import View
from cncheck.report.duty import days_of, foot, note_items, source_in_full
from cncheck.report.lines import doubt
from cncheck.report.packtext import describe
from cncheck.report.sheet import Item, Section, Sheet
from cncheck.report.words import FORCES, NOTES, WORDS

_W = {
    "summary": Text("The scheme", "制度"),
    "authority": Text("Authority: {who}", "主管部门：{who}"),
    "dates": Text("Force and dates", "约束力与日期"),
    "scope": Text("Scope", "适用范围"),
    "catalogue": Text("Catalogue", "目录"),
    "incomplete": Text("The list is incomplete. {why}", "目录不完整。{why}"),
    "duties": Text("Obligations", "义务"),
    "eu": WORDS["differs"],
    "china": Text("China: {text}", "中国：{text}"),
    "union": Text("European Union: {text}", "欧盟：{text}"),
    "basis": Text("Legal basis", "法律依据"),
    "notes": Text("Notes and errata", "说明与更正"),
    "issued": Text("issued {day}", "发布 {day}"),
    "in_force": Text("in force {day}", "施行 {day}"),
}  # fmt: skip


def scheme_sheet(pack: Pack, rules: Rules, language: str, duties: str = "") -> Sheet:
    """Return the page of a scheme.

    Args:
        pack: the scheme.
        rules: the vocabulary that names sources.
        language: "en" or "zh".
        duties: where the pages of its duties lie, for links.

    """
    parts: dict[str, Iterable[str | Item]] = {
        "summary": [
            pack.summary.to(language),
            _W["authority"].to(language).format(who=pack.authority.to(language)),
        ],
        "dates": _dates(pack, language),
        "scope": _scope(pack, rules, language),
        "catalogue": _catalogue(pack, language),
        "duties": (
            Item(f"{duty.id}: {duty.title.to(language)}{doubt(duty.confidence, View(language))}",
                 link=f"{duties}{duty.id}.md")
            for duty in pack.obligations
        ),
        "eu": _differences(pack, language),
        "basis": _basis(pack, rules, language),
        "notes": (
            item
            for note in pack.notes
            if note.obligation is None
            for item in note_items(note, rules, language)
        ),
    }  # fmt: skip
    found = ((key, tuple(rows)) for key, rows in parts.items())
    sections = tuple(Section(_W[key].to(language), rows) for key, rows in found if rows)
    return Sheet(pack.id, pack.title, sections, foot(pack, language))


def _dates(pack: Pack, language: str) -> Iterator[Item]:
    for phase in pack.phases:
        force = FORCES[phase.force].to(language)
        days = days_of(phase.window, language)
        unsure = doubt(phase.confidence, View(language))
        yield Item(" · ".join((phase.title.to(language), force, *days)) + unsure)
    if not pack.phases:
        nothing = WORDS["nothing_in_force"].to(language)
        yield Item(f"{FORCES[pack.force].to(language)} · {nothing}")


def _scope(pack: Pack, rules: Rules, language: str) -> Iterator[str | Item]:
    yield f"{describe(pack.applies_if, language)}{doubt(pack.confidence, View(language))}"
    for citation in pack.cite:
        yield Item(source_in_full(citation, rules, language))


def _catalogue(pack: Pack, language: str) -> Iterator[str | Item]:
    for entry in pack.entries:
        yield Item(_entry(entry, language))
        if entry.condition:
            yield Item(describe(entry.condition, language), 1)
        for kind, text in (("erratum", entry.erratum), ("info", entry.note)):
            if text:
                yield Item(f"{NOTES[kind].to(language)}: {text.to(language)}", 1)
    if pack.list_incomplete:
        yield _W["incomplete"].to(language).format(why=pack.list_incomplete.to(language))


def _entry(entry: Entry, language: str) -> str:
    standards = (
        " ".join([standard.number, *days_of(standard.window, language)])
        for standard in entry.standards
    )
    names = f"{entry.code}: {entry.name.en} / {entry.name.zh}"
    return " · ".join([names, *standards]) + doubt(entry.confidence, View(language))


def _differences(pack: Pack, language: str) -> Iterator[Item]:
    for row in pack.differs_from_eu:
        yield Item(row.topic.to(language))
        yield Item(_W["china"].to(language).format(text=row.china.to(language)), 1)
        yield Item(_W["union"].to(language).format(text=row.eu.to(language)), 1)


def _basis(pack: Pack, rules: Rules, language: str) -> Iterator[Item]:
    for one in pack.instruments:
        yield Item(_instrument(one, language))
        for citation in one.cite:
            yield Item(source_in_full(citation, rules, language), 1)


def _instrument(one: Instrument, language: str) -> str:
    dates = (("issued", one.issued), ("in_force", one.in_force), ("until", one.until))
    words = {**_W, "until": WORDS["until"]}
    told = [words[key].to(language).format(day=day) for key, day in dates if day]
    name = f"{one.number} {one.title.to(language)}"
    return " · ".join([name, *told]) + doubt(one.confidence, View(language))


# ---- all of them -----------------------------------------------------------------------------------

_HEADER = ("pack", "scheme", "force", "entries", "obligations", "confirmed", "reviewed")


def coverage(rules: Rules) -> str:
    """Return what the packs cover as a Markdown table; "confirmed" is of entries and obligations."""
    rows = [_HEADER, ("---",) * len(_HEADER), *map(_row, rules.packs)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _row(pack: Pack) -> tuple[str, ...]:
    forces = dict.fromkeys(phase.force for phase in pack.phases) or {pack.force: None}
    stated = [entry.confidence for entry in pack.entries]
    stated += [duty.confidence for duty in pack.obligations]
    share = 100 * stated.count("confirmed") // len(stated)
    return (
        f"[`{pack.id}`](docs/schemes/{pack.id}.md)", pack.title.en, ", ".join(forces),
        str(len(pack.entries) or ""), str(len(pack.obligations)), f"{share} %", pack.reviewed,
    )  # fmt: skip
