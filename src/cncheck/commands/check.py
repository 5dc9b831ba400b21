"""The command `check`: products in descriptors, and `cncheck.check`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from cncheck.commands import NAMES
from cncheck.commands.common import complain, day, guarded, known, say, show
from cncheck.evaluate import evaluate
from cncheck.gate import STRICT, exit_code, gate, policy, summary
from cncheck.load.products import Found, read_paths, read_product
from cncheck.load.rules import load_rules, select
from cncheck.model import Problem, Report, Rules
from cncheck.portfolio import members_of, portfolio_findings
from cncheck.problems import InputError, did_you_mean
from cncheck.report import WRITERS, Run, View, write

_LISTS = (".csv", ".tsv", ".xlsx", ".parquet", ".jsonl")


def check_product(
    product: Mapping[str, Any] | str | os.PathLike[str],
    *,
    as_of: date | str | None,
    rules: Sequence[str | os.PathLike[str]],
    presume: bool,
) -> Report:
    """Return the report on a mapping, a file or a folder: `cncheck.check`."""
    on = as_of if isinstance(as_of, date) else day(as_of)
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
    portfolio = portfolio_findings(members_of(reports), whole=whole_portfolio)
    return Report(
        on, rules.packs, reports, portfolio, found.errors, found.skipped, rules.not_covered
    )


def check(
    paths: Sequence[str],
    *,
    format: str = "text",
    output: Sequence[str] = (),
    as_of: str | None = None,
    rules: Sequence[str] = (),
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    fail_on: Sequence[str] = (),
    strict: bool = False,
    force: Sequence[str] = (),
    presume: bool = True,
    whole_portfolio: bool = False,
    explain: bool = False,
    all: bool = False,
    lang: str = "en",
) -> int:
    """Check product descriptors, write the report and return the exit code."""

    def run() -> int:
        on = day(as_of)
        wanted = policy([*fail_on, *(STRICT if strict else ())], force)
        targets = [_target(word) for word in output]
        known(format, WRITERS, "format")
        known(lang, ("en", "zh"), "language")
        chosen = select(load_rules(rules), only, skip)
        found = read_paths(paths, chosen, sys.stdin.buffer.read)
        found = found._replace(errors=tuple(map(_or_a_command, found.errors)))
        _spare_the_input(targets, found)
        report = _report(found, chosen, on, presume=presume, whole_portfolio=whole_portfolio)
        result = gate(report, wanted)
        view = View(lang, explain, all)
        whole = Run(report, chosen, wanted, result, summary(report, wanted), view)
        for name, file in targets:
            _write_file(file, write(whole, name))
        print_run(whole, format)
        if format != "text":
            complain(report.errors)
        return exit_code(report, result)

    return guarded(run)


def _target(word: str) -> tuple[str, str]:
    name, equals, file = word.partition("=")
    if not equals or not file:
        raise InputError(
            [Problem(f'--output "{word}" has no file. Write --output json=report.json.')]
        )
    known(name, WRITERS, "format")
    return name, file


def _spare_the_input(targets: Iterable[tuple[str, str]], found: Found) -> None:
    """Refuse to write a report over a file that was read, or two reports into one file."""
    read = {product.file for product in found.products} | {error.file for error in found.errors}
    taken = {os.path.realpath(file) for file in (*read, *found.skipped)} if targets else set()
    for _name, file in targets:
        where = os.path.realpath(file)
        if where in taken and os.path.isfile(file):
            message = "The report would overwrite this file. Name another file after --output."
            raise InputError([Problem(message, file)])
        taken.add(where)


def _write_file(file: str, text: str) -> None:
    try:
        with open(file, "w", encoding="utf-8", newline="\n") as out:
            out.write(text)
    except OSError as error:
        raise InputError([Problem(f"Cannot write the report: {error.strerror}.", file)]) from None


def print_run(run: Run, format_: str) -> None:
    """Write a report to standard output."""
    if format_ == "text" and sys.stdout.isatty():
        from cncheck.report.text import lines  # noqa: PLC0415

        show(lines(run))
    else:
        say(write(run, format_))
