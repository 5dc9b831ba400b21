"""Which Chinese green schemes apply to a product, and what follows from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence
    from datetime import date

    from cncheck.model import Report

__version__ = "0.1.0"
__all__ = ["__version__", "check"]


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
    from cncheck.commands import check_product  # noqa: PLC0415  so that `import cncheck` stays light

    return check_product(product, as_of=as_of, rules=rules, presume=presume)
