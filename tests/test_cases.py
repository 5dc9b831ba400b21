"""The cases of the packs hold, and leave no entry, duty or day of any pack untried."""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cncheck.cases import Case, case_files, read_cases, run_case
from cncheck.conditions import AllOf, AnyOf, Condition, Text, Unclear
from cncheck.evaluate import evaluate
from cncheck.load.products import read_product
from cncheck.load.rules import load_rules, rules_folder
from cncheck.model import Entry, Finding, Pack, Product
from cncheck.problems import InputError

CASES = [case for file in case_files(rules_folder()) for case in read_cases(file)]
PACKS = {pack.id: pack for pack in load_rules().packs}
DAY = timedelta(days=1)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.pack}: {case.name}")
def test_case(case, rules):
    wrong = [
        f"{what}: {actual} instead of {wanted}" for what, wanted, actual in run_case(case, rules)
    ]
    assert not wrong, f"{case.file}:{case.line}"


def test_every_pack_has_cases():
    assert {case.pack for case in CASES} == PACKS.keys()


def test_no_two_cases_of_a_pack_have_the_same_name():
    names = [(case.pack, case.name) for case in CASES]
    assert len(names) == len(set(names))


# ---- coverage ----------------------------------------------------------------------------------------


class Tried(NamedTuple):
    """A case and what the pack says about it."""

    case: Case
    product: Product
    finding: Finding


@cache
def tried(pack: str) -> tuple[Tried, ...]:
    rules = load_rules()
    alone = rules._replace(packs=(PACKS[pack],))
    found = []
    for case in CASES:
        if case.pack == pack:
            product, _ = read_product(case.product, rules)
            found.append(Tried(case, product, evaluate(product, alone, case.as_of).findings[0]))
    return tuple(found)


def of_its_types(entry: Entry, pack: Pack) -> Iterable[Tried]:
    types = load_rules().vocabulary.types
    for one in tried(pack.id):
        if types[one.product.facts["product_type"]].wider & entry.product_types:
            yield one


def codes(one: Tried) -> set[str]:
    return {match.entry.code for match in one.finding.matched}


def never_yes(condition: Condition | None) -> bool:
    """Whether the law leaves this open at best, so that no product can match it."""
    match condition:
        case Unclear():
            return True
        case AllOf():
            return any(map(never_yes, condition.parts))
        case AnyOf():
            return all(map(never_yes, condition.parts))
    return False


def open_questions(condition: Condition | None) -> Iterable[Text]:
    """What the law leaves open inside a condition."""
    if isinstance(condition, Unclear):
        yield condition.reason
    for part in getattr(condition, "parts", None) or filter(
        None, [getattr(condition, "part", None)]
    ):
        yield from open_questions(part)


with_catalogue = pytest.mark.parametrize(
    "pack", [p for p in PACKS.values() if p.entries], ids=lambda p: p.id
)
each_pack = pytest.mark.parametrize("pack", PACKS.values(), ids=lambda p: p.id)


@with_catalogue
def test_every_entry_of_the_catalogue_is_matched_in_some_case(pack):
    entries = [e for e in pack.entries if e.product_types and not never_yes(e.condition)]
    matched = set().union(*map(codes, tried(pack.id)))
    assert entries
    assert [entry.code for entry in entries if entry.code not in matched] == []


@with_catalogue
def test_every_entry_that_the_law_leaves_open_is_left_open_in_some_case(pack):
    def said(one: Tried) -> set[Text]:
        return {
            *one.finding.unclear,
            *(text for duty in one.finding.duties for text in duty.unclear),
        }

    untried = [
        entry.code
        for entry in pack.entries
        if entry.product_types and never_yes(entry.condition)
        if not any(
            said(one) & set(open_questions(entry.condition)) for one in of_its_types(entry, pack)
        )
    ]
    assert untried == []


@with_catalogue
def test_every_entry_with_a_condition_is_not_matched_in_some_case_of_its_types(pack):
    untried = [
        entry.code
        for entry in pack.entries
        if entry.product_types
        and entry.condition
        and all(entry.code in codes(one) for one in of_its_types(entry, pack))
    ]
    assert untried == []


@with_catalogue
def test_every_product_type_of_an_entry_occurs_in_some_case(pack):
    used = {one.product.facts["product_type"] for one in tried(pack.id)}
    named = {type_ for entry in pack.entries for type_ in entry.product_types}
    types = load_rules().vocabulary.types
    untried = {n for n in named if not any(n in types[t].wider for t in used)}
    assert untried == set()


@each_pack
def test_every_duty_of_the_pack_is_expected_in_some_case(pack):
    expected: set[str] = set()
    for one in tried(pack.id):
        wanted = one.case.expect
        for key in ("obligations", "absent", "due", "overdue"):
            expected.update(wanted.get(key, ()))
    assert [duty.id for duty in pack.obligations if duty.id not in expected] == []


@each_pack
def test_every_duty_that_a_product_can_meet_is_met_in_some_case(pack):
    met = {
        duty
        for one in tried(pack.id)
        for duty, status in one.case.expect.get("obligations", {}).items()
        if status == "met"
    }
    can_be_met = [o.id for o in pack.obligations if o.met_if and not never_yes(o.met_if)]
    assert [duty for duty in can_be_met if duty not in met] == []


def days_of(pack: Pack, tests_in: Any) -> set[date]:
    """The first day of everything that begins in the pack, and the first day after what ends."""
    windows = [*(p.window for p in pack.phases), *(o.window for o in pack.obligations)]
    windows += [s.window for entry in pack.entries for s in entry.standards]
    days = {w.start for w in windows if w.start} | {w.end + DAY for w in windows if w.end}
    for test in tests_in(pack):
        if isinstance(test.operand, date):
            days.add(test.operand + DAY * (test.operator in ("after", "until")))
    for entry in pack.entries:
        days |= {value for value in entry.facts.values() if isinstance(value, date)}
    return days


@each_pack
def test_every_day_on_which_something_changes_is_tried_on_or_just_before_it(pack, tests_in):
    asked = set()
    for one in tried(pack.id):
        asked |= {one.case.as_of, *(v for v in one.product.facts.values() if isinstance(v, date))}
    untried = [day for day in sorted(days_of(pack, tests_in)) if not {day, day - DAY} & asked]
    assert [day.isoformat() for day in untried] == []


BAD_CASES = {
    "a case that is no mapping": ("- 5", "A case is a mapping"),
    "a product that is no mapping": (
        "- {name: n, product: 5, expect: {verdict: applies}}",
        "`product` of a case",
    ),
    "a day that is none": (
        "- {name: n, as_of: 2026-02-30, product: {id: x}, expect: {verdict: applies}}",
        "no day",
    ),
    "a word for a list": (
        "- {name: n, product: {id: x}, expect: {matched: 5}}",
        "`matched` is a list",
    ),
    "a list for a mapping": (
        "- {name: n, product: {id: x}, expect: {due: [1]}}",
        "`due` is a mapping",
    ),
    "an unknown expectation": (
        "- {name: n, product: {id: x}, expect: {verdikt: no}}",
        "Did you mean verdict",
    ),
    "an unknown key": (
        "- {name: n, produkt: {}, product: {id: x}, expect: {phase: x}}",
        "Did you mean product",
    ),
    "a case without a product": ("- {name: n, expect: {phase: x}}", "`product` of a case"),
}


@pytest.mark.parametrize(("row", "words"), BAD_CASES.values(), ids=BAD_CASES)
def test_a_case_that_cannot_be_read_is_refused_with_its_place(
    tmp_path: Path, row: str, words: str
) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(f"pack: rohs\ncases:\n  {row}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        list(read_cases(str(path)))
    assert [problem.line for problem in caught.value.problems] == [3]
    assert words in caught.value.problems[0].message
