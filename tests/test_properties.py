"""What holds for every product, drawn from the vocabulary, under the packs that come with cncheck."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import cncheck
from cncheck.conditions import FactPlus
from cncheck.evaluate import evaluate
from cncheck.gate import gate, policy, summary
from cncheck.load.products import read_product
from cncheck.model import Fact, Finding, Product, ProductReport, Report, Rules
from cncheck.report import Run
from cncheck.report.json import document

FIRST, LAST = date(2015, 1, 1), date(2032, 12, 31)
UNRELATED = {"name": "Another name", "model": "M-1", "enterprise": "ACME"}
DAY = timedelta(days=1)


class Question(NamedTuple):
    """A descriptor, as somebody may write it, and the day it is asked for."""

    row: dict[str, Any]
    as_of: date


# ---- drawing questions -----------------------------------------------------------------------------


class Drawing:
    """Draws questions near the thresholds and days that occur in the packs.

    It carries the rules, too: what a test is given beside it would be printed whole on a failure.
    """

    def __init__(self, rules: Rules, tests_in: Any, facts_in: Any) -> None:
        self.rules = rules
        self.tests = [test for pack in rules.packs for test in tests_in(pack)]
        self.days = boundaries(rules, self.tests)
        self.operands: dict[str, set[Any]] = {}
        for test in self.tests:
            operand = test.operand
            if not isinstance(operand, (FactPlus, bool)):
                values = operand if isinstance(operand, frozenset) else [operand]
                self.operands.setdefault(test.fact, set()).update(values)
        texts = (
            {s.number for pack in rules.packs for entry in pack.entries for s in entry.standards}
            | {v for p in rules.packs for e in p.entries for v in e.facts.values() if isinstance(v, str)}
            | {"20243775-T-339", "PEF", "GB/T 47064-2026", "A-1"}
        )  # fmt: skip
        self.texts = sorted(texts - {"none", "unknown"})  # which show nothing, and are refused
        self.types = sorted(t.id for t in rules.vocabulary.types.values() if not t.group)
        looked_at = frozenset().union(*map(facts_in, rules.packs)) & rules.facts.keys()
        self.looked_at = sorted(looked_at - {"product_type"})
        self.reduced = {name for name in rules.facts if name.startswith(("materials", "exemption"))}
        self.relevant = {name: self._relevant(name, facts_in) for name in self.types}

    def _relevant(self, type_: str, facts_in: Any) -> list[str]:
        wider = self.rules.vocabulary.types[type_].wider
        found: set[str] = set()
        for pack in self.rules.packs:
            entries = [e for e in pack.entries if e.product_types & wider]
            for part in (pack.applies_if, *entries, *(pack.obligations if entries else ())):
                found |= facts_in(part)
        return sorted(found & self.rules.facts.keys() - {"product_type"})

    def day(self) -> st.SearchStrategy[date]:
        near = st.builds(
            lambda day, shift: day + timedelta(days=shift),
            st.sampled_from(self.days), st.integers(-1, 1),
        )  # fmt: skip
        return near | st.dates(FIRST, LAST)

    def value(self, fact: Fact) -> st.SearchStrategy[Any]:
        """Values of the kind of `fact`, as a descriptor writes them."""
        if fact.kind in ("number", "integer"):
            step = 1 if fact.kind == "integer" else 0.01
            marks = {v for v in self.operands.get(fact.name, ()) if isinstance(v, (int, float))}
            near = sorted({v + d for v in marks or {3} for d in (-step, 0, step)})
            least = -1e9 if fact.minimum is None else fact.minimum
            return st.sampled_from([int(v) if step == 1 else v for v in near if v >= least])
        if fact.kind == "boolean":
            return st.booleans()
        if fact.kind == "date":
            return self.day().map(date.isoformat)
        if fact.kind == "roles":
            return st.lists(
                st.sampled_from(sorted(self.rules.vocabulary.roles)), min_size=1, max_size=3
            )
        if fact.kind == "product_type":
            return st.sampled_from(self.types)
        words = fact.values or (("37.2", "40", "6(c)") if fact.kind == "choices" else self.texts)
        one = st.sampled_from(words)
        return st.lists(one, min_size=1, max_size=5, unique=True) if fact.kind == "choices" else one

    def materials(self) -> st.SearchStrategy[list[Any]]:
        amounts = st.sampled_from([0, 99.9, 100, 100.1, 999.9, 1000, 1000.1, 5000])
        substances = ("Pb", "Hg", "Cd", "CrVI", "PBB", "PBDE", "DEHP", "BBP", "DBP", "DIBP")
        whole = st.fixed_dictionaries(dict.fromkeys(substances, amounts))
        some = st.dictionaries(st.sampled_from(substances), amounts)
        material = st.fixed_dictionaries(
            {"substances": whole | some},
            optional={
                "part": st.just("case"),
                "exemption": st.sampled_from(["37.2", "6(c)"]),
                "basis": st.sampled_from(["homogeneous", "component"]),
            },
        )
        return st.lists(material, min_size=1, max_size=3)

    def questions(self) -> st.SearchStrategy[Question]:
        """Products of any kind, with facts and evidence, mostly such as some pack asks for."""
        return st.composite(self._question)()

    def _question(self, draw: st.DrawFn) -> Question:
        kind = draw(st.sampled_from(self.types))
        row: dict[str, Any] = {"id": "P", "product_type": kind}
        names = st.sampled_from(self.relevant[kind]) | st.sampled_from(self.looked_at)
        for name in draw(st.lists(names, max_size=14, unique=True)):
            value = self.value(self.rules.facts[name])
            state(row, name, draw(st.booleans() | value if is_evidence(name) else value))
        if draw(st.integers(0, 3)) == 0:
            row = {key: value for key, value in row.items() if key not in self.reduced}
            row["materials"] = draw(self.materials())
        return Question(row, draw(self.day()))


def is_evidence(name: str) -> bool:
    return name.startswith("evidence.")


def state(row: dict[str, Any], name: str, value: Any) -> None:
    """Write a fact or a piece of evidence into a descriptor."""
    if is_evidence(name):
        _, pack, key = name.split(".")
        row.setdefault("evidence", {}).setdefault(pack, {})[key] = value
    else:
        row[name] = value


def boundaries(rules: Rules, tests: list[Any]) -> list[date]:
    """Every day on which something in the packs begins or ends."""
    found: set[date | None] = {test.operand for test in tests if isinstance(test.operand, date)}
    for pack in rules.packs:
        windows = [*pack.phases, *pack.obligations, *(s for e in pack.entries for s in e.standards)]
        found.update(day for one in windows for day in one.window)
        found.update(v for e in pack.entries for v in e.facts.values() if isinstance(v, date))
    return sorted(day for day in found if day)


@pytest.fixture(scope="session")
def drawing(rules: Rules, tests_in: Any, facts_in: Any) -> Drawing:
    return Drawing(rules, tests_in, facts_in)


def read(row: Mapping[str, Any], rules: Rules) -> Product:
    product, problems = read_product(row, rules)
    assert product, problems
    return product


def answer(question: Question, rules: Rules, **how: bool) -> ProductReport:
    return evaluate(read(question.row, rules), rules, question.as_of, **how)


def statuses(finding: Finding) -> dict[str, str]:
    return {duty.obligation.id: duty.status for duty in finding.duties}


def matched(finding: Finding) -> dict[str, tuple[str, ...]]:
    return {match.entry.code: match.standards for match in finding.matched}


def essence(report: ProductReport) -> list[Any]:
    return [(f.pack.id, f.verdict, matched(f), statuses(f)) for f in report.findings]


# ---- what is said and what is not --------------------------------------------------------------------


@given(data=st.data())
def test_facts_that_no_condition_looks_at_change_nothing(drawing, facts_in, data):
    rules = drawing.rules
    question = data.draw(drawing.questions())
    assert not set(UNRELATED) & frozenset().union(*map(facts_in, rules.packs))
    more = question._replace(row=question.row | UNRELATED)
    assert essence(answer(more, rules)) == essence(answer(question, rules))


@given(data=st.data())
def test_once_the_missing_facts_are_stated_no_further_fact_is_missing(drawing, data):
    rules = drawing.rules
    question = data.draw(drawing.questions())
    for finding in answer(question, rules).findings:
        if finding.missing:
            row = dict(question.row)
            for name in finding.missing:
                row[name] = data.draw(drawing.value(rules.facts[name]))
            again = answer(Question(row, question.as_of), rules._replace(packs=(finding.pack,)))
            assert again.findings[0].missing == ()


@given(data=st.data())
def test_a_scheme_is_undetermined_just_when_it_says_what_is_missing_or_unclear(drawing, data):
    rules = drawing.rules
    question = data.draw(drawing.questions())
    for presume in (True, False):
        for finding in answer(question, rules, presume=presume).findings:
            open_ = bool(finding.missing or finding.unclear)
            assert (finding.verdict == "undetermined") is open_


@given(data=st.data())
def test_the_missing_facts_of_a_scheme_are_facts_of_the_vocabulary_and_not_stated(drawing, data):
    rules = drawing.rules
    question = data.draw(drawing.questions())
    for presume in (True, False):
        for finding in answer(question, rules, presume=presume).findings:
            assert set(finding.missing) <= rules.vocabulary.facts.keys() - question.row.keys()


@given(data=st.data())
def test_a_duty_that_is_met_or_not_bound_asks_for_nothing_and_an_undetermined_one_says_why(
    drawing, data
):
    rules = drawing.rules
    question = data.draw(drawing.questions())
    for finding in answer(question, rules).findings:
        for duty in finding.duties:
            assert set(duty.missing) <= rules.facts.keys()
            if duty.status in ("met", "not_bound"):
                assert not duty.missing
                assert not duty.unclear
            if duty.status == "undetermined":
                assert duty.missing or duty.unclear


@given(data=st.data())
def test_what_is_stated_is_never_assumed(drawing, data):
    rules = drawing.rules
    question = data.draw(drawing.questions())
    assumed = [name for name, _ in answer(question, rules).assumptions]
    assert not set(assumed) & question.row.keys()
    assert set(assumed) | question.row.keys() >= {fact.name for fact in rules.assumed}


@given(data=st.data())
def test_nothing_is_presumed_of_a_product_when_presumptions_are_off(drawing, data):
    rules = drawing.rules
    question = data.draw(drawing.questions())
    for finding in answer(question, rules, presume=False).findings:
        duties = [reason for duty in finding.duties for reason in duty.reasons]
        assert not [reason for reason in (*finding.reasons, *duties) if reason.presumed]


@given(data=st.data())
def test_what_is_presumed_was_not_stated_or_only_as_a_lower_bound_or_as_done(drawing, data):
    rules = drawing.rules
    question = data.draw(drawing.questions())
    product = read(question.row, rules)
    for finding in evaluate(product, rules, question.as_of).findings:
        for reason in (*finding.reasons, *(r for duty in finding.duties for r in duty.reasons)):
            if reason.presumed:
                value = product.facts.get(reason.fact)
                assert value is None or value is True or reason.fact in product.lower_bounds


@given(data=st.data())
def test_evidence_that_a_duty_does_not_look_at_leaves_it_as_it_is(drawing, facts_in, data):
    rules = drawing.rules
    question = data.draw(drawing.questions())
    before = answer(question, rules)
    row = json.loads(json.dumps(question.row))
    name = data.draw(st.sampled_from([name for name in sorted(rules.facts) if is_evidence(name)]))
    state(row, name, data.draw(st.booleans() | drawing.value(rules.facts[name])))
    after = answer(Question(row, question.as_of), rules)
    for old, new in zip(before.findings, after.findings, strict=True):
        now = statuses(new)
        for duty in old.duties:
            if name not in facts_in(duty.obligation):
                assert now[duty.obligation.id] == duty.status


@given(data=st.data())
def test_silence_about_roles_unbinds_nobody(drawing, data):
    rules = drawing.rules
    question = data.draw(drawing.questions())
    question.row.pop("roles", None)
    for finding in answer(question, rules).findings:
        assert "not_bound" not in statuses(finding).values()


@given(data=st.data())
def test_a_duty_that_is_not_bound_binds_none_of_the_stated_roles(drawing, data):
    rules = drawing.rules
    question = data.draw(drawing.questions())
    question.row["roles"] = data.draw(drawing.value(rules.facts["roles"]))
    kinds = rules.vocabulary.roles
    for finding in answer(question, rules).findings:
        for duty in finding.duties:
            binds = set(duty.obligation.binds)
            if duty.status == "not_bound":
                assert not any(binds & kinds[role].wider for role in question.row["roles"])


# ---- time --------------------------------------------------------------------------------------------


@given(data=st.data())
def test_a_product_made_today_is_judged_like_one_whose_day_of_manufacture_is_not_stated(
    drawing, data
):
    rules = drawing.rules
    question = data.draw(drawing.questions())
    question.row.pop("produced_on", None)
    stated = question.row | {"produced_on": question.as_of.isoformat()}
    assert essence(answer(question._replace(row=stated), rules)) == essence(answer(question, rules))


def seen(finding: Finding) -> Any:
    """What `next_change` promises: nothing of this changes before that day."""
    phase = finding.phase.id if finding.phase and finding.verdict != "does_not_apply" else None
    return finding.verdict, phase, matched(finding), statuses(finding)


@given(data=st.data())
def test_nothing_changes_before_the_next_change_and_something_does_on_that_day(drawing, data):
    rules = drawing.rules
    question = data.draw(drawing.questions())
    product = read(question.row, rules)
    own = {
        day + timedelta(days=days)
        for day in (v for v in product.facts.values() if isinstance(v, date))
        for days in (0, 1, 30, 31, 730, 731)
    }
    eves = {day + timedelta(days=shift) for day in drawing.days for shift in (-1, 0, 1)}
    later = sorted(day for day in own | eves if question.as_of < day <= LAST)
    random = data.draw(st.lists(st.dates(question.as_of, LAST + DAY), max_size=5))
    for finding in evaluate(product, rules, question.as_of).findings:
        alone = rules._replace(packs=(finding.pack,))
        change = finding.next_change
        end = change.date if change else LAST + DAY
        assert end > question.as_of
        for day in {*later, *random, end - DAY}:
            if question.as_of < day < end:
                then = evaluate(product, alone, day).findings[0]
                assert seen(then) == seen(finding), day
        if change:
            assert seen(evaluate(product, alone, end).findings[0]) != seen(finding)


def test_a_product_out_of_scope_is_told_of_no_change_of_phase(rules):
    """The draft catalogue reaches switches on 2027-08-01, the first day of a phase, but not this one."""
    row = {"id": "P", "product_type": "network_switch", "for_power_generation_or_grid": True}
    report = answer(Question(row, date(2026, 11, 21)), rules)
    (finding,) = (finding for finding in report.findings if finding.pack.id == "rohs")
    assert finding.verdict == "does_not_apply"
    assert finding.next_change is None


# ---- writing -----------------------------------------------------------------------------------------


@given(data=st.data())
def test_every_json_report_has_the_form_its_schema_promises(drawing, data):
    rules = drawing.rules
    questions = data.draw(st.lists(drawing.questions(), min_size=1, max_size=2))
    as_of = questions[0].as_of
    products = tuple(answer(Question(q.row, as_of), rules) for q in questions)
    report = Report(as_of, rules.packs, products, not_covered=rules.not_covered)
    how = policy([data.draw(st.sampled_from(["violated", "open", "undetermined", "due:90d"]))])
    run = Run(report, rules, how, gate(report, how), summary(report, how))
    wrong = [error.message for error in report_schema().iter_errors(document(run))]
    assert wrong == []


@cache
def report_schema() -> Draft202012Validator:
    path = Path(cncheck.__file__).parent / "schemas" / "report.schema.json"
    return Draft202012Validator(json.loads(path.read_text(encoding="utf-8")))
