"""The command `check`: products in descriptors, and `cncheck.check`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from cncheck.baseline import Baseline, from_text, to_text
from cncheck.commands import NAMES
from cncheck.commands.common import complain, day, guarded, known, say, show, tell
from cncheck.commands.settings import gate_policy, in_force, waiver_file
from cncheck.decision import decide
from cncheck.evaluate import evaluate
from cncheck.gate import (
    BAD_INPUT,
    NOTHING,
    PASSED,
    exit_code,
    summary,
)
from cncheck.load.products import Found, read_paths, read_product
from cncheck.load.rules import load_rules, select
from cncheck.load.settings import LANGUAGES, Settings
from cncheck.load.yamlfile import read_text, shown_path
from cncheck.model import Problem, Report, Rules
from cncheck.portfolio import portfolio_findings, tallies_of
from cncheck.problems import InputError, did_you_mean
from cncheck.report import WRITERS, Run, View, write
from cncheck.waivers import Waiver

_LISTS = (".csv", ".tsv", ".xlsx", ".parquet", ".jsonl")


def check_product(
    product: Mapping[str, Any] | str | os.PathLike[str],
    *,
    as_of: date | str | None,
    rules: Sequence[str | os.PathLike[str]],
    presume: bool,
) -> Report:
    """Return the report on a mapping, a file or a folder: `cncheck.check`."""
    on = day(as_of)
    chosen = load_rules([os.fspath(folder) for folder in rules])
    if isinstance(product, Mapping):
        one, wrong = read_product(product, chosen)
        if one is None:
            raise InputError(Problem(_with_path(path, message)) for path, message in wrong)
        found = Found((one,), (), ())
    else:
        found = read_paths([os.fspath(product)], chosen, sys.stdin.buffer.read)
    return _report(found, chosen, on, presume=presume)


def _with_path(path: tuple[str | int, ...], message: str) -> str:
    shown = ".".join(str(step) for step in path)
    return f"{shown}: {message}" if shown else message


def _or_a_command(problem: Problem) -> Problem:
    """Return the problem of a file that does not exist, with the command it may have meant."""
    if problem.file.lower().endswith(_LISTS):
        hint = f" A list of products is checked by `cncheck batch {problem.file}`."
        return problem._replace(message=problem.message + hint)
    if os.path.exists(problem.file) or "." in problem.file or os.sep in problem.file:
        return problem
    hint = did_you_mean(problem.file, NAMES)
    return problem._replace(message=f"{problem.message}{hint}")


def _report(
    found: Found, rules: Rules, on: date, *, presume: bool, whole_portfolio: bool = False
) -> Report:
    reports = tuple(evaluate(one, rules, on, presume=presume) for one in found.products)
    portfolio = portfolio_findings(tallies_of(reports), whole=whole_portfolio)
    return Report(
        on, rules.packs, reports, portfolio, found.errors, found.skipped, rules.not_covered
    )


def check(
    paths: Sequence[str],
    *,
    format: str = "text",
    output: Sequence[str] = (),
    as_of: str | None = None,
    explain: bool = False,
    all: bool = False,
    write_baseline: str = "",
    config: str | None = None,
    **stated: Any,
) -> int:
    """Check product descriptors, write the report and return the exit code.

    Args:
        paths: descriptors, folders, or "-".
        format: what is written to standard output.
        output: FORMAT=FILE, each written as well.
        as_of: the day of the question; today where it is not given.
        explain: add reasons and meanings.
        all: list everything.
        write_baseline: the file for a baseline of all that is found.
        config: a settings file; empty = use none; None = look for one.
        stated: the settings that the command line states, as `load.settings` names them.

    """

    def run() -> int:
        settings = in_force(paths, config, stated)
        on = day(as_of)
        wanted = gate_policy(settings)
        targets = [_target(word) for word in output]
        known(format, WRITERS, "format")
        known(settings.get("lang"), LANGUAGES, "language")
        rules = load_rules(settings.get("rules"))
        chosen = select(rules, settings.get("only"), settings.get("skip"))
        waivers = _waivers(settings, paths)
        before = _baseline(settings, write_baseline)
        placed = any(WRITERS[name].placed for name in (format, *(name for name, _ in targets)))
        found = read_paths(paths, chosen, sys.stdin.buffer.read, placed=placed)
        found = found._replace(errors=tuple(map(_or_a_command, found.errors)))
        written = [("baseline", write_baseline)] if write_baseline else []
        _spare([*targets, *written], [*found.read, settings.file, waiver_file(settings, paths)])
        report = _report(
            found, chosen, on, presume=not settings.get("no-presume"),
            whole_portfolio=settings.get("whole-portfolio"),
        )  # fmt: skip
        decided = decide(
            report, wanted, waivers, before, ids=_ids(rules), renew=bool(written),
            whole=_whole(paths, waivers) and not found.errors,
        )  # fmt: skip
        if settings.get("exit-zero"):
            decided = decided._replace(gate=decided.gate._replace(code=PASSED))
        code = exit_code(report, decided.gate)
        if written and code in (BAD_INPUT, NOTHING):
            tell("The baseline was not written: not everything could be checked.\n")
        elif written:
            _write_file(write_baseline, to_text(decided.baseline))
        view = View(settings.get("lang"), explain, all)
        whole = Run(
            report, chosen, wanted, decided.gate, summary(report, wanted), view, decided.waived,
            decided.baseline, decided.gone,
        )  # fmt: skip
        for name, file in targets:
            _write_file(file, write(whole, name))
        print_run(whole, format)
        if format == "github":
            _to_the_step_summary(whole)
        if format not in ("text", "compact"):  # which tell of them where a reader looks
            complain(report.errors)
        return code

    return guarded(run)


def _waivers(settings: Settings, paths: Sequence[str]) -> tuple[Waiver, ...]:
    """Return the waivers of the file that is set, or of the nearest one above the input."""
    file = waiver_file(settings, paths)
    if not file:
        return ()
    from cncheck.load.waivers import read_waivers  # noqa: PLC0415  only where there are some

    return read_waivers(file)


def _whole(paths: Sequence[str], waivers: Sequence[Waiver]) -> bool:
    """Return whether a folder of `paths` holds what the waivers are about.

    That is the folder of their file, one above it or right inside it, but not a part of that one.
    """
    home = os.path.dirname(os.path.abspath(waivers[0].place.file)) if waivers else ""
    folders = [os.path.abspath(path) for path in paths if os.path.isdir(path)]
    return any(
        os.path.dirname(folder) == home
        or os.path.join(home, "").startswith(os.path.join(folder, ""))
        for folder in folders
    )


def _baseline(settings: Settings, write_baseline: str) -> Baseline:
    file = settings.get("baseline")
    if not file or write_baseline:
        return Baseline()
    if not os.path.exists(file):
        message = f"There is no such baseline yet. Write it: --write-baseline {shown_path(file)}."
        raise InputError([Problem(message, shown_path(file))])
    return from_text(read_text(file), shown_path(file))


def _ids(rules: Rules) -> Iterator[str]:
    """Yield the ids of all schemes and duties there are."""
    for pack in rules.packs:
        yield pack.id
        for obligation in pack.obligations:
            yield obligation.id


def _target(word: str) -> tuple[str, str]:
    name, equals, file = word.partition("=")
    if not equals or not file:
        raise InputError(
            [Problem(f'--output "{word}" has no file. Write --output json=report.json.')]
        )
    if file == "-":
        message = f'--output "{word}" names no file. Standard output is --format {name}.'
        raise InputError([Problem(message)])
    known(name, WRITERS, "format")
    return name, file


def _spare(targets: Iterable[tuple[str, str]], read: Iterable[str]) -> None:
    """Refuse to write a report over a file that was read, or two reports into one file."""
    taken = {os.path.realpath(file) for file in read if file}
    for _name, file in targets:
        where = os.path.realpath(file)
        if where in taken:
            message = "The report would overwrite this file. Name another file after --output."
            raise InputError([Problem(message, file)])
        taken.add(where)


def _write_file(file: str, text: str, mode: str = "w") -> None:
    try:
        with open(file, mode, encoding="utf-8", newline="\n") as out:
            out.write(text)
    except OSError as error:
        raise InputError([Problem(f"Cannot write the report: {error.strerror}.", file)]) from None


def _to_the_step_summary(run: Run) -> None:
    """Append what GitHub's annotations leave out to the summary of the step, where there is one."""
    file = os.environ.get("GITHUB_STEP_SUMMARY")
    if file:
        _write_file(file, write(run, "markdown"), mode="a")


def print_run(run: Run, format_: str) -> None:
    """Write a report to standard output."""
    if format_ == "text" and sys.stdout.isatty():
        from cncheck.report.text import lines  # noqa: PLC0415

        show(lines(run))
    else:
        say(write(run, format_))
