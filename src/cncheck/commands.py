"""What each command does: read, evaluate, write, and the exit code. No command-line framework."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any

from cncheck.evaluate import evaluate
from cncheck.gate import (
    BAD_INPUT,
    BAD_PACK,
    NOTHING,
    PASSED,
    STRICT,
    exit_code,
    gate,
    policy,
    summary,
)
from cncheck.load.products import Found, read_paths, read_product
from cncheck.load.rules import load_rules, rules_folder, select
from cncheck.model import Problem, Report, Rules
from cncheck.portfolio import members_of, portfolio_findings
from cncheck.problems import InputError, PackError, did_you_mean, one_line
from cncheck.report import WRITERS, Run, View, write

NAMES = frozenset({"check", "rules", "types", "schema"})
"""The commands; any other first word is a path to check."""


_YEARS = range(1900, 2200)


def say(text: str) -> None:
    """Write `text` to standard output, in UTF-8 whatever the locale says."""
    try:
        sys.stdout.buffer.write(text.encode("utf-8", "replace"))
        sys.stdout.buffer.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is left in it
        if not isinstance(error, BrokenPipeError):  # a reader such as `head` has seen enough
            message = f"Cannot write to standard output: {error.strerror}."
            raise InputError([Problem(message)]) from None


def complain(problems: Iterable[Problem]) -> None:
    """Write problems to standard error, a line each: where, what, how to mend it."""
    for problem in problems:
        place = ":".join(str(part) for part in (problem.file, problem.line, problem.column) if part)
        line = one_line(f"{place}: {problem.message}" if place else problem.message)
        with suppress(OSError):  # the exit code tells it too
            sys.stderr.buffer.write(f"{line}\n".encode("utf-8", "replace"))
            sys.stderr.buffer.flush()


def guarded(command: Callable[[], int]) -> int:
    """Return the exit code of `command`; an input it refuses is told on standard error."""
    try:
        return command()
    except PackError as error:
        complain(error.problems)
        return BAD_PACK
    except InputError as error:
        complain(error.problems)
        return BAD_INPUT


def day(text: str | None) -> date:
    """Return the day the question is asked for; without one, today: the only look at the clock."""
    if text is None:
        return date.today()  # noqa: DTZ011  the user's own day is meant
    with suppress(ValueError):
        on = date.fromisoformat(text)
        if on.isoformat() == text and on.year in _YEARS:
            return on
    message = (
        f'"{text}" is no day between {_YEARS[0]} and {_YEARS[-1]}. Write --as-of like 2026-01-31.'
    )
    raise InputError([Problem(message)])


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
        _known(format, WRITERS, "format")
        _known(lang, ("en", "zh"), "language")
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
        _print(whole, format)
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
    _known(name, WRITERS, "format")
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


def _known(word: str, known: Iterable[str], what: str) -> None:
    if word not in known:
        hint = did_you_mean(word, known) or f" Use one of: {', '.join(known)}."
        raise InputError([Problem(f'Unknown {what} "{word}".{hint}')])


def _write_file(file: str, text: str) -> None:
    try:
        with open(file, "w", encoding="utf-8", newline="\n") as out:
            out.write(text)
    except OSError as error:
        raise InputError([Problem(f"Cannot write the report: {error.strerror}.", file)]) from None


def _print(run: Run, format_: str) -> None:
    if format_ == "text" and sys.stdout.isatty():
        from rich.console import Console  # noqa: PLC0415  100 ms that a pipe need not wait for

        from cncheck.report.terminal import rows  # noqa: PLC0415
        from cncheck.report.text import lines  # noqa: PLC0415

        console = Console(highlight=False)
        for row in rows(lines(run), console.width):
            console.print(row)
    else:
        say(write(run, format_))


# ---- rules -----------------------------------------------------------------------------------------


def rules_list(folders: Sequence[str] = ()) -> int:
    """Print the packs there are, a line each."""

    def run() -> int:
        for pack in load_rules(folders).packs:
            forces = ", ".join(dict.fromkeys(phase.force for phase in pack.phases))
            counts = f"{len(pack.entries)} entries, {len(pack.obligations)} obligations"
            say(
                f"{pack.id}  {pack.version}  reviewed {pack.reviewed}  {forces}  {counts}\n"
                f"    {pack.title.en} / {pack.title.zh}\n"
            )
        return PASSED

    return guarded(run)


def rules_show(name: str, folders: Sequence[str] = (), lang: str = "en") -> int:
    """Print one pack whole, with citations."""

    def run() -> int:
        from cncheck.report.packtext import show_pack  # noqa: PLC0415

        _known(lang, ("en", "zh"), "language")
        rules = load_rules(folders)
        chosen = select(rules, [name])
        say(show_pack(chosen.packs[0], chosen, lang))
        return PASSED

    return guarded(run)


def rules_lint(paths: Sequence[str] = ()) -> int:
    """Check that packs are well-formed: those that come with cncheck, and files or folders of one's own."""

    def run() -> int:
        folders = [_folder_of(path) if _is_inside(path) else path for path in paths]
        rules = load_rules(folders, fresh=True)
        say(f"{len(rules.packs)} packs are well-formed: {', '.join(p.id for p in rules.packs)}\n")
        return PASSED

    return guarded(run)


def rules_test(paths: Sequence[str] = ()) -> int:
    """Run the cases of the packs; exit 1 if one does not hold."""

    def run() -> int:
        from cncheck.cases import case_files, read_cases, run_case  # noqa: PLC0415

        rules = load_rules([_folder_of(path) for path in paths])
        folders = [_folder_of(path) for path in paths] or [rules_folder()]
        files = [file for folder in folders for file in case_files(folder)]
        held = failed = 0
        for file in files:
            for case in read_cases(file):
                mismatches = run_case(case, rules)
                held, failed = held + (not mismatches), failed + bool(mismatches)
                if mismatches:
                    say(f"{case.file}:{case.line}: {case.name}\n")
                for mismatch in mismatches:
                    say(
                        f"    {mismatch.what}: expected {mismatch.expected}, got {mismatch.actual}\n"
                    )
        say(f"{held} cases hold, {failed} do not.\n")
        if held + failed == 0:
            return NOTHING
        return 1 if failed else PASSED

    return guarded(run)


def _folder_of(path: str) -> str:
    """Return the rules folder that `path` means: the folder itself, or the one of a file in it."""
    if not os.path.isfile(path):
        return path
    folder = os.path.dirname(os.path.abspath(path))
    return os.path.dirname(folder) if _is_inside(path) else folder


def _is_inside(path: str) -> bool:
    """Return whether `path` is a file beside the packs: of cases, or of the vocabulary."""
    folder = os.path.basename(os.path.dirname(os.path.abspath(path)))
    return os.path.isfile(path) and folder in ("cases", "vocabulary")


# ---- types and schemas -----------------------------------------------------------------------------


def types(query: str = "", folders: Sequence[str] = ()) -> int:
    """Print the product types that `query` may mean, or all; exit 3 if there is none."""

    def run() -> int:
        from cncheck.load.search import search_types  # noqa: PLC0415

        rules = load_rules(folders)
        known = rules.vocabulary.types
        found = search_types(query, known) if query else list(known.values())
        for type_ in found:
            also = f"  (also: {', '.join(type_.synonyms)})" if query and type_.synonyms else ""
            heading = "  [heading: pick a narrower type]" if type_.group else ""
            say(f"{type_.id}  {type_.name.en} / {type_.name.zh}{heading}{also}\n")
        if not found:
            complain(
                [
                    Problem(
                        f'No product type is like "{query}". Try another word, in English or Chinese.'
                    )
                ]
            )
            return NOTHING
        return PASSED

    return guarded(run)


def schema(which: str) -> int:
    """Print a JSON Schema: of a product descriptor, a pack or the report."""

    def run() -> int:
        from cncheck.schemas import SCHEMAS  # noqa: PLC0415

        _known(which, SCHEMAS, "schema")
        say(SCHEMAS[which]())
        return PASSED

    return guarded(run)
