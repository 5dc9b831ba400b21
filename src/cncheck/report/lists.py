"""The summary of a run over lists: for a reader as lines, for a program as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from cncheck import __version__
from cncheck.gate import Gate
from cncheck.model import Pack, PortfolioFinding, Problem, Rules
from cncheck.problems import did_you_mean
from cncheck.report import View
from cncheck.report.lines import STYLES, Line, Page, plain, width
from cncheck.report.text import packs_line, portfolio_lines
from cncheck.report.words import STATUSES

SCHEMA = "cncheck/batch/1"
_GROUPS = ("evidence.", "materials.")
"""How the names of facts begin that no foreign column bears by chance."""
_MOST = 12  # of the longer tables


class SchemeCount(NamedTuple):
    """How many rows a scheme concerns."""

    pack: Pack
    applies: int
    does_not_apply: int
    undetermined: int


class FactCount(NamedTuple):
    """A fact that rows do not state, and how many verdicts it would help to settle."""

    fact: str
    verdicts: int
    alone: int
    """Verdicts for which nothing else is missing."""


class ErrorCount(NamedTuple):
    """What is wrong with rows, and where it occurs first."""

    message: str
    rows: int
    file: str
    row: int


class ListRun(NamedTuple):
    """What a run over lists found."""

    as_of: date
    rules: Rules
    files: tuple[str, ...]
    rows: int
    wrong: int
    """Rows with an error; they were not judged."""
    schemes: tuple[SchemeCount, ...]
    violated: Mapping[str, int]
    """Obligation -> rows; duties that the gate counts."""
    open: Mapping[str, int]
    missing: tuple[FactCount, ...]
    """Those first that help with most verdicts."""
    changes: tuple[tuple[date, int], ...]
    """The next days on which answers change, and for how many rows."""
    errors: tuple[ErrorCount, ...]
    duplicates: int
    duplicate_ids: tuple[str, ...]
    """The first few ids that occur more than once, of so many."""
    ignored: tuple[str, ...]
    """Columns that are no fact."""
    portfolio: tuple[PortfolioFinding, ...]
    gate: Gate
    code: int
    output: str = ""
    presume: bool = True
    """Whether exceptions nobody stated are presumed not to hold."""
    refused: tuple[Problem, ...] = ()
    """What is wrong with lists that could not be used."""
    kept: int = 0
    """Rows that were written to `output`."""
    escaped: int = 0
    """Cells that a spreadsheet would have run as formulas."""
    view: View = View()


# ---- for a reader ----------------------------------------------------------------------------------


def text(run: ListRun) -> str:
    """Return the summary as plain text."""
    return plain(lines(run))


def lines(run: ListRun) -> Iterator[Line]:
    """Yield the summary line by line."""
    page = Page(run.view, run.rules)
    yield Line(
        page.say(
            "list_head_one" if run.rows == 1 else "list_head",
            rows=run.rows,
            files=", ".join(run.files),
            day=run.as_of,
        ),
        style="bold",
    )
    yield Line()
    yield from _schemes(run, page)
    yield from _duties(run, page)
    yield from _missing(run, page)
    yield from _changes(run, page)
    yield from _errors(run, page)
    shown = [one for one in run.portfolio if one.products > 1 or run.view.all]
    yield from portfolio_lines(shown if run.view.all else shown[:_MOST], page)
    if len(shown) > _MOST and not run.view.all:
        yield Line(page.say("list_more_portfolio", count=len(shown) - _MOST), 2, style="dim")
        yield Line()
    yield from _foot(run, page)


def _schemes(run: ListRun, page: Page) -> Iterator[Line]:
    heads = [page.say(f"list_{word}") for word in ("applies", "undetermined", "does_not_apply")]
    first = max((width(one.pack.id) for one in run.schemes), default=0)
    yield Line("  ".join(heads), 2, " " * (first + 2), style="dim")
    for one in run.schemes:
        counts = (one.applies, one.undetermined, one.does_not_apply)
        cells = (f"{n:>{width(head)}}" for n, head in zip(counts, heads, strict=True))
        yield Line("  ".join(cells), 2, f"{one.pack.id:<{first}}  ", lead_style="bold")
    yield Line()


def _duties(run: ListRun, page: Page) -> Iterator[Line]:
    for status, counts in (("violated", run.violated), ("open", run.open)):
        if not counts:
            continue
        yield Line(page.say("list_duties", status=page(STATUSES[status])), style=STYLES[status])
        ranked = sorted(counts.items(), key=lambda pair: -pair[1])
        yield from _numbers([(name, f"{rows}") for name, rows in ranked], page)
        yield Line()


def _missing(run: ListRun, page: Page) -> Iterator[Line]:
    if not run.missing:
        return
    yield Line(page.say("list_missing"), style="bold")
    rows = []
    for one in run.missing:
        fact = run.rules.facts[one.fact]
        rows.append((one.fact, page.say("list_settles", verdicts=one.verdicts, alone=one.alone,
                                        question=page(fact.question))))  # fmt: skip
    yield from _numbers(rows, page)
    yield Line()


def _changes(run: ListRun, page: Page) -> Iterator[Line]:
    if not run.changes:
        return
    yield Line(page.say("list_changes"), style="bold")
    yield from _numbers([(f"{day}", f"{rows}") for day, rows in run.changes], page)
    yield Line()


def _errors(run: ListRun, page: Page) -> Iterator[Line]:
    if not run.errors:
        return
    yield Line(page.say("list_errors", count=run.wrong), style="bold red")
    for one in run.errors[: None if run.view.all else _MOST]:
        lead = page.say("list_error", rows=one.rows, file=one.file, row=one.row)
        yield Line(one.message, 2, f"{lead}: ", lead_style="red")
    yield from _more(len(run.errors), page)
    yield Line()


def _numbers(rows: list[tuple[str, str]], page: Page) -> Iterator[Line]:
    shown = rows if page.view.all else rows[:_MOST]
    first = max(width(name) for name, _ in shown)
    for name, what in shown:
        yield Line(what, 2, f"{name:<{first}}  ")
    yield from _more(len(rows), page)


def _more(count: int, page: Page) -> Iterator[Line]:
    if count > _MOST and not page.view.all:
        yield Line(page.say("list_more", count=count - _MOST), 2, style="dim")


def _foot(run: ListRun, page: Page) -> Iterator[Line]:
    if run.duplicates:
        ids = ", ".join(run.duplicate_ids) + (
            ", ..." if run.duplicates > len(run.duplicate_ids) else ""
        )
        yield Line(page.say("list_duplicates", count=run.duplicates, ids=ids), style="yellow")
    if run.ignored:
        what = ", ".join(_ignored(name, run.rules) for name in run.ignored)
        yield Line(page.say("list_ignored", what=what), style="dim")
    if run.escaped:
        yield Line(page.say("list_escaped", count=run.escaped), style="yellow")
    if run.presume:
        yield Line(page.say("list_presumed"), style="dim")
    what = "; ".join(page(words) for words in run.rules.not_covered)
    yield Line(page.say("not_covered", what=what), style="dim")
    yield packs_line(run.rules.packs, page)
    yield Line(page.say("no_advice"), style="dim")
    if run.output:
        yield Line(page.say("list_written", rows=run.kept, file=run.output), style="bold")
    yield from _verdict(run, page)


def _ignored(name: str, rules: Rules) -> str:
    """Return a column that is no fact, with what it may have been meant to be."""
    if not name.startswith(_GROUPS):
        return name
    return f"{name} ({did_you_mean(name, rules.facts).strip() or 'no such fact'})"


def _verdict(run: ListRun, page: Page) -> Iterator[Line]:
    words = (page(STATUSES[w]) if w in STATUSES else w for w in run.gate.fail_on)
    what = ", ".join(words)
    if run.code == 3:  # noqa: PLR2004  nothing evaluated
        yield Line(page.say("gate_nothing"), style="bold red")
    elif run.refused:
        files = ", ".join(dict.fromkeys(problem.file for problem in run.refused))
        yield Line(page.say("list_gate_refused", files=files), style="bold red")
    elif run.code == 2:  # noqa: PLR2004  bad input
        yield Line(page.say("list_gate_errors", count=run.wrong), style="bold red")
    elif run.gate.tripped:
        yield Line(page.say("gate_tripped", what=what, code=run.code), style="bold red")
        yield from (Line(reason, 2, style="red") for reason in run.gate.reasons)
    else:
        yield Line(page.say("gate_passed", what=what), style="bold green")


# ---- for a program ---------------------------------------------------------------------------------


def document(run: ListRun) -> dict[str, Any]:
    """Return the summary as JSON has it."""
    return {
        "schema": SCHEMA,
        "tool": {"name": "cncheck", "version": __version__},
        "as_of": run.as_of.isoformat(),
        "packs": [
            {"id": p.id, "version": p.version, "reviewed": p.reviewed, "sha256": p.sha256}
            for p in run.rules.packs
        ],
        "files": list(run.files),
        "refused": [
            {"file": p.file, "line": p.line, "column": p.column, "message": p.message}
            for p in run.refused
        ],
        "rows": run.rows,
        "rows_with_errors": run.wrong,
        "schemes": [
            {"id": one.pack.id, "applies": one.applies, "does_not_apply": one.does_not_apply,
             "undetermined": one.undetermined}
            for one in run.schemes
        ],
        "violated": dict(run.violated),
        "open": dict(run.open),
        "missing": [one._asdict() for one in run.missing],
        "next_changes": [{"date": day.isoformat(), "rows": rows} for day, rows in run.changes],
        "errors": [one._asdict() for one in run.errors],
        "duplicate_ids": {"count": run.duplicates, "first": list(run.duplicate_ids)},
        "ignored_columns": list(run.ignored),
        "portfolio": [
            {"enterprise": f.enterprise, "obligation": f.obligation.id, "status": f.status,
             "force": f.force, "have": f.have, "need": f.need, "products": f.products,
             "reasons": [reason.en for reason in f.reasons]}
            for f in run.portfolio
        ],
        "output": {"file": run.output, "rows": run.kept, "escaped": run.escaped} if run.output else None,
        "not_covered": [words.en for words in run.rules.not_covered],
        "gate": {"fail_on": list(run.gate.fail_on), "tripped": run.gate.tripped,
                 "reasons": list(run.gate.reasons)},
        "exit_code": run.code,
    }  # fmt: skip


def as_json(run: ListRun) -> str:
    """Return the summary as JSON."""
    return json.dumps(document(run), ensure_ascii=False, indent=2) + "\n"


WRITERS = {"text": text, "json": as_json}
"""Format name -> what writes it."""
