"""Judge a list in memory: cncheck's two engines, and what else somebody might take for the job.

The job is the verdict of every pack for every row; all begin with the same typed frame in memory
and none reads or writes a file. Each run is a process of its own, in turn. Reading the frame into
what an engine takes is part of its time; the rate without that is beside it, for those who keep
their products in the engine's own form.
"""

from __future__ import annotations

import importlib.util
import json
import statistics
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from measuring import AS_OF, HERE, Aim, Scale, in_turn, make_lists, process, table

SHARED = 5000  # rows that every engine judges, with the same verdicts
BY_ROW = 50  # engines that go row by row judge a fiftieth of the list
TIMES_VECTORISED, TIMES_BY_ROW = 1.5, 30


class Engine(NamedTuple):
    """Something that judges lists in memory."""

    module: str
    """In peers/."""
    needs: str
    """The module to be installed."""
    by_row: bool = False
    options: tuple[str, ...] = ()
    threads: str = ""
    aim: float = 0
    """How many times as fast cncheck is to be."""


PARTS = {"both": "from the list", "judge": "rows read before"}
FOLDED = ("--folded",)
OURS = "cncheck, columns"
ENGINES = {
    OURS: Engine("columns", "cncheck"),
    "cncheck, columns, one thread": Engine("columns", "cncheck", threads="1"),
    "cncheck, columns, the whole answer": Engine("whole", "cncheck"),
    "cncheck, scalar, the whole answer": Engine("scalar", "cncheck", by_row=True),
    "OpenFisca-Core": Engine("openfisca", "openfisca_core", aim=TIMES_VECTORISED),
    "OpenFisca-Core, folded": Engine("openfisca", "openfisca_core", options=FOLDED),
    "datalogic-py": Engine("datalogic", "datalogic_py", by_row=True, aim=TIMES_BY_ROW),
    "datalogic-py, folded": Engine("datalogic", "datalogic_py", by_row=True, options=FOLDED),
    "zen-engine": Engine("zen_engine", "zen", by_row=True, aim=TIMES_BY_ROW),
    "zen-engine, folded": Engine("zen_engine", "zen", by_row=True, options=FOLDED),
}


def judging(scale: Scale, folder: Path) -> list[Aim]:
    """Print the rates, after the verdicts were found to be the same; return the aims."""
    source = make_lists(scale.usual, folder)["Parquet"]
    there = {name: e for name, e in ENGINES.items() if importlib.util.find_spec(e.needs)}
    jobs = {name: partial(judge, engine, source, scale.usual) for name, engine in there.items()}
    found = in_turn(jobs, min(scale.rounds.values()))
    same_verdicts({name: runs[0] for name, runs in found.items()})
    lines, aims = [], []
    for name, runs in found.items():
        rows, lacks, aim = runs[0]["rows"], runs[0]["lacks"] or "nothing", there[name].aim
        rates = (rows / statistics.median(run[part] for run in runs) for part in PARTS)
        times = {part: _times(found[OURS], runs, part) for part in PARTS}
        memory = max(run["peak"] for run in runs)
        lines.append([
            name, f"{rows:,}", *(f"{rate:,.0f}" for rate in rates), *(f"{x:.2f}" for x in times.values()),
            f"{memory:.0f}", lacks,
        ])  # fmt: skip
        aims += [
            Aim(f"{aim:g} times as fast as {name}, {PARTS[part]}", f"{x:.1f} times", x >= aim)
            for part, x in times.items()
            if aim
        ]
    header = ["engine", "rows", "rows/s", "rows/s, read before", f"{OURS} is, times",
              "times, read before", "MiB", "lacks"]  # fmt: skip
    table("Judging in memory: the verdict of every pack", header, lines)
    print(f"\nAll gave the same verdicts for the first {SHARED:,} rows, one by one.")
    print("Folded: what asks for facts that the list has no column for was dropped beforehand.")
    absent = [name for name in ENGINES if name not in there]
    if absent:
        print(f"Not installed (benchmarks/peers/requirements.txt): {'; '.join(absent)}.")
    return aims


def judge(engine: Engine, source: Path, rows: int) -> dict[str, Any]:
    """Return what one process measured (peers/measure.py)."""
    several = max(rows // BY_ROW, SHARED) if engine.by_row else rows
    command = [
        sys.executable, HERE / "peers" / "measure.py", engine.module, source, "--rows", str(several),
        "--shared", str(SHARED), "--as-of", AS_OF, *engine.options,
    ]  # fmt: skip
    threads = {"POLARS_MAX_THREADS": engine.threads} if engine.threads else {}
    found: dict[str, Any] = json.loads(process(command, **threads).said)
    return found | {"both": found["feed"] + found["judge"]}


def same_verdicts(found: Mapping[str, Mapping[str, Any]]) -> None:
    """Stop unless all verdicts that were found for the same rows are the same.

    Raises:
        SystemExit: with who found what.

    """
    judged: dict[tuple[int, str], dict[str, Any]] = {}
    for name, run in found.items():
        judged.setdefault((SHARED, "digest"), {})[name] = run["digest"], run["shared"]
        judged.setdefault((run["rows"], "counts"), {})[name] = run["counts"], run["counts"]
    for (rows, _), each in judged.items():
        first = next(iter(each.values()))[0]
        if any(told != first for told, _ in each.values()):
            counted = "\n".join(f"  {name}: {counts}" for name, (_, counts) in each.items())
            sys.exit(f"The verdicts of the first {rows:,} rows differ:\n{counted}")


def _times(ours: list[dict[str, Any]], theirs: list[dict[str, Any]], part: str) -> float:
    """Return how many times as fast, row for row, ours was in the median round."""
    times: list[float] = [
        (b[part] / b["rows"]) / (a[part] / a["rows"]) for a, b in zip(ours, theirs, strict=True)
    ]
    return statistics.median(times)
