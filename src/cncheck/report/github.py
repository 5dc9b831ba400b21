"""The report as GitHub workflow commands: annotations, grouped by product.

GitHub shows ten annotations of a step; the worst come first, and the rest is in the log and in the
summary of the step (`--output markdown=$GITHUB_STEP_SUMMARY`).
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from cncheck.model import Place, Problem
from cncheck.report import Run
from cncheck.report.lines import plain
from cncheck.report.results import Result, level, page_of, pardon, results, spot
from cncheck.report.text import allowances, verdict, waiver_notice
from cncheck.report.words import WAIVERS

MOST_ANNOTATIONS = 10
_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}
_ORDER = tuple(_COMMANDS)
_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = _DATA | {":": "%3A", ",": "%2C"}


def write(run: Run) -> str:
    """Return the workflow commands, and after them what the gate says."""
    page = page_of(run)
    found = list(results(run))
    lines = [_of_problem(problem) for problem in run.report.errors[:MOST_ANNOTATIONS]]
    room = MOST_ANNOTATIONS - len(lines)
    worst = sorted(
        (one for one in found if not pardon(one, page)),
        key=lambda one: (not one.fails, one.status != "violated", _ORDER.index(level(one))),
    )
    lines += [_annotation(one) for one in worst[:room]]
    notices = [s for s in run.waived.standings if s.state in WAIVERS]
    lines += [
        _command("warning", waiver_notice(one, page), one.waiver.place, "cncheck waiver")
        for one in notices[: max(room - len(worst), 0)]
    ]
    told = [one for one in found if not pardon(one, page)]
    for subject, group in groupby(told, key=lambda one: one.subject):
        lines += _group(subject, map(_line, group))
    let_pass = [f"{_line(one)} ({why})" for one in found if (why := pardon(one, page))]
    if let_pass:
        lines += _group(page.say("let_pass_title", count=len(let_pass)), let_pass)
    closing = plain([*allowances(run, page), *verdict(run, page)]).splitlines()
    return "".join(f"{line}\n" for line in (*lines, *map(_harmless, closing)))


def _of_problem(problem: Problem) -> str:
    place = Place(problem.file, problem.line, problem.column)
    return _command("error", problem.message, place, "cncheck input")


def _annotation(one: Result) -> str:
    return _command(_COMMANDS[level(one)], f"{one.subject}: {one.message}", one.place, one.about)


def _command(name: str, message: str, place: Place, title: str) -> str:
    properties = {
        "file": place.file.removeprefix("./"),
        "line": place.line,
        "col": place.column,
        "title": title,
    }
    said = ",".join(
        f"{key}={_escaped(str(value), _PROPERTY)}" for key, value in properties.items() if value
    )
    return f"::{name} {said}::{_escaped(message, _DATA)}"


def _escaped(text: str, table: dict[str, str]) -> str:
    return "".join(table.get(char, char) for char in text)


def _group(title: str, told: Iterable[str]) -> list[str]:
    """Return lines of the log that fold up; none of them may begin like a command."""
    return [f"::group::{_escaped(title, _DATA)}", *map(_harmless, told), "::endgroup::"]


def _harmless(line: str) -> str:
    """Return a line of the log that cannot be taken for a command."""
    return " ".join(line.replace("::", ": :").split())


def _line(one: Result) -> str:
    return f"{spot(one.place)}: {one.subject}: {one.message}"
