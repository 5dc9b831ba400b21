"""The rows that a duty of an enterprise counts, alike ones together, for `cncheck.portfolio`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import polars as pl

from cncheck.columns.logic import Mask
from cncheck.columns.packs import MemberColumns
from cncheck.columns.plan import Rows, constant, series
from cncheck.model import Portfolio
from cncheck.portfolio import Tally, strongest

COUNTED = "|counted "
"""Begins the name of a column that is counted, beside the one that comes out."""

_COLUMNS = ("enterprise", "status", "force", "sure", "model", "kind", "declared", "denied")


def _rule(member: MemberColumns) -> Portfolio:
    rule = member.duty.obligation.portfolio
    assert rule is not None  # noqa: S101  only such duties have members
    return rule


def counted_columns(counted: Iterable[MemberColumns]) -> list[str]:
    """Return the facts that are counted, or to be covered."""
    rules = map(_rule, counted)
    return list(dict.fromkeys(name for rule in rules for name in (rule.counting, rule.covering)))


def counted_masks(counted: Iterable[MemberColumns]) -> Iterator[Mask]:
    """Yield all masks that `counted_rows` looks up."""
    for member in counted:
        yield from (member.listed, member.sure, *member.declared)
        yield from member.duty.statuses.values()
        yield from member.duty.forces.values()


def counted_rows(
    member: MemberColumns, batch: pl.DataFrame, readable: pl.Series, rows: Rows
) -> pl.DataFrame:
    """Return the rows of `batch` that a duty of the enterprise counts, and how many are alike."""
    rule = _rule(member)
    kept = series(rows(member.listed), batch.height) & readable
    batch = batch.filter(kept)
    height = batch.height

    def column(name: str) -> pl.Series:
        if name in batch.columns:
            return batch[name].cast(pl.String)
        return constant(None, height, pl.String)

    def mask(of: Mask) -> pl.Series:
        found = rows(of)
        return constant(found, height) if isinstance(found, bool) else found.filter(kept)

    model = column(COUNTED + rule.counting)
    status = force = constant(None, height, pl.String)
    for name, where in member.duty.statuses.items():
        status = constant(name, height).zip_with(mask(where), status)
    for name, where in member.duty.forces.items():
        force = constant(name, height).zip_with(mask(where), force)
    found = (
        column("enterprise").fill_null(""), status, force, mask(member.sure),
        model.zip_with(model.is_not_null(), column("id")), column(COUNTED + rule.covering),
        mask(member.declared.yes), mask(member.declared.no),
    )  # fmt: skip
    table = pl.DataFrame(dict(zip(_COLUMNS, found, strict=True)))
    return table.group_by(_COLUMNS, maintain_order=True).len("products")


def tallies(member: MemberColumns, counted: pl.DataFrame) -> Iterator[Tally]:
    """Yield what `counted_rows` found, by enterprise, as `cncheck.portfolio` judges it."""
    if counted.is_empty():
        return
    model, kind, declared = pl.col("model"), pl.col("kind"), pl.col("declared")
    done, possible = pl.col("sure") & declared, ~pl.col("denied")
    conditions = {
        "have": done, "at_best": possible, "models": pl.lit(value=True),
        "unsaid": ~declared & possible, "perhaps": ~pl.col("sure"), "blank": kind.is_null(),
    }  # fmt: skip
    enterprises = counted.group_by("enterprise", maintain_order=True).agg(
        *(model.filter(where).n_unique().alias(name) for name, where in conditions.items()),
        (done & kind.is_null()).any().alias("done"),
        (possible & kind.is_null()).any().alias("possible"),
        pl.col("status").filter(pl.col("sure")).unique(), pl.col("force").unique(), pl.col("products").sum(),
    )  # fmt: skip
    lacking, hopeless = _without(counted, done), _without(counted, possible)
    for row in enterprises.iter_rows(named=True):
        name = row["enterprise"]
        yield Tally(
            name, member.duty.obligation, **{key: row[key] for key in conditions},
            lacking=() if row["done"] else lacking.get(name, ()),
            hopeless=() if row["possible"] else hopeless.get(name, ()),
            standing=frozenset(row["status"]), force=strongest(row["force"]),
            products=row["products"],
        )  # fmt: skip


def _without(counted: pl.DataFrame, wanted: pl.Expr) -> dict[str, tuple[str, ...]]:
    """Return the kinds in scope of each enterprise of which no model is as wanted."""
    kinds = counted.drop_nulls("kind").group_by("enterprise", "kind")
    found = kinds.agg(pl.col("sure").any(), wanted.any().alias("wanted"))
    none = found.filter(pl.col("sure") & ~pl.col("wanted")).sort("kind")
    lists = none.group_by("enterprise", maintain_order=True).agg("kind")
    return {enterprise: tuple(kinds) for enterprise, kinds in lists.iter_rows()}
