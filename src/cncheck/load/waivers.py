"""Read a waiver file: what may pass the gate, why, who approved it, and until when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from cncheck.load.values import shown
from cncheck.load.yamlfile import Places, read_documents, read_text, shown_path
from cncheck.model import Place, Problem
from cncheck.problems import InputError, did_you_mean, one_line
from cncheck.waivers import Waiver

CHOICES = (("product", "enterprise"), ("obligation", "scheme"))
"""Of each pair, a waiver has one."""
REQUIRED = ("reason", "approved_by", "expires")
KEYS = {
    "product": "The id of a product; * and ? stand for other letters.",
    "enterprise": "The enterprise, for a duty over its products.",
    "obligation": "The id of the duty that may pass; * and ? stand for other letters.",
    "scheme": "The scheme that may stay undetermined because the law leaves it open.",
    "reason": "Why it may pass.",
    "approved_by": "Who said so.",
    "expires": "The last day on which it holds.",
}
"""What a waiver may say."""
_EXAMPLE = (
    "{product: LAPTOP-12, obligation: energy_label/filing, reason: why, approved_by: who,"
    " expires: 2027-03-31}"
)
_Wrong = tuple[tuple[str | int, ...], str]


def read_waivers(path: str) -> tuple[Waiver, ...]:
    """Return the waivers of the file at `path`, in its order.

    Raises:
        InputError: the file cannot be read, or a waiver lacks something: with every problem.

    """
    text, file = read_text(path), shown_path(path)
    places: Places = {}
    documents = read_documents(text, file, places)
    wrong: list[_Wrong] = []
    waivers: list[Waiver] = []
    for path_, row in _rows(documents, wrong):
        problems = list(_problems(row))
        wrong += [((*path_, *at), message) for at, message in problems]
        if not problems:
            waivers.append(_waiver(row, Place(file, *places.get(path_, (1, 1)))))
    if wrong:
        raise InputError(
            Problem(message, file, *places.get(at, places.get(at[:-1], (1, 1))))
            for at, message in wrong
        )
    return tuple(waivers)


def _rows(documents: list[Any], wrong: list[_Wrong]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    whole = documents[0] if len(documents) == 1 else None
    if not isinstance(whole, dict) or not isinstance(whole.get("waivers"), list):
        wrong.append(((0,), f"A waiver file is a mapping with the list `waivers`: - {_EXAMPLE}"))
        return
    strange = [key for key in whole if key not in ("waivers", "$schema")]
    wrong += [
        ((0, key), f"Unknown key {shown(key)}. Waivers are listed under `waivers`.")
        for key in strange
    ]
    for i, row in enumerate(whole["waivers"]):
        yield (0, "waivers", i), row


def _problems(row: Any) -> Iterator[_Wrong]:
    """Yield what a waiver lacks, with the path inside it."""
    if not isinstance(row, dict):
        yield (), f"A waiver is a mapping, such as {_EXAMPLE}."
        return
    for key in row:
        if key not in KEYS:
            hint = did_you_mean(key, KEYS) or f" Known keys: {', '.join(KEYS)}."
            yield (key,), f'Unknown key "{key}" in a waiver.{hint}'
    for pair in CHOICES:
        if sum(row.get(key) is not None for key in pair) != 1:
            yield (), f"A waiver names one `{pair[0]}` or one `{pair[1]}`."
    for key in REQUIRED:
        if row.get(key) is None:
            yield (), f"`{key}` is missing: a waiver says why, who approved it and until when."
    for key, value in row.items():
        may_be_a_number = (
            isinstance(value, int) and not isinstance(value, bool) and key == "product"
        )
        if key in KEYS and value is not None and not (isinstance(value, str) or may_be_a_number):
            yield (key,), f"`{key}` is one text, but it is {shown(value)}."
        elif key in KEYS and isinstance(value, str) and not value.strip():
            yield (key,), f"`{key}` is empty."
    if row.get("expires") is not None and _day(row["expires"]) is None:
        yield ("expires",), f"{shown(row['expires'])} is no day; write 2027-03-31."


def _day(value: Any) -> date | None:
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return day if day.isoformat() == value else None


def _waiver(row: dict[str, Any], place: Place) -> Waiver:
    product, obligation = row.get("product"), row.get("obligation")
    return Waiver(
        _text(row.get("enterprise") if product is None else product), product is None,
        _text(row.get("scheme") if obligation is None else obligation), obligation is None,
        _text(row["reason"]), _text(row["approved_by"]), date.fromisoformat(row["expires"]), place,
    )  # fmt: skip


def _text(value: Any) -> str:
    """Return a text of one line, without what steers a terminal."""
    return one_line(" ".join(str(value).split()))
