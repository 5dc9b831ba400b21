"""Measure lists as ratios within one run: `make bench-batch`, or one small size with --quick.

Whole processes run in turn, so that a drift of the machine meets all alike; ratios are medians over
the rounds of what ran side by side. `cncheck batch` is measured against the floor (floor.py: the
same file read, an output like it written, no rule asked); then how its time grows with rows, packs
and threads; then judging in memory, against other engines (judging.py). Tables are Markdown, and a
line for each aim says whether it was met.
"""

from __future__ import annotations

import argparse
import compileall
import re
import sys
import tempfile
from functools import partial
from pathlib import Path

from judging import judging
from measuring import (
    AS_OF,
    HERE,
    Aim,
    Run,
    Scale,
    in_turn,
    make_lists,
    peak,
    process,
    ratio,
    seconds,
    table,
)  # fmt: skip

RULES = HERE.parent / "rules"
CNCHECK = Path(sys.executable).parent / "cncheck"
QUICK = Scale({100_000: 3}, usual=100_000, packs=(1, 10))
WHOLE = Scale({100_000: 7, 1_000_000: 5, 10_000_000: 3}, usual=1_000_000, packs=(1, 10, 100))

TIMES_THE_FLOOR, MOST_MEMORY = 1.5, 1024
LINEAR = 11  # what ten times as much may take: no growth beyond noise


def measure(scale: Scale, folder: Path) -> None:
    """Print the tables, and which aims are met."""
    aims = [
        aim
        for part in (against_the_floor, growth_with_packs, threads, judging)
        for aim in part(scale, folder)
    ]
    rows = [(aim.promise, aim.found, "yes" if aim.met else "**no**") for aim in aims]
    table("Aims", ["aim", "found", "met"], rows)


def batch(source: Path, out: Path, *more: str, **environment: str) -> Run:
    """Run `cncheck batch`."""
    command = [CNCHECK, "batch", source, "-o", out, "--as-of", AS_OF, "--fail-on", "never", *more]
    return process(command, **environment)


def against_the_floor(scale: Scale, folder: Path) -> list[Aim]:
    """Print time and memory beside the floor's, for lists of every size; return the aims."""
    out, like, bare = (folder / f"{name}.parquet" for name in ("out", "like", "bare"))
    lines, aims = [], []
    for rows, rounds in scale.rounds.items():
        for kind, source in make_lists(rows, folder).items():
            batch(source, like)  # warms the caches, and shows what the floor is to write
            floor = [sys.executable, HERE / "floor.py", source, like, bare]
            jobs = {"floor": partial(process, floor), "cncheck": partial(batch, source, out)}
            if rows // 10 in scale.rounds:
                tenth = make_lists(rows // 10, folder)[kind]
                jobs["tenth"] = partial(batch, tenth, folder / "tenth.parquet")
            runs = in_turn(jobs, rounds)
            least, ours = runs["floor"], runs["cncheck"]
            times = ratio(ours, least)
            grown = ratio(ours, runs["tenth"]) if "tenth" in runs else 0
            what = f"{kind}, {rows:,} rows"
            lines.append([
                what, f"{seconds(ours):.2f}", f"{seconds(least):.2f}", f"**{times:.2f}**",
                f"{rows / seconds(ours):,.0f}", f"{grown:.1f}" if grown else "",
                f"{peak(ours):.0f}", f"{peak(least):.0f}",
                *(f"{path.stat().st_size / 1e6:.1f}" for path in (out, bare)),
            ])  # fmt: skip
            if kind == "CSV" and rows >= 1_000_000:
                promise = f"{what}: at most {TIMES_THE_FLOOR} times the floor"
                aims.append(Aim(promise, f"{times:.2f} times", times <= TIMES_THE_FLOOR))
            if rows >= 10_000_000:
                met = peak(ours) < MOST_MEMORY
                aims.append(Aim(f"{what}: under 1 GiB of memory", f"{peak(ours):.0f} MiB", met))
            if grown:
                promise = f"{what}: ten times as long as a tenth of them, at most"
                aims.append(Aim(promise, f"{grown:.1f} times", grown <= LINEAR))
    header = ["from", "s", "floor, s", "ratio", "rows/s", "times a tenth", "MiB", "floor, MiB",
              "MB written", "floor, MB"]  # fmt: skip
    table("`cncheck batch` to Parquet, against the floor", header, lines)
    return aims


def growth_with_packs(scale: Scale, folder: Path) -> list[Aim]:
    """Print how time grows with copies of the packs; return the aims."""
    rows, rounds = min(scale.rounds.items())
    source, out = make_lists(rows, folder)["Parquet"], folder / "packs.parquet"
    jobs = {}
    for times in scale.packs:
        more = copies(times, folder / f"packs{times}")
        batch(source, out, *more)  # reads, checks and caches the packs
        jobs[times] = partial(batch, source, out, *more)
    runs = in_turn(jobs, rounds)
    lines, aims = [], []
    for times, took in runs.items():
        fold = ratio(took, runs[1])
        lines.append([f"x {times}", f"{seconds(took):.2f}", f"{fold:.1f}", f"{peak(took):.0f}"])
        if times // 10 in runs:
            grown = ratio(took, runs[times // 10])
            promise = f"packs x {times}: ten times as long as a tenth of them, at most"
            aims.append(Aim(promise, f"{grown:.1f} times", grown <= LINEAR))
    table(f"Copies of the packs, Parquet, {rows:,} rows", ["packs", "s", "times x 1", "MiB"], lines)
    return aims


def copies(times: int, folder: Path) -> list[str]:
    """Write all but the first of `times` copies of the packs, under ids of their own.

    Returns:
        The options by which cncheck reads them.

    """
    if times == 1:
        return []
    folder.mkdir(exist_ok=True)
    for path in sorted(RULES.glob("*.yaml")):
        text, name = path.read_text(encoding="utf-8"), path.stem
        for i in range(2, times + 1):
            copy = re.sub(rf"^id: {name}$", f"id: {name}_{i}", text, flags=re.MULTILINE)
            copy = re.sub(rf"\b{name}/", f"{name}_{i}/", copy)  # obligations
            copy = re.sub(rf"\bevidence\.{name}\.", f"evidence.{name}_{i}.", copy)
            (folder / f"{name}_{i}.yaml").write_text(copy, encoding="utf-8")
    return ["--rules", str(folder)]


def threads(scale: Scale, folder: Path) -> list[Aim]:
    """Print what a second thread is worth."""
    out, lines = folder / "threads.parquet", []
    for kind, source in make_lists(scale.usual, folder).items():
        jobs = {n: partial(batch, source, out, POLARS_MAX_THREADS=n) for n in ("1", "2")}
        one, two = in_turn(jobs, scale.rounds[scale.usual]).values()
        figures = seconds(one), seconds(two), ratio(one, two)
        lines.append([f"{kind}, {scale.usual:,} rows", *(f"{figure:.2f}" for figure in figures)])
    table("Threads", ["from", "one, s", "two, s", "one / two"], lines)
    return []


def main(*, quick: bool, folder: str = "") -> None:
    """Measure in `folder`, where lists made before are used again, or in a temporary one."""
    compileall.compile_dir(str(HERE.parent / "src"), quiet=1)  # as an installation does
    scale = QUICK if quick else WHOLE
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        measure(scale, Path(folder))
    else:
        with tempfile.TemporaryDirectory() as temporary:
            measure(scale, Path(temporary))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measure lists, as ratios within one run.")
    parser.add_argument("--quick", action="store_true", help="one small size, few rounds")
    parser.add_argument(
        "--folder", default="", help="keep the lists here (4 GB), and use them again"
    )
    arguments = parser.parse_args()
    main(quick=arguments.quick, folder=arguments.folder)
