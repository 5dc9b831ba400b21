"""The rows that a duty of an enterprise counts, alike ones together, for `cncheck.portfolio`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import polars as pl

from cncheck.columns.logic import Mask
from cncheck.columns.packs import MemberColumns
from cncheck.columns.plan import Rows, constant, series
from cncheck.model import Portfolio
from cncheck.portfolio import Member

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


def members_of(member: MemberColumns, counted: pl.DataFrame) -> Iterator[Member]:
    """Yield what `counted_rows` found, as `cncheck.portfolio` judges it."""
    for row in counted.iter_rows(named=True):
        declared = True if row["declared"] else False if row["denied"] else None
        yield Member(
            row["enterprise"], member.duty.obligation, row["status"], row["force"], row["sure"],
            row["model"], row["kind"], declared, row["products"],
        )  # fmt: skip
