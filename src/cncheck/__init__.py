"""Which Chinese green schemes apply to a product, and what follows from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    import polars as pl

    from cncheck.model import Report

__version__ = "0.1.0"
__all__ = ["__version__", "check", "check_frame"]


def check(
    product: Mapping[str, Any] | str | os.PathLike[str],
    *,
    as_of: date | str | None = None,
    rules: Sequence[str | os.PathLike[str]] = (),
    presume: bool = True,
) -> Report:
    """Return what every rule pack says about a product.

    Args:
        product: a mapping as a descriptor file holds it, or the path of such a file or of a folder.
        as_of: the day the question is asked for, as a date or ISO text; without it, today.
        rules: folders of further packs, which add to or replace those that come with cncheck.
        presume: whether exceptions nobody stated are presumed not to hold.

    Returns:
        The report. Problems of files are in `Report.errors` beside what could be evaluated.

    Raises:
        cncheck.problems.InputError: a mapping is no valid descriptor, or `as_of` is no day.
        cncheck.problems.PackError: a rule pack is invalid.

    """
    from cncheck.commands.check import check_product  # noqa: PLC0415  so that `import cncheck` stays light

    return check_product(product, as_of=as_of, rules=rules, presume=presume)


def check_frame(
    frame: Any,
    *,
    as_of: date | str | None = None,
    rules: Sequence[str | os.PathLike[str]] = (),
    presume: bool = True,
    forces: Iterable[str] = (),
    long: bool = False,
    verdicts_only: bool = False,
) -> pl.DataFrame | pl.LazyFrame:
    """Return what every rule pack says about each row of a table: the columns of `cncheck batch`.

    Args:
        frame: a Polars frame, or what exports Arrow: a pandas or pyarrow table, a DuckDB relation.
            Its columns are facts, text or typed, with dotted names for evidence; others are left out.
        as_of: the day the question is asked for, as a date or ISO text; without it, today.
        rules: folders of further packs, which add to or replace those that come with cncheck.
        presume: whether exceptions nobody stated are presumed not to hold.
        forces: duties of these forces, besides mandatory ones, count as violated or open.
        long: give a row for each product, scheme and duty.
        verdicts_only: leave out duties, missing facts and the next change, which is faster.

    Returns:
        a Polars frame; a lazy one for a lazy one, which streams.

    Raises:
        cncheck.problems.InputError: the table has no id or product type, or `as_of` is no day.
        cncheck.problems.PackError: a rule pack is invalid.

    """
    from cncheck.commands.frame import check_table  # noqa: PLC0415  polars takes its time

    return check_table(
        frame, as_of=as_of, rules=rules, presume=presume, forces=forces, long=long,
        verdicts_only=verdicts_only,
    )  # fmt: skip
