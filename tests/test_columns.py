"""Whole lists in columns are judged as each product is by itself."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cncheck.cases import DEFAULT_DAY, case_files, read_cases
from cncheck.columns.conditions import COLUMN_OPERATORS
from cncheck.columns.wide import FALLS_DUE, UNDETERMINED, UNSETTLED, Wanted, answered, lazily, sheet
from cncheck.conditions import OPERATORS
from cncheck.evaluate import evaluate
from cncheck.gate import counted, gate, policy
from cncheck.load.packs import wording_problems
from cncheck.load.products import read_product
from cncheck.load.rules import form_problems, load_rules, rules_folder
from cncheck.model import ROW_ERROR, SEPARATOR, STATUSES, VERDICTS, Product, ProductReport, Report, Rules
from drawing import DAYS, VOCABULARY, packs, product, rules_of
from engines import by_columns, by_product, differences, differing, frame_of
from test_properties import Drawing, boundaries, read

CASES = [case for file in case_files(rules_folder()) for case in read_cases(file)]
TODAY = date.fromisoformat(DEFAULT_DAY)
DAY = timedelta(days=1)


# ---- the cases of the packs ----------------------------------------------------------------------


@cache
def differing_cases(as_of: date) -> Mapping[int, list[Any]]:
    """Case -> where the engines differ, for all cases of a day."""
    rules = load_rules()
    cases = [i for i, case in enumerate(CASES) if case.as_of == as_of]
    products = [read(CASES[i].product, rules) for i in cases]
    wanted, told = by_product(products, rules, as_of), by_columns(products, rules, as_of)
    return {i: list(differing(*both)) for i, *both in zip(cases, wanted, told, strict=True)}


@pytest.mark.parametrize("i", range(len(CASES)), ids=lambda i: f"{CASES[i].pack}: {CASES[i].name}")
def test_columns_say_of_a_case_what_the_evaluator_says(i):
    assert not differing_cases(CASES[i].as_of)[i], f"{CASES[i].file}:{CASES[i].line}"


# ---- the packs that come with cncheck ------------------------------------------------------------


@pytest.fixture(scope="module")
def drawing(rules: Rules, tests_in: Any, facts_in: Any) -> Drawing:
    return Drawing(rules, tests_in, facts_in)


@pytest.fixture(scope="module")
def drawn(drawing: Drawing) -> list[Product]:
    """Some hundred products near what the packs look at."""
    rows: list[Any] = []

    @settings(max_examples=60)
    @given(questions=st.lists(drawing.questions(), min_size=10, max_size=10))
    def draw(questions: Any) -> None:
        rows.extend(question.row for question in questions)

    draw()
    return [read(row, drawing.rules) for row in rows]


@pytest.mark.parametrize("part", range(6))
def test_columns_say_of_any_products_what_the_evaluator_says(part, drawing, drawn):
    """On the eve, the first or the second day of whatever begins or ends in a pack."""
    for i, first in list(enumerate(drawing.days))[part::6]:
        as_of = first + (i // 6 % 3 - 1) * DAY
        some = Random(i).sample(drawn, 30)
        assert not differences(some, drawing.rules, as_of, presume=bool(i % 2)), as_of


# ---- any pack that the language can say ------------------------------------------------------------

as_of_days = st.builds(
    lambda day, shift: date.fromisoformat(day) + shift * DAY,
    st.sampled_from(DAYS), st.integers(-1, 1),
)  # fmt: skip
seeds = st.integers(0, 2**20)


def some_products(seed: int, rules: Rules, how_many: int = 30) -> list[Product]:
    random = Random(seed)
    return [product(random, rules) for _ in range(how_many)]


@settings(max_examples=250)
@given(raw=packs(), as_of=as_of_days, presume=st.booleans(), seed=seeds)
def test_columns_say_of_any_pack_what_the_evaluator_says(raw, as_of, presume, seed):
    rules = rules_of(raw)
    assert not differences(some_products(seed, rules), rules, as_of, presume=presume)


@settings(max_examples=30)
@given(raw=packs())
def test_the_packs_that_are_drawn_could_be_written(raw):
    assert not form_problems(raw, "pack")
    assert not wording_problems(raw, VOCABULARY)


def test_what_is_drawn_reaches_every_verdict_status_and_operator(tests_in):
    verdicts, statuses, operators = Counter(), Counter(), set()

    @given(raw=packs(), as_of=as_of_days, seed=seeds)
    def draw(raw: Any, as_of: date, seed: int) -> None:
        rules = rules_of(raw)
        operators.update(test.operator for test in tests_in(rules.packs[0]))
        for answer in by_product(some_products(seed, rules), rules, as_of):
            for said in answer.values():
                verdicts[said["verdict"]] += 1
                statuses.update(duty["status"] for duty in said["duties"].values())

    draw()
    assert verdicts.keys() == set(VERDICTS.values())
    assert statuses.keys() == set(STATUSES)
    assert operators == OPERATORS.keys()
