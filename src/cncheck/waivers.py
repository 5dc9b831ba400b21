"""Waivers: somebody lets a duty pass the gate, for a reason and until a day. Pure.

A waiver changes what the gate fails on, never the status: the report still shows the duty.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import NamedTuple

from cncheck.gate import Trip
from cncheck.model import Place

WAIVER_FILE = "cncheck-waivers.yaml"
EXPIRING_DAYS = 30
"""For so many days before its last one, a waiver is reported as expiring."""
STATES = ("holds", "expiring", "expired", "unused", "no_product", "unknown", "not_checked")

_WILD = frozenset("*?")

Key = tuple[str, str]
"""A product or enterprise, and the id of a duty or scheme."""


class Waiver(NamedTuple):
    """A line of a waiver file. Names of products, enterprises and duties may hold * and ?."""

    subject: str
    of_enterprise: bool
    about: str
    of_scheme: bool
    """It is about a scheme that stays undetermined because the law is unclear, not about a duty."""
    reason: str
    approved_by: str
    expires: date
    """The last day on which it holds."""
    place: Place


class Standing(NamedTuple):
    """What a waiver is worth on a day, for a report."""

    waiver: Waiver
    state: str
    """One of STATES: a waiver is `unknown` if no pack has such a duty or scheme, `unused` if there is
    nothing that it could let pass, `no_product` if there is no such product any more, `not_checked`
    if its products are not among those checked."""
    covers: tuple[Key, ...] = ()
    """What it lets pass; for an expired one, what it would have let pass."""


class Waived(NamedTuple):
    """What the waivers do to a report."""

    by_key: Mapping[Key, Waiver] = MappingProxyType({})
    standings: tuple[Standing, ...] = ()

    def covers(self, trip: Trip) -> bool:
        """Return whether a waiver lets this pass; another product may have the same id."""
        waiver = self.by_key.get((trip.subject, trip.about))
        return waiver is not None and _fits(waiver, trip)


def apply_waivers(
    waivers: Sequence[Waiver], found: Iterable[Trip], on: date, known: Iterable[str],
    checked: Iterable[str], *, whole_folder: bool,
) -> Waived:  # fmt: skip
    """Return which of what was found is let pass, and what each waiver is worth.

    Args:
        waivers: in the order of their file; the first that holds counts.
        found: everything a gate could fail on.
        on: the day of the question.
        known: the ids of all duties and schemes there are.
        checked: the products and enterprises of this run.
        whole_folder: the run looked at all that the waivers are about: what it did not meet is gone.

    """
    covers: dict[Waiver, list[Key]] = {waiver: [] for waiver in waivers}
    by_key: dict[Key, Waiver] = {}
    about_subject: dict[tuple[str, bool], list[Waiver]] = {}
    for trip in found:
        subject = (trip.subject, trip.of_enterprise)
        if subject not in about_subject:
            about_subject[subject] = [w for w in waivers if _fits_subject(w, *subject)]
        for waiver in about_subject[subject]:
            if _fits(waiver, trip):
                key = (trip.subject, trip.about)
                covers[waiver].append(key)
                if on <= waiver.expires:
                    by_key.setdefault(key, waiver)
    ids, subjects = tuple(known), tuple(checked)
    return Waived(
        by_key,
        tuple(
            Standing(
                waiver,
                _state(waiver, bool(keys), on, ids, subjects, whole_folder=whole_folder),
                tuple(dict.fromkeys(keys)),
            )
            for waiver, keys in covers.items()
        ),
    )


def _fits_subject(waiver: Waiver, subject: str, of_enterprise: bool) -> bool:
    return waiver.of_enterprise is of_enterprise and _like(subject, waiver.subject)


def _fits(waiver: Waiver, trip: Trip) -> bool:
    if not waiver.of_scheme:  # a scheme that stays undetermined is waived as such
        return "/" in trip.about and _like(trip.about, waiver.about)
    scheme = trip.about.partition("/")[0]
    return trip.word == "undetermined" and trip.open_law and scheme == waiver.about


def _like(name: str, pattern: str) -> bool:
    if name == pattern or _WILD.isdisjoint(pattern):
        return name == pattern
    return fnmatchcase(name, pattern.replace("[", "[[]"))  # a bracket stands for itself


def _state(
    waiver: Waiver, used: bool, on: date, known: tuple[str, ...], checked: tuple[str, ...], *,
    whole_folder: bool,
) -> str:  # fmt: skip
    ids = (name for name in known if ("/" not in name) is waiver.of_scheme)
    if not any(_like(name, waiver.about) for name in ids):
        return "unknown"
    if not used and not whole_folder and not any(_like(name, waiver.subject) for name in checked):
        return "not_checked"
    if on > waiver.expires:
        return "expired"
    if not used:
        return "unused" if any(_like(name, waiver.subject) for name in checked) else "no_product"
    return "expiring" if (waiver.expires - on).days <= EXPIRING_DAYS else "holds"
