"""What every command shares: what it prints, how it refuses, and the only look at the clock."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING

from cncheck.gate import BAD_INPUT, BAD_PACK
from cncheck.model import Problem
from cncheck.problems import InputError, PackError, did_you_mean, one_line

if TYPE_CHECKING:
    from cncheck.report.lines import Line

_YEARS = range(1900, 2200)


def say(text: str) -> None:
    """Write `text` to standard output, in UTF-8 whatever the locale says."""
    pour([text.encode("utf-8", "replace")])


def pour(parts: Iterable[bytes]) -> None:
    """Write bytes to standard output."""
    try:
        for part in parts:
            sys.stdout.buffer.write(part)
        sys.stdout.buffer.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is left in it
        if not isinstance(error, BrokenPipeError):  # a reader such as `head` has seen enough
            message = f"Cannot write to standard output: {error.strerror}."
            raise InputError([Problem(message)]) from None


def show(lines: Iterable[Line]) -> None:
    """Write the lines of a report to standard output: through rich on a terminal, else plain."""
    if not sys.stdout.isatty():
        from cncheck.report.lines import plain  # noqa: PLC0415  not needed for JSON

        say(plain(lines))
        return
    from rich.console import Console  # noqa: PLC0415  100 ms that a pipe need not wait for

    from cncheck.report.terminal import rows  # noqa: PLC0415

    console = Console(highlight=False)
    for row in rows(lines, console.width):
        console.print(row)


def tell(text: str) -> None:
    """Write `text` to standard error, if that can be written to."""
    with suppress(OSError):
        sys.stderr.buffer.write(text.encode("utf-8", "replace"))
        sys.stderr.buffer.flush()


def complain(problems: Iterable[Problem]) -> None:
    """Write problems to standard error, a line each: where, what, how to mend it."""
    for problem in problems:
        place = ":".join(str(part) for part in (problem.file, problem.line, problem.column) if part)
        line = one_line(f"{place}: {problem.message}" if place else problem.message)
        tell(f"{line}\n")  # the exit code tells it too


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


def day(text: date | str | None) -> date:
    """Return the day the question is asked for; without one, today: the only look at the clock."""
    if text is None:
        return date.today()  # noqa: DTZ011  the user's own day is meant
    with suppress(ValueError):
        on = date.fromisoformat(str(text))
        if on.isoformat() == str(text) and on.year in _YEARS:
            return on
    message = (
        f'"{text}" is no day between {_YEARS[0]} and {_YEARS[-1]}. Write --as-of like 2026-01-31.'
    )
    raise InputError([Problem(message)])


def known(word: str, of: Iterable[str], what: str) -> None:
    """Refuse a `word` that is none of `of`."""
    if word not in of:
        hint = did_you_mean(word, of) or f" Use one of: {', '.join(of)}."
        raise InputError([Problem(f'Unknown {what} "{word}".{hint}')])
