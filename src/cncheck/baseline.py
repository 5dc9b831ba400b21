"""A baseline: what the gate would have failed on when it was written, so that only news fails. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from cncheck.gate import TRIPS, Trip
from cncheck.model import Problem
from cncheck.problems import InputError

SCHEMA = "cncheck/baseline/1"
_KEYS = ("subject", "about", "status")
_WRITE_AGAIN = "Write it again with --write-baseline."

Key = tuple[str, str]
"""A product or enterprise, and the id of a duty or scheme."""


class Baseline(NamedTuple):
    """What was known, and how bad it was."""

    worst: Mapping[Key, str] = MappingProxyType({})
    """The worst of TRIPS that was found of each."""

    def knows(self, trip: Trip) -> bool:
        """Return whether this was found before, and was then at least as bad."""
        before = self.worst.get((trip.subject, trip.about))
        return before is not None and TRIPS.index(trip.word) <= TRIPS.index(before)


def baseline_of(found: Iterable[Trip]) -> Baseline:
    """Return the baseline that knows all that was found."""
    worst: dict[Key, str] = {}
    for trip in found:
        key = (trip.subject, trip.about)
        worst[key] = max(trip.word, worst.get(key, trip.word), key=TRIPS.index)
    return Baseline(worst)


def gone(baseline: Baseline, found: Iterable[Trip], checked: Iterable[str]) -> int:
    """Return how much of `baseline` is no longer found in the products and enterprises checked."""
    still, subjects = {(trip.subject, trip.about) for trip in found}, set(checked)
    return sum(key[0] in subjects and key not in still for key in baseline.worst)


def to_text(baseline: Baseline) -> str:
    """Return a baseline as its file says it: sorted, a line for each, so that it can be reviewed."""
    rows = (
        dict(zip(_KEYS, (*key, word), strict=True)) for key, word in sorted(baseline.worst.items())
    )
    lines = ",\n".join(f"    {json.dumps(row, ensure_ascii=False)}" for row in rows)
    return f'{{\n  "schema": "{SCHEMA}",\n  "findings": [\n{lines}\n  ]\n}}\n'


def from_text(text: str, file: str) -> Baseline:
    """Return the baseline that a file says.

    Raises:
        InputError: it is none.

    """
    try:
        document = json.loads(text)
        rows = [tuple(str(row[key]) for key in _KEYS) for row in document["findings"]]
        sound = document["schema"] == SCHEMA and all(word in TRIPS for _, _, word in rows)
    except (ValueError, TypeError, KeyError, RecursionError):
        sound = False
    if not sound:
        message = f"This is no baseline of the form {SCHEMA}. {_WRITE_AGAIN}"
        raise InputError([Problem(message, file)])
    return Baseline({(subject, about): word for subject, about, word in rows})
