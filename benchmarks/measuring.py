"""Run processes side by side and tell what they took, in Markdown.

Nothing here imports Polars: a child's peak memory begins with that of the process that starts it.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

HERE = Path(__file__).parent
Key = TypeVar("Key")
AS_OF = "2026-11-21"


class Scale(NamedTuple):
    """How much is measured."""

    rounds: Mapping[int, int]
    """Rows of a list -> rounds."""
    usual: int
    """The rows of the list for questions that are not about rows."""
    packs: Sequence[int]
    """How many copies of the packs."""


class Run(NamedTuple):
    """One process, from start to end."""

    seconds: float
    peak: float
    """MiB."""
    said: str = ""


class Aim(NamedTuple):
    """Something promised, and what was found."""

    promise: str
    found: str
    met: bool


def process(command: Iterable[object], **environment: str) -> Run:
    """Return what one run of `command` took, and its standard output.

    Raises:
        SystemExit: it failed; with what it said.

    """
    words = [str(word) for word in command]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begin = time.perf_counter()
        child = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=os.environ | environment
        )
        _, status, used = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - begin
        child.returncode = os.waitstatus_to_exitcode(status)
        said = [stream.read().decode() for stream in (out, err) if not stream.seek(0)]
    if child.returncode:
        sys.exit(f"{' '.join(words)}: exit code {child.returncode}\n{''.join(said)}")
    return Run(seconds, used.ru_maxrss / 1024, said[0])


def in_turn(jobs: Mapping[Key, Callable[[], Any]], rounds: int) -> dict[Key, list[Any]]:
    """Return what each job gave in each round; the jobs of a round run one after another."""
    found: dict[Key, list[Any]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            found[name].append(job())
    return found


def ratio(runs: Iterable[Run], to: Iterable[Run]) -> float:
    """Return how many times as long as `to` the median round took."""
    return statistics.median(a.seconds / b.seconds for a, b in zip(runs, to, strict=True))


def seconds(runs: Iterable[Run]) -> float:
    """Return the median time."""
    return statistics.median(run.seconds for run in runs)


def peak(runs: Iterable[Run]) -> float:
    """Return the highest memory of any round, in MiB."""
    return max(run.peak for run in runs)


def table(title: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a Markdown table; its first column is text, the others are figures."""
    print(f"\n### {title}\n")
    for row in (header, ["---", *["---:"] * (len(header) - 1)], *rows):
        print(f"| {' | '.join(str(cell) for cell in row)} |", flush=True)


def make_lists(rows: int, folder: Path) -> dict[str, Path]:
    """Return the lists of so many rows by kind, made where they are not there yet."""
    lists = {kind: folder / f"{rows}.{kind.lower()}" for kind in ("CSV", "Parquet")}
    missing = [path for path in lists.values() if not path.exists()]
    if missing:
        process([sys.executable, HERE / "lists.py", "--rows", str(rows), *missing])
    return lists
