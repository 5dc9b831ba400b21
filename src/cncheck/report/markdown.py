"""The report as Markdown, for the comment of a merge request or the summary of a step."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from cncheck.report import Run
from cncheck.report.lines import Page, plain
from cncheck.report.results import Result, page_of, pardon, results, spot
from cncheck.report.text import foot, verdict
from cncheck.report.words import FORCES, STATUSES

_MOST_PRODUCTS = 50
_SIGNS = {"violated": "❌", "open": "⬜", "undetermined": "❓", "upcoming": "🕒"}


def write(run: Run) -> str:
    """Return what the gate says, then a table for each product that needs attention."""
    page = page_of(run)
    return "\n".join(_blocks(run, page)) + "\n"


def _blocks(run: Run, page: Page) -> Iterator[str]:
    said = [line for line in plain(verdict(run, page)).splitlines() if line]
    yield f"### cncheck: {_plain(said[0].rstrip(':：'))}\n"
    for problem in run.report.errors:
        yield f"- ⛔ `{_code(spot(problem))}` {_plain(problem.message)}"
    if run.report.errors:
        yield ""
    found = list(results(run))
    told = [one for one in found if not pardon(one, page)]
    yield from _tables(told, page)
    let_pass = [one for one in found if pardon(one, page)]
    if let_pass:
        title = page.say("let_pass_title", count=len(let_pass))
        yield f"<details><summary>{_plain(title)}</summary>\n"
        yield from _tables(let_pass, page)
        yield "</details>\n"
    for line in plain(foot(run, page)).splitlines():
        if line:
            yield f"{_plain(line)}  "


def _tables(found: list[Result], page: Page) -> Iterator[str]:
    """Yield a table for each product: those that fail the gate first, so that none is cut off."""
    groups = [(subject, list(group)) for subject, group in groupby(found, key=lambda r: r.subject)]
    groups.sort(key=lambda group: not any(one.fails for one in group[1]))
    for subject, group in groups[:_MOST_PRODUCTS]:
        yield from _table(subject, group, page)
    if len(groups) > _MOST_PRODUCTS:
        yield page.say("more_reasons", count=len(groups) - _MOST_PRODUCTS) + "\n"


def _table(subject: str, group: list[Result], page: Page) -> Iterator[str]:
    yield f"**{_plain(subject)}** `{_code(group[0].place.file)}`\n"
    yield "| | | |\n|---|---|---|"
    for one in group:
        why = pardon(one, page)
        mark = "⏸" if why else _SIGNS.get(one.status, "")
        status = page(STATUSES[one.status]) + (f", {why}" if why else "")
        place = f"`{_code(one.place.file)}:{one.place.line}`" if one.place.line else ""
        yield (
            f"| {mark} {_cell(status)}<br>{_cell(page(FORCES[one.force]))} "
            f"| {_cell(one.message)} | {place} |"
        )
    yield ""


def _cell(text: str) -> str:
    return _plain(text).replace("|", "\\|")


def _plain(text: str) -> str:
    """Return text that Markdown shows as it is."""
    return re.sub(r"([\\`*_<>\[\]#~])", r"\\\1", " ".join(text.split()))


def _code(text: str) -> str:
    return " ".join(text.replace("`", "'").replace("|", "/").split())
