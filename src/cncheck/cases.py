"""Run the cases of the packs: situations with the expected answer, written by those who know the law."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from cncheck.evaluate import evaluate
from cncheck.load.products import located, read_product
from cncheck.load.yamlfile import read_documents, read_text
from cncheck.model import Finding, Rules
from cncheck.problems import InputError, did_you_mean

DEFAULT_DAY = "2026-11-21"
_KEYS = ("name", "why", "as_of", "product", "expect")
_LISTS = ("matched", "standards", "missing", "absent", "overdue", "notes", "mentions")
_MAPPINGS = ("obligations", "due")


class Case(NamedTuple):
    """A situation and the expected answer."""

    pack: str
    name: str
    as_of: date
    product: Mapping[str, Any]
    expect: Mapping[str, Any]
    file: str
    line: int
    why: str = ""


class Mismatch(NamedTuple):
    """Where the answer is not the expected one."""

    what: str
    expected: Any
    actual: Any


def case_files(folder: str) -> list[str]:
    """Return the case files of a rules folder."""
    where = os.path.join(folder, "cases")
    names = sorted(os.listdir(where)) if os.path.isdir(where) else []
    return [os.path.join(where, name) for name in names if name.endswith(".yaml")]


def read_cases(path: str) -> Iterator[Case]:
    """Yield the cases of a file.

    Raises:
        InputError: the file is not well-formed, or a case lacks a part or has an unknown one.

    """
    text = read_text(path)
    places: dict[Any, Any] = {}
    documents = read_documents(text, path, places)
    raw = documents[0] if documents else None
    if not isinstance(raw, dict) or not isinstance(raw.get("cases"), list) or "pack" not in raw:
        raise InputError(
            located(
                [((0,), "A case file is a mapping of `pack` and a list of `cases`.")], text, path
            )
        )
    wrong = [
        (("cases", i, *at), message)
        for i, row in enumerate(raw["cases"])
        for at, message in _wrong(row)
    ]
    if wrong:
        raise InputError(located([((0, *at), message) for at, message in wrong], text, path))
    for i, row in enumerate(raw["cases"]):
        day = date.fromisoformat(row.get("as_of", DEFAULT_DAY))
        product = {"id": "case", **row["product"]}
        line = places[0, "cases", i][0]
        why = str(row.get("why", ""))
        yield Case(raw["pack"], row["name"], day, product, row["expect"], path, line, why)


def _wrong(row: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield path and message of what is wrong with the form of a case."""
    if not isinstance(row, dict):
        yield (), "A case is a mapping of `name`, `product` and `expect`."
        return
    for key in row:
        if key not in _KEYS:
            yield (key,), f'Unknown key "{key}".{did_you_mean(key, _KEYS)}'
    for key, kind in (("name", str), ("product", dict), ("expect", dict)):
        if not row.get(key) or not isinstance(row[key], kind):
            what = "a sentence" if kind is str else "a mapping"
            yield (key,) if key in row else (), f"`{key}` of a case is {what}."
            return
    for key, value in row["expect"].items():
        if key not in EXPECTATIONS:
            yield ("expect", key), f'Unknown expectation "{key}".{did_you_mean(key, EXPECTATIONS)}'
        elif key in _LISTS and not isinstance(value, list):
            yield ("expect", key), f"`{key}` is a list."
        elif key in _MAPPINGS and not isinstance(value, dict):
            yield ("expect", key), f"`{key}` is a mapping of obligations."
    try:
        date.fromisoformat(row.get("as_of", DEFAULT_DAY))
    except (TypeError, ValueError):
        yield ("as_of",), f"There is no day {row['as_of']}. Write it like 2026-01-31."


def run_case(case: Case, rules: Rules) -> list[Mismatch]:
    """Return what differs from the expected answer."""
    product, problems = read_product(case.product, rules, case.file)
    if product is None:
        return [Mismatch("input", "a valid product", "; ".join(message for _, message in problems))]
    report = evaluate(product, rules, case.as_of)
    found = [finding for finding in report.findings if finding.pack.id == case.pack]
    if not found:
        return [Mismatch("pack", case.pack, "not among the rules")]
    return [
        Mismatch(what, expected, actual)
        for what, expected in case.expect.items()
        if (actual := EXPECTATIONS[what](found[0], expected)) != expected
    ]


def cases_of(pack: str, folders: Iterable[str]) -> list[Case]:
    """Return the cases of `pack` in these rules folders, those of the last folder first.

    Raises:
        InputError: a file of cases is not well-formed.

    """
    paths = [os.path.join(folder, "cases", f"{pack}.yaml") for folder in folders]
    there = (path for path in reversed(paths) if os.path.isfile(path))
    return [case for path in there for case in read_cases(path)]


def example_of(obligation: str, cases: Iterable[Case], rules: Rules) -> Case | None:
    """Return the first case that expects `obligation` to be met, and holds under `rules`.

    One that expects another duty to be violated is no example to follow, unless there is no other.
    """
    met = [case for case in cases if case.expect.get("obligations", {}).get(obligation) == "met"]
    met.sort(key=lambda case: "violated" in case.expect["obligations"].values())
    return next((case for case in met if not run_case(case, rules)), None)


def _exactly(values: Callable[[Finding], Any]) -> Callable[[Finding, Any], Any]:
    """Compare a list as a set, but show it in the order of the expectation where they agree."""

    def look(finding: Finding, expected: Any) -> Any:
        actual = list(dict.fromkeys(values(finding)))
        return expected if set(actual) == set(expected) else actual

    return look


def _all_of(values: Callable[[Finding], Any]) -> Callable[[Finding, Any], Any]:
    """Ask that every expected item occurs."""

    def look(finding: Finding, expected: Any) -> Any:
        actual = list(dict.fromkeys(values(finding)))
        return expected if set(expected) <= set(actual) else actual

    return look


def _by_duty(value: Callable[[Any], Any]) -> Callable[[Finding, Any], Any]:
    """Ask for a property of each expected duty."""

    def look(finding: Finding, expected: Any) -> Any:
        actual = {duty.obligation.id: value(duty) for duty in finding.duties}
        return {name: actual.get(name, "not listed") for name in expected}

    return look


def _absent(finding: Finding, expected: Any) -> Any:
    listed = {duty.obligation.id for duty in finding.duties}
    return [name for name in expected if name not in listed]


def _mentions(finding: Finding, expected: Any) -> Any:
    texts = [note.text.en for note in finding.notes] + [text.en for text in finding.unclear]
    texts += [text.en for duty in finding.duties for text in duty.unclear]
    whole = "\n".join(texts).lower()
    return [words for words in expected if str(words).lower() in whole]


EXPECTATIONS: dict[str, Callable[[Finding, Any], Any]] = {
    "verdict": lambda finding, _: finding.verdict,
    "phase": lambda finding, _: finding.phase.id if finding.phase else None,
    "force": lambda finding, _: finding.force,
    "matched": _exactly(lambda finding: [m.entry.code for m in finding.matched]),
    "standards": _exactly(lambda finding: [s for m in finding.matched for s in m.standards]),
    "missing": _exactly(lambda finding: finding.missing),
    "unclear": lambda finding, _: bool(finding.unclear),
    "obligations": _by_duty(lambda duty: duty.status),
    "due": _by_duty(lambda duty: duty.due.isoformat() if duty.due else None),
    "absent": _absent,
    "overdue": _exactly(lambda finding: [d.obligation.id for d in finding.duties if d.overdue]),
    "notes": _all_of(lambda finding: [note.kind for note in finding.notes]),
    "mentions": _mentions,
    "next_change": lambda finding, _: (
        finding.next_change.date.isoformat() if finding.next_change else None
    ),
}
"""What a case may expect: name -> how to see it in a finding."""
