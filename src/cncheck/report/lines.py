"""The lines a report for a reader is made of, and the small parts they share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from cncheck.conditions import Reason, Text
from cncheck.model import Citation, Pack, ProductReport, Rules
from cncheck.report import View
from cncheck.report.words import ANSWERS, CONFIDENCES, WORDS
from cncheck.waivers import Waiver

STATUS_WIDTH = 13


class Line(NamedTuple):
    """A line of the report; `lead` stands before the text, which hangs beside it when wrapped."""

    text: str = ""
    indent: int = 0
    lead: str = ""
    style: str = ""
    lead_style: str = ""


class Page(NamedTuple):
    """What a line needs to be worded: the view, and the rules that name things."""

    view: View
    rules: Rules
    waived: Mapping[tuple[str, str], Waiver] = MappingProxyType({})
    """What is let pass, by product or enterprise and duty or scheme."""

    def waiver(self, subject: str, about: str) -> str:
        """Return by which waiver this is let pass, in brackets; nothing where it is not."""
        found = self.waived.get((subject, about))
        if found is None:
            return ""
        said = {"day": found.expires, "reason": found.reason, "who": found.approved_by}
        return f" [{self.say('waived', **said)}]"

    def say(self, key: str, **values: Any) -> str:
        """Return one of the fixed sentences, filled in."""
        return WORDS[key].to(self.view.language).format(**values)

    def __call__(self, text: Text) -> str:
        """Return `text` in the language of the view."""
        return text.to(self.view.language)


def plain(found: Iterable[Line]) -> str:
    """Return lines as text: never wrapped, truncated or coloured."""
    return "".join(f"{' ' * line.indent}{line.lead}{line.text}".rstrip() + "\n" for line in found)


def differences(pack: Pack, language: str) -> Iterator[Line]:
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


STYLES: Mapping[str, str] = {
    "violated": "bold red",
    "open": "yellow",
    "undetermined": "yellow",
    "upcoming": "cyan",
    "met": "green",
    "not_bound": "dim",
    "ended": "dim",
}


def reason_text(reason: Reason, page: Page, one: ProductReport | None = None) -> str:
    """Return a test and its answer, such as "rated_energy_kwh = 2, not above 2"."""
    if reason.value is None:
        return page.say("unknown_test", fact=reason.fact, test=page(reason.test))
    origin = one.product.origins.get(reason.fact) if one else None
    from_ = f" [{origin.label}]" if origin else ""
    value = f"{shown(reason.value, page)}{from_}"
    test = page(reason.test)
    if reason.answer is None and origin and origin.lacking:
        return page.say(
            "lower_bound_test", fact=reason.fact, value=value, test=test, item=origin.lacking
        )
    key = {True: "passed_test", False: "failed_test", None: "open_test"}[reason.answer]
    return page.say(key, fact=reason.fact, value=value, test=test)


def shown(value: Any, page: Page) -> str:
    """Return a value as a reader wants to see it."""
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
        act = citation.act.to(view.language) if citation.act else ""
        parts.append(f"{act} ({read_in} {read})" if act else read)
    return WORDS["source"].to(view.language).format(what="; ".join(parts))


def width(text: str) -> int:
    """Return the columns a text takes; Chinese characters take two."""
    return sum(1 if ord(char) < 0x1100 else 2 for char in text)  # noqa: PLR2004
