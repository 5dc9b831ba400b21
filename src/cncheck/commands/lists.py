"""The commands for lists: `batch` checks them, `map` proposes how to read a foreign one."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from typing import Any

import polars as pl

from cncheck.batch import Counts, Job, batches, duplicate_ids, job, row_by_id
from cncheck.columns.wide import FALLS_DUE, UNDETERMINED, UNSETTLED, Wanted
from cncheck.commands.check import print_run
from cncheck.commands.common import complain, day, guarded, known, pour, say, show, tell
from cncheck.commands.settings import gate_policy, in_force, passing
from cncheck.evaluate import evaluate
from cncheck.gate import (
    BAD_INPUT,
    NOTHING,
    Counted,
    Gate,
    Policy,
    days_after,
    due_within,
    exit_code,
    gate,
    gate_of_a_list,
    summary,
)
from cncheck.load.lists import TextList, open_lists
from cncheck.load.maps import ListMap, read_map
from cncheck.load.rules import load_rules, select
from cncheck.load.settings import LANGUAGES
from cncheck.model import PortfolioFinding, Problem, Report, Rules
from cncheck.portfolio import portfolio_findings, tallies_of
from cncheck.problems import InputError
from cncheck.report import Run, View
from cncheck.report.lists import WRITERS, ErrorCount, FactCount, ListRun, SchemeCount, lines
from cncheck.save import check_target, save

_AHEAD = 25_000  # rows in a piece: Polars reads a number of pieces ahead, which takes the memory


def batch(
    paths: Sequence[str],
    *,
    output: str = "",
    map_file: str = "",
    long: bool = False,
    only_findings: bool = False,
    row: str | None = None,
    portfolio_file: str = "",
    as_of: str | None = None,
    format: str = "text",
    allow_row_errors: bool = False,
    raw: bool = False,
    explain: bool = False,
    all: bool = False,
    config: str | None = None,
    **stated: Any,
) -> int:
    """Check lists, write the answers and a summary, and return the exit code.

    `config` and `stated` are what they are for `check`; waivers and baselines are for descriptors.
    """

    def run() -> int:
        settings = in_force(paths, config, stated)
        on = day(as_of)
        wanted = gate_policy(settings)
        known(format, WRITERS, "format")
        known(settings.get("lang"), LANGUAGES, "language")
        view = View(settings.get("lang"), explain, all)
        presume = not settings.get("no-presume")
        chosen = select(
            load_rules(settings.get("rules")), settings.get("only"), settings.get("skip")
        )
        list_map = read_map(map_file, chosen) if map_file else None
        _check_targets(output, portfolio_file, paths, row)
        # A pipeline stops what takes too long by a signal: leave as clean as by Ctrl-C.
        with suppress(ValueError):  # not in the main thread
            signal.signal(signal.SIGTERM, signal.default_int_handler)
        pl.Config.set_streaming_chunk_size(_AHEAD)
        with tempfile.TemporaryDirectory(prefix="cncheck-") as scratch:
            refused: list[Problem] = []
            lists = open_lists(paths, chosen, scratch, sys.stdin.buffer.read, refused=refused)
            if row is not None:
                complain(refused)
                code = _one_row(
                    lists, list_map, row, chosen, on, wanted, view, format, presume=presume
                )
                return BAD_INPUT if refused else passing(code, settings)
            within = due_within(wanted)
            asked = Wanted(
                True, wanted.forces, "undetermined" in wanted.fail_on,
                days_after(on, within) if within is not None else None, long,
            )  # fmt: skip
            one = job(lists, list_map, chosen, on, asked, presume=presume)
            refused += one.refused
            complain(refused)
            counts = Counts()
            target = os.path.join(scratch, "output.csv") if output == "-" else output
            with _progress([opened for opened, _ in one.sheets]) as seen:
                found = batches(one, counts, attention=only_findings, seen=seen)
                escaped = _written(found, one, target, raw=raw)
            portfolio = portfolio_findings(counts.tallies(), whole=settings.get("whole-portfolio"))
            if portfolio_file:
                _write_portfolio(portfolio, portfolio_file, raw=raw)
            result = gate_of_a_list(_counted(counts), portfolio, wanted)
            code = _code(counts, chosen, result, allow_row_errors=allow_row_errors)
            code = BAD_INPUT if refused else passing(code, settings)
            duplicates = counts.duplicates()
            done = _list_run(counts, one, chosen, on, portfolio, result)._replace(
                duplicates=len(duplicates), duplicate_ids=tuple(duplicate_ids(one, duplicates)),
                presume=presume, refused=tuple(refused), code=code,
                output="" if output == "-" else output, escaped=escaped, view=view,
            )  # fmt: skip
            if output == "-":
                with open(target, "rb") as file:
                    pour(iter(lambda: file.read(1 << 20), b""))
                tell(WRITERS[format](done))
            elif format == "text":
                show(lines(done))
            else:
                say(WRITERS[format](done))
        return code

    return guarded(run)


def _check_targets(output: str, portfolio: str, paths: Sequence[str], row: str | None) -> None:
    """Refuse, before any work, files that cannot be written, or that would replace each other."""
    if row is not None and (output or portfolio):
        message = "--row prints one report and writes no list. Leave out -o and --portfolio."
        raise InputError([Problem(message)])
    files = [file for file in (output if output != "-" else "", portfolio) if file]
    for file in files:
        check_target(file, paths)
    if len({os.path.realpath(file) for file in files}) < len(files):
        message = "The answers and the duties of enterprises cannot go to one file. Name two."
        raise InputError([Problem(message, output)])


def _one_row(
    lists: Sequence[TextList], list_map: ListMap | None, id_: str, rules: Rules, on: date,
    wanted: Policy, view: View, format_: str, *, presume: bool,
) -> int:  # fmt: skip
    """Print the full report on one row of a list."""
    product, problems, more = row_by_id(lists, list_map, id_, rules)
    if more:
        complain([Problem(f'More than one row has the id "{id_}": this is the first.')])
    reports = (evaluate(product, rules, on, presume=presume),) if product else ()
    portfolio = portfolio_findings(tallies_of(reports))
    report = Report(on, rules.packs, reports, portfolio, tuple(problems), (), rules.not_covered)
    result = gate(report, wanted)
    print_run(Run(report, rules, wanted, result, summary(report, wanted), view), format_)
    if format_ != "text":
        complain(report.errors)
    return exit_code(report, result)


def _written(found: Iterator[pl.DataFrame], one: Job, target: str, *, raw: bool) -> int:
    """Write the answers, or only count them; return how many cells were escaped."""
    if target:
        return save(found, one.schema, target, raw=raw).escaped
    for _ in found:
        pass
    return 0


def _write_portfolio(found: Sequence[PortfolioFinding], file: str, *, raw: bool) -> None:
    table = pl.DataFrame(
        [
            (f.enterprise or None, f.obligation.id, f.status, f.force, f.have, f.need, f.products,
             " ".join(reason.en for reason in f.reasons))
            for f in found
        ],
        orient="row",
        schema={"enterprise": pl.String, "obligation": pl.String, "status": pl.String,
                "force": pl.String, "have": pl.Int64, "need": pl.Int64, "products": pl.Int64,
                "reasons": pl.String},
    )  # fmt: skip
    save(iter([table]), table.schema, file, raw=raw)


@contextmanager
def _progress(lists: Sequence[TextList]) -> Iterator[Callable[[int], None] | None]:
    """Show how far a long run is, with its rate and the time that remains, on a terminal only."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (
        TextColumn("{task.completed:,.0f} rows"), BarColumn(),
        TextColumn("{task.fields[rate]:,.0f} rows/s"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=_about(lists), rate=0)

        def seen(rows: int) -> None:
            bar.advance(task, rows)
            bar.update(task, rate=bar.tasks[0].speed or 0)

        yield seen


def _about(lists: Sequence[TextList]) -> int:
    """Return about how many rows there are: counted, or guessed from the first lines."""
    return sum(one.rows if one.rows is not None else one.size // 150 for one in lists)


# ---- the summary -----------------------------------------------------------------------------------


def _each(counts: Counts, *texts: str) -> Counter[Any]:
    """Return how many rows have each label of some text columns."""
    found: Counter[Any] = Counter()
    for text in texts:
        for labels, rows in counts.tally.get(text, {}).items():
            for label in labels:
                found[label] += rows
    found = +found  # what no row has is left out
    return Counter(dict(sorted(found.items(), key=lambda pair: (-pair[1], str(pair[0])))))


def _counted(counts: Counts) -> Counted:
    return Counted(
        _each(counts, "violated"), _each(counts, "open"), _each(counts, UNDETERMINED, UNSETTLED),
        _each(counts, FALLS_DUE),
    )  # fmt: skip


def _list_run(
    counts: Counts, one: Job, rules: Rules, on: date, portfolio: tuple[PortfolioFinding, ...],
    result: Gate,
) -> ListRun:  # fmt: skip
    truths, judged = _each(counts, "undetermined"), counts.rows - counts.wrong
    schemes = []
    for pack in rules.packs:
        applies, unknown = truths[pack.id, True], truths[pack.id, None]
        schemes.append(SchemeCount(pack, applies, judged - applies - unknown, unknown))
    errors = [
        ErrorCount(error.message, counts.errors[error.message], error.file, error.row)
        for error in counts.first_errors
    ]
    errors.sort(key=lambda error: -error.rows)
    return ListRun(
        on, rules, tuple(text_list.file for text_list, _ in one.sheets), counts.rows, counts.wrong,
        tuple(schemes), _each(counts, "violated"), _each(counts, "open"), _missing(counts),
        tuple(sorted(counts.changes.items())), tuple(errors), 0, (), one.ignored, portfolio, result,
        result.code, kept=counts.kept,
    )  # fmt: skip


def _missing(counts: Counts) -> tuple[FactCount, ...]:
    """Return the missing facts, those first that help with most verdicts."""
    verdicts: Counter[str] = Counter()
    alone: Counter[str] = Counter()
    for labels, rows in counts.tally.get("missing", {}).items():
        by_pack = Counter(pack for _, pack in labels)
        for fact, pack in labels:
            verdicts[fact] += rows
            alone[fact] += rows * (by_pack[pack] == 1)
    ranked = sorted(verdicts.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(FactCount(fact, n, alone[fact]) for fact, n in ranked)


def _code(counts: Counts, rules: Rules, result: Gate, *, allow_row_errors: bool) -> int:
    if counts.wrong and not allow_row_errors:
        return BAD_INPUT
    if counts.rows == counts.wrong or not rules.packs:
        return NOTHING
    return result.code


# ---- map -------------------------------------------------------------------------------------------


def propose_map(path: str, folders: Sequence[str] = ()) -> int:
    """Print a map that reads a foreign list, with everything uncertain commented out."""

    def run() -> int:
        from cncheck.load.proposals import propose  # noqa: PLC0415

        rules = load_rules(folders)
        with tempfile.TemporaryDirectory(prefix="cncheck-") as scratch:
            lists = open_lists([path], rules, scratch, sys.stdin.buffer.read)
            if len(lists) != 1:
                message = f"A map is for one list, but here are {len(lists)}: name one of them."
                raise InputError([Problem(message, path)])
            say(propose(lists[0].frame, lists[0].columns, rules, lists[0].file))
        return 0

    return guarded(run)
