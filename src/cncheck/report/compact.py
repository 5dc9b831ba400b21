"""The report as compilers write theirs: a line for each thing the gate fails on, with its place.

For hooks, editors and logs. `--all` adds what does not fail the gate, with the reason why not.
"""

from __future__ import annotations

from collections.abc import Iterator

from cncheck.report import Run
from cncheck.report.lines import Page, plain
from cncheck.report.results import Result, page_of, pardon, results, spot
from cncheck.report.text import allowances, verdict


def write(run: Run) -> str:
    """Return the lines, and after them what the gate says."""
    return "".join(f"{line}\n" for line in _lines(run, page_of(run)))


def _lines(run: Run, page: Page) -> Iterator[str]:
    for problem in run.report.errors:
        yield f"{spot(problem)}: {problem.message}"
    for one in results(run):
        if one.fails or run.view.all:
            yield _line(one, pardon(one, page))
    yield from plain(allowances(run, page)).splitlines()
    said = next(verdict(run, page)).text
    yield said.rstrip(":：")


def _line(one: Result, why: str) -> str:
    said = f"{spot(one.place)}: {one.subject}: {one.message}"
    return " ".join((f"{said} ({why})" if why else said).split())
