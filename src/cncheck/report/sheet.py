"""A page in sections: made once, and rendered as lines for a reader or as Markdown for the docs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from cncheck.conditions import Text
from cncheck.report.lines import Line


class Item(NamedTuple):
    """An item of a list; `level` 1 and more hang below the item before."""

    text: str
    level: int = 0
    link: str = ""
    """Where it leads in Markdown; the text of a terminal has no links."""


class Snippet(NamedTuple):
    """YAML to copy: never escaped, its lines kept."""

    yaml: str


class Section(NamedTuple):
    """A heading with what stands below it: sentences, items of a list, snippets."""

    heading: str
    parts: tuple[str | Item | Snippet, ...]


class Sheet(NamedTuple):
    """One page, titled in both languages."""

    id: str
    title: Text
    sections: tuple[Section, ...]
    foot: str


def lines(sheet: Sheet) -> Iterator[Line]:
    """Yield a page as lines for a reader."""
    yield Line(sheet.id, style="dim")
    yield Line(sheet.title.en, style="bold")
    yield Line(sheet.title.zh, style="bold")
    for section in sheet.sections:
        yield Line()
        yield Line(section.heading, style="bold")
        for part in section.parts:
            match part:
                case Item():
                    yield Line(part.text, 2 + 2 * part.level, "- ")
                case Snippet():
                    yield from (Line(row, 4) for row in part.yaml.splitlines())
                case _:
                    yield Line(part, 2)
    yield Line()
    yield Line(sheet.foot, style="dim")


def markdown(sheet: Sheet) -> str:
    """Return a page as Markdown."""
    blocks = [f"# {_plain(sheet.title.en)}", _plain(sheet.title.zh), f"`{sheet.id}`"]
    for section in sheet.sections:
        blocks.append(f"## {_plain(section.heading)}")
        items: list[str] = []
        for part in section.parts:
            if isinstance(part, Item):
                items.append(f"{'  ' * part.level}- {_item(part)}")
                continue
            blocks += ["\n".join(items)] if items else []
            items = []
            fence = isinstance(part, Snippet)
            blocks.append(f"```yaml\n{part.yaml.rstrip()}\n```" if fence else _plain(part))  # type: ignore[union-attr,arg-type]
        blocks += ["\n".join(items)] if items else []
    return "\n\n".join([*blocks, f"_{_plain(sheet.foot)}_"]) + "\n"


def _item(item: Item) -> str:
    text = _plain(item.text)
    return f"[{text}]({item.link})" if item.link else text


def _plain(text: str) -> str:
    """Return `text` with what Markdown would read as its own marks written out, but for code."""
    return re.sub(r"([\\*<\[\]|]|(?<!\w)_|_(?!\w))", r"\\\1", text)
