"""One duty as a page: what `cncheck explain` and the docs show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cncheck.cases import Case
from cncheck.conditions import (
    AllOf,
    AnyOf,
    Condition,
    FactPlus,
    Not,
    Period,
    Stated,
    Text,
    tests_in,
)
from cncheck.model import ALWAYS, Citation, Fact, Note, Obligation, Pack, Phase, Rules, Window
from cncheck.report.descriptor import blank, written
from cncheck.report.packtext import describe
from cncheck.report.sheet import Item, Section, Sheet, Snippet
from cncheck.report.words import FORCES, NOTES, WORDS

_SHORT = 90  # characters of a condition that is read in one go
_W = {
    "means": Text("What it means", "含义"),
    "who": Text("Who must do it", "义务主体"),
    "dates": Text("Force and dates", "约束力与日期"),
    "when": Text("When it applies", "适用情形"),
    "scheme": Text("The scheme applies to the product: `cncheck` tells, and `cncheck rules show {pack}` says how.",
                   "产品适用该制度：由 `cncheck` 判定，判定条件见 `cncheck rules show {pack}`。"),
    "besides": Text("And besides:", "此外须满足："),
    "met": Text("How to show it", "如何证明"),
    "met_if": Text("It is met if:", "满足条件："),
    "entry": Text("`entry.` is what the catalogue says of the entry that the product matches.",
                  "`entry.` 为产品所属目录条目的内容。"),
    "fill": Text("In the descriptor; a value or `true` is done, `false` is not done, an empty key is unknown:",
                 "写入产品描述文件；填值或 `true` 表示已完成，`false` 表示未完成，留空表示未知："),
    "counted": Text("It is judged over all products of an `enterprise`: at least {least} different `{counting}` that"
                    " together cover every `{covering}`. A product counts if:",
                    "按同一 `enterprise` 的全部产品判定：至少 {least} 个不同的 `{counting}`，"
                    "且覆盖全部 `{covering}`。产品计入的条件："),
    "source": Text("Source", "依据"),
    "sure": Text("How sure: {how}.", "可信度：{how}。"),
    "notes": Text("Notes and errata", "说明与更正"),
    "where": Text("Where: {condition}", "适用于：{condition}"),
    "example": Text("An example that meets it", "满足该义务的示例"),
    "held": Text("Asked for {day}, with the rules as they stand, it is met.",
                 "基准日 {day}，按现行规则判定为已满足。"),
    "no_example": Text("No case of this pack shows the duty as met.", "该规则包尚无满足该义务的案例。"),
    "no_single": Text("No single product meets it: what counts stands above.",
                      "单个产品无法满足该义务：计数条件见上。"),
    "foot": Text("{pack} {version}, reviewed {day}. {advice}", "{pack} {version}，审阅于 {day}。{advice}"),
    "all": Text("all of:", "全部满足："),
    "any": Text("one of:", "满足其一："),
    "unless": Text("unless stated:", "除非明示："),
    "not": Text("not:", "非："),
    "stated": Text("if stated:", "明示时："),
}  # fmt: skip
_SURE = {
    "confirmed": Text("confirmed by the instrument itself or by two sources",
                      "经原文或两个独立来源证实"),
    "single_source": Text("from a single source", "单一来源"),
    "unconfirmed": Text("not confirmed", "未证实"),
}  # fmt: skip
_DATED_BY = {
    "as_of": Text("These dates follow the day of the question.", "上述日期以提问之日为准。"),
    "produced_on": Text("These dates follow the day of manufacture or, for imported goods, of import.",
                        "上述日期以生产日期为准，进口产品以进口日期为准。"),
}  # fmt: skip
_UNITS = {"days": Text("{} days", "{} 天"), "months": Text("{} months", "{} 个月")}


def duty_sheet(
    obligation: Obligation, pack: Pack, rules: Rules, example: Case | None, language: str
) -> Sheet:
    """Return the page of one duty.

    Args:
        obligation: the duty.
        pack: the pack it belongs to.
        rules: the vocabulary that names roles, facts and sources.
        example: a case that meets the duty, if there is one.
        language: "en" or "zh".

    """
    parts: dict[str, Iterable[str | Item | Snippet]] = {
        "means": [obligation.means.to(language)],
        "who": _who(obligation, rules, language),
        "dates": _dates(obligation, pack, language),
        "when": _when(obligation, pack, language),
        "met": _how(obligation, rules, language),
        "source": _sources(obligation, rules, language),
        "notes": _notes(obligation, pack, rules, language),
        "example": _example(obligation, example, language),
    }
    found = ((key, tuple(rows)) for key, rows in parts.items())
    sections = tuple(Section(_W[key].to(language), rows) for key, rows in found if rows)
    return Sheet(obligation.id, obligation.title, sections, foot(pack, language))


def foot(pack: Pack, language: str) -> str:
    """Return which edition of the rules a page was made from, and that it is no advice."""
    advice = WORDS["no_advice"].to(language)
    text = _W["foot"].to(language)
    return text.format(pack=pack.id, version=pack.version, day=pack.reviewed, advice=advice)


# ---- who, when -------------------------------------------------------------------------------------


def _who(obligation: Obligation, rules: Rules, language: str) -> Iterator[Item]:
    roles = rules.vocabulary.roles
    for role in obligation.binds:
        name = roles[role].name.to(language)
        yield Item(name if name == role else f"{name} ({role})")


def _dates(obligation: Obligation, pack: Pack, language: str) -> Iterator[str | Item]:
    """Yield the phases in which the duty binds, its own window besides, and its deadline."""
    for phase in obligation.phases:
        yield Item(_phase(phase, obligation, language))
    if not obligation.phases:
        force, nothing = FORCES[obligation.force], WORDS["nothing_in_force"]
        yield Item(f"{force.to(language)} · {nothing.to(language)}")
    if obligation.dated_by != pack.dated_by:
        yield _DATED_BY[pack.dated_by].to(language)
    if obligation.window != _whole(obligation.phases):
        yield Item(" · ".join(days_of(obligation.window, language)))
    if obligation.due is not None:
        due = f"{obligation.due.fact}{_period(obligation.due.plus, language)}"
        yield Item(WORDS["due"].to(language).format(day=due))
    yield _DATED_BY[obligation.dated_by].to(language)


def _whole(phases: Sequence[Phase]) -> Window:
    """Return the days from the first phase to the last."""
    return Window(phases[0].window.start, phases[-1].window.end) if phases else ALWAYS


def _phase(phase: Phase, obligation: Obligation, language: str) -> str:
    force = FORCES[obligation.force or phase.force].to(language)
    return " · ".join((phase.title.to(language), force, *days_of(phase.window, language)))


def days_of(window: Window, language: str) -> Iterator[str]:
    """Yield the first and the last day of a window in words, where it has them."""
    for key, day in (("from", window.start), ("until", window.end)):
        if day is not None:
            yield WORDS[key].to(language).format(day=day)


def _period(period: Period, language: str) -> str:
    counts = {unit: count for unit, count in period._asdict().items() if count}
    return "".join(f" + {_UNITS[unit].to(language).format(n)}" for unit, n in counts.items())


def _when(obligation: Obligation, pack: Pack, language: str) -> Iterator[str | Item]:
    yield _W["scheme"].to(language).format(pack=pack.id)
    if obligation.when is not None:
        yield _W["besides"].to(language)
        yield from _outline(obligation.when, language)


# ---- how to show it --------------------------------------------------------------------------------


def _how(obligation: Obligation, rules: Rules, language: str) -> Iterator[str | Item | Snippet]:
    rule, met_if = obligation.portfolio, obligation.met_if
    if rule is not None:
        text = _W["counted"].to(language)
        yield text.format(least=rule.at_least, counting=rule.counting, covering=rule.covering)
        yield from _outline(rule.declared_if, language)
    if met_if is not None:
        yield _W["met_if"].to(language)
        yield from _outline(met_if, language)
        if any(test.fact.startswith("entry.") for test in tests_in(met_if)):
            yield _W["entry"].to(language)
    snippet = blank(_asked(obligation, rules), language)
    if snippet:
        yield _W["fill"].to(language)
        yield Snippet(snippet)


def _asked(obligation: Obligation, rules: Rules) -> Iterable[Fact]:
    """Return the facts that a descriptor can state to show the duty, each once, as it names them."""
    rule = obligation.portfolio
    names: dict[str, None] = {}
    if rule is not None:
        names |= dict.fromkeys(("enterprise", rule.counting, rule.covering))
    if obligation.due is not None:
        names[obligation.due.fact] = None
    for test in tests_in(obligation.met_if or (rule.declared_if if rule else None)):
        names[test.fact] = None
        if isinstance(test.operand, FactPlus):
            names[test.operand.fact] = None
    known = (rules.facts.get(name) for name in names)  # a catalogue's values are not the user's
    return [fact for fact in known if fact is not None and fact.kind != "product_type"]


def _outline(condition: Condition, language: str, level: int = 0) -> Iterator[Item]:
    """Yield a condition as a list, with what is too long for one line laid out below it."""
    text = describe(condition, language)
    heading, parts = _laid_out(condition)
    if len(text) <= _SHORT or not parts:
        yield Item(text, level)
        return
    yield Item(_W[heading].to(language), level)
    for part in parts:
        yield from _outline(part, language, level + 1)


def _laid_out(condition: Condition) -> tuple[str, tuple[Any, ...]]:
    """Return the heading and the parts of a condition; a single test has none."""
    match condition:
        case AllOf(parts=parts):
            return "all", parts
        case AnyOf(parts=parts):
            return "any", parts
        case Not(part=Stated(part=part)):
            return "unless", (part,)
        case Not(part=part):
            return "not", (part,)
        case Stated(part=part):
            return "stated", (part,)
    return "", ()


# ---- where it comes from ---------------------------------------------------------------------------


def _sources(obligation: Obligation, rules: Rules, language: str) -> Iterator[str | Item]:
    for citation in obligation.cite:
        yield Item(source_in_full(citation, rules, language))
    yield _W["sure"].to(language).format(how=_SURE[obligation.confidence].to(language))


def source_in_full(citation: Citation, rules: Rules, language: str) -> str:
    """Return a citation in full: the instrument, the document it was read in, and its address."""
    source = rules.vocabulary.sources[citation.source]
    parts = (source.title, source.publisher, source.date, citation.at, source.url)
    read = ", ".join(dict.fromkeys(part for part in parts if part))
    act = citation.act.to(language) if citation.act else ""
    return f"{act} ({WORDS['read_in'].to(language)} {read})" if act else read


def _notes(obligation: Obligation, pack: Pack, rules: Rules, language: str) -> Iterator[Item]:
    for note in pack.notes:
        if note.obligation == obligation.id:
            yield from note_items(note, rules, language)


def note_items(note: Note, rules: Rules, language: str) -> Iterator[Item]:
    """Yield a note, where it is shown, and its sources."""
    yield Item(f"{NOTES[note.kind].to(language)}: {note.text.to(language)}")
    if note.when is not None:
        where = describe(note.when, language)
        yield Item(_W["where"].to(language).format(condition=where), 1)
    for citation in note.cite:
        yield Item(source_in_full(citation, rules, language), 1)


def _example(
    obligation: Obligation, example: Case | None, language: str
) -> Iterator[str | Snippet]:
    if example is None:
        yield _W["no_single" if obligation.portfolio else "no_example"].to(language)
        return
    yield ". ".join(part for part in (example.name, example.why) if part) + "."
    yield Snippet(written(example.product))
    yield _W["held"].to(language).format(day=example.as_of)
