"""Whole lists in columns are judged as each product is by itself."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cncheck.cases import DEFAULT_DAY, case_files, read_cases
from cncheck.columns.conditions import COLUMN_OPERATORS
from cncheck.columns.wide import (
    FALLS_DUE,
    UNDETERMINED,
    UNSETTLED,
    Sheet,
    Wanted,
    answered,
    lazily,
    sheet,
)
from cncheck.conditions import OPERATORS
from cncheck.evaluate import evaluate
from cncheck.gate import counted, gate, policy
from cncheck.load.packs import wording_problems
from cncheck.load.rules import form_problems, load_rules, rules_folder
from cncheck.load.typed import typed_frame
from cncheck.model import (
    ROW_ERROR,
    SEPARATOR,
    STATUSES,
    VERDICTS,
    Finding,
    Product,
    ProductReport,
    Report,
    Rules,
)
from drawing import DAYS, VOCABULARY, packs, product, rules_of, seeded, written
from engines import by_columns, by_product, differences, differing, frame_of
from test_properties import Drawing, read

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
    """Two hundred products near what the packs look at."""
    rows: list[Any] = []

    @settings(max_examples=20)
    @given(questions=st.lists(drawing.questions(), min_size=10, max_size=10))
    def draw(questions: Any) -> None:
        rows.extend(question.row for question in questions)

    draw()
    return [read(row, drawing.rules) for row in rows]


def test_columns_say_of_any_products_what_the_evaluator_says(drawing, drawn):
    """On the eve, the first or the second day of whatever begins or ends in a pack."""
    for i, first in enumerate(drawing.days):
        as_of = first + (i % 3 - 1) * DAY
        some = seeded(i).sample(drawn, 25)
        wrong = differences(some, drawing.rules, as_of, presume=bool(i % 2), changes=False)
        assert not wrong, as_of


@pytest.mark.parametrize("tenth", [1, 4, 6, 7, 8])
def test_columns_find_the_day_on_which_the_answer_for_a_product_changes(tenth, drawing, drawn):
    as_of = drawing.days[len(drawing.days) * tenth // 10] - (tenth % 2) * DAY
    some = seeded(tenth).sample(drawn, 12)
    assert not differences(some, drawing.rules, as_of, presume=tenth != 4)


# ---- any pack that the language can say ------------------------------------------------------------

as_of_days = st.builds(
    lambda day, shift: date.fromisoformat(day) + shift * DAY,
    st.sampled_from(DAYS), st.integers(-1, 1),
)  # fmt: skip
seeds = st.integers(0, 2**20)


def some_products(seed: int, rules: Rules, how_many: int = 30) -> list[Product]:
    random = seeded(seed)
    return [product(random, rules) for _ in range(how_many)]


@settings(max_examples=120)
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


# ---- operators -----------------------------------------------------------------------------------

day = date.fromisoformat
#   operator, fact, operand, what is stated: some of it passes, some does not
OPERANDS = [
    ("is", "weight", 2, [1.9, 2, 2.0, 2.1]),
    ("is", "count", 2, [1, 2, 3]),
    ("is", "weight", {"fact": "count"}, [{"weight": 2.0, "count": 2}, {"weight": 2.5, "count": 2}]),
    ("is", "label", "A", ["A", "a", "A A", "Ä"]),
    ("is", "colour", "red", ["red", "blue"]),
    ("is", "colour", {"fact": "evidence.small.route"}, [
        {"colour": "red", "evidence.small.route": "red"},
        {"colour": "red", "evidence.small.route": "blue"},
        {"colour": "red", "evidence.small.route": True},
        {"colour": "red"},
    ]),
    ("is", "on", True, [True, False]),
    ("is", "on", {"fact": "off"}, [{"on": True, "off": True}, {"on": True, "off": False}]),
    ("is", "sold", False, [True, False]),
    ("in", "colour", ["red", "blue"], ["red", "green", "blue"]),
    ("in", "count", list(range(10)), [0, 9, 10, -1]),
    ("in", "weight", [0, 1.5], [0, 0.5, 1.5]),
    ("in", "on", [True], [True, False]),
    ("in", "label", {"fact": "codes"}, [
        {"label": "A", "codes": ("A", "B")},
        {"label": "A", "codes": ("AA",)},
        {"label": "A.", "codes": ("AB", "C")},
        {"label": "A"},
    ]),
    ("not_in", "colour", ["red", "blue"], ["red", "green", "blue"]),
    ("not_in", "label", {"fact": "codes"}, [
        {"label": "A", "codes": ("B", "A")},
        {"label": "A", "codes": ("BA", "AB")},
    ]),
    ("is_a", "product_type", ["lamp"], ["lamp", "led_lamp", "fan", "chair"]),
    ("is_a", "product_type", ["thing"], ["lamp", "led_lamp", "fan", "chair"]),
    ("is_a", "product_type", ["led_lamp", "chair"], ["lamp", "led_lamp", "fan", "chair"]),
    *((word, "weight", 2, [1, 1.9999999, 2, 2.0000001, 3]) for word in
      ("above", "at_least", "at_most", "below")),
    *((word, "weight", {"fact": "size"}, [{"weight": w, "size": 2} for w in (1, 2, 3)]) for word in
      ("above", "at_least", "at_most", "below")),
    *((word, "tested_on", "2026-02-28", [*map(day, ("2026-02-27", "2026-02-28", "2026-03-01"))])
      for word in ("after", "from", "until", "before")),
    *((word, "tested_on", {"fact": "shipped_on", "plus": "1 month"}, [
        {"tested_on": day(one), "shipped_on": day("2026-01-31")}
        for one in ("2026-02-27", "2026-02-28", "2026-03-01")
    ]) for word in ("after", "from", "until", "before")),
    ("includes_any", "paint", ["red", "blue"], [("red",), ("green",), ("green", "blue")]),
    ("includes_any", "roles", ["seller"], [("seller", "producer"), ("producer",)]),
    ("excludes_all", "paint", ["red", "blue"], [("red",), ("green",), ("green", "blue")]),
    ("excludes_all", "codes", ["re"], [("red",), ("green", "re"), ("r", "e")]),
    ("matches", "label", "[A-Z]\\d{2}", ["A12", "A1", "xA12", "A123", "Ä12", "A１２"]),
    ("all_match", "codes", "r.*|b", [("red",), ("red", "b"), ("red", "blue"), ("green",)]),
    ("given", "evidence.small.report", True, ["R", True, False]),
    ("given", "evidence.small.report", False, ["R", True, False]),
    ("given", "evidence.small.stage", True, [("red",), False]),
    ("given", "evidence.small.done", True, [True, False]),
    ("given", "sold", True, [True, False]),
]  # fmt: skip


def test_both_engines_know_the_same_operators():
    assert COLUMN_OPERATORS.keys() == OPERATORS.keys()


def test_every_operator_is_tried_on_every_kind_of_fact_that_it_has_columns_for():
    assert {row[0] for row in OPERANDS} == OPERATORS.keys()


@pytest.mark.parametrize(("operator", "fact", "operand", "stated"), OPERANDS)
def test_an_operator_is_the_same_in_columns(operator, fact, operand, stated):
    rules = rules_of(written(applies_if={fact: {operator: operand}}))
    rows = [{}, *(value if isinstance(value, dict) else {fact: value} for value in stated)]
    products = [Product("P", "P", {"id": "P", "product_type": "chair", **row}) for row in rows]
    assert not differences(products, rules, TODAY)
    verdicts = {answer["small"]["verdict"] for answer in by_product(products, rules, TODAY)}
    assert {"applies", "does_not_apply"} <= verdicts


HIGHER = [
    *((word, limit) for word in ("above", "at_least", "at_most", "below", "is")
      for limit in (1, 2, {"fact": "size"})),
    ("in", [1, 2]), ("not_in", [1, 3]), ("given", True), ("given", False),
]  # fmt: skip


@pytest.mark.parametrize(("operator", "operand"), HIGHER)
@pytest.mark.parametrize("more", [{}, {"size": 1}, {"size": 2}])
def test_a_value_that_may_be_higher_settles_the_same_in_columns(operator, operand, more):
    rules = rules_of(written(applies_if={"weight": {operator: operand}}))
    facts = {"id": "P", "product_type": "chair", "weight": 2, **more}
    products = [
        Product("P", "P", facts, lower_bounds=frozenset({"weight"})),
        Product("P", "P", facts),
    ]
    assert not differences(products, rules, TODAY)


# ---- every row in words --------------------------------------------------------------------------

WITHIN = 90
STRICT = Wanted(undetermined=True, due_by=TODAY + WITHIN * DAY)


def row_of(
    report: ProductReport, rules: Rules, as_of: date, forces: Sequence[str]
) -> dict[str, Any]:
    """Return what a wide row says of a product, told from the report on it."""
    how = policy(["violated"], forces)
    duties = [duty for _, _, duty in counted(Report(as_of, rules.packs, (report,)), how)]
    open_ = [f for f in report.findings if f.verdict == "undetermined"]
    days = [f.next_change.date for f in report.findings if f.next_change]
    row: dict[str, Any] = {}
    for finding in report.findings:
        row[finding.pack.id] = finding.verdict
        row[f"{finding.pack.id}.matched"] = [match.entry.code for match in finding.matched]
    for status in ("violated", "open"):
        row[status] = [duty.obligation.id for duty in duties if duty.status == status]
    row["undetermined"] = [finding.pack.id for finding in open_]
    missing = dict.fromkeys(fact for finding in open_ for fact in finding.missing)
    row["missing"] = sorted(missing, key=lambda fact: (*rank(fact, open_), fact))
    joined = {k: SEPARATOR.join(v) or None if isinstance(v, list) else v for k, v in row.items()}
    return joined | {"next_change": min(days, default=None)}


def rank(fact: str, open_: Sequence[Finding]) -> tuple[int, int]:
    """Rank what is missing: what most schemes ask for first, then in the order of the schemes."""
    asking = [i for i, finding in enumerate(open_) if fact in finding.missing]
    return -len(asking), min(asking, default=0)


def wide(frame: pl.DataFrame, rules: Rules, as_of: date, wanted: Wanted, **how: bool) -> Any:
    asked = sheet(frame.lazy(), rules, as_of, wanted, **how)
    return answered(asked, asked.plan.frame.collect())


def told_differently(
    products: Sequence[Product], rules: Rules, as_of: date, forces: Sequence[str] = (), **how: bool
) -> Iterator[tuple[Any, ...]]:
    """Yield where a wide row says something else than the report."""
    wanted = Wanted(forces=frozenset({"mandatory", *forces}))
    frame = wide(frame_of(products, rules), rules, as_of, wanted, **how).frame
    for one, row in zip(products, frame.iter_rows(named=True), strict=True):
        report = evaluate(one, rules, as_of, **how)
        want = row_of(report, rules, as_of, forces) | {"error": None}
        keys = {name: row.pop(name) for name in list(row) if name not in want}
        assert keys == {name: one.facts.get(name) for name in keys}
        open_ = [finding for finding in report.findings if finding.verdict == "undetermined"]
        missing = row["missing"].split(SEPARATOR) if row["missing"] else []
        ranks = [rank(fact, open_) for fact in missing]
        assert ranks == sorted(ranks)
        missing.sort(key=lambda fact: (*rank(fact, open_), fact))  # equals in any order
        row["missing"] = SEPARATOR.join(missing) or None
        yield from ((dict(one.facts), *difference) for difference in differing(want, row))


@pytest.fixture(scope="module")
def todays_cases(rules: Rules) -> list[Product]:
    return [read(case.product, rules) for case in CASES if case.as_of == TODAY]


@pytest.mark.parametrize("forces", [(), ("pilot", "voluntary")])
def test_a_row_of_a_case_says_in_words_what_the_report_says(forces, todays_cases, rules):
    assert not list(told_differently(todays_cases, rules, TODAY, forces))


@settings(max_examples=60)
@given(raw=packs(), as_of=as_of_days, presume=st.booleans(), seed=seeds)
def test_a_row_under_any_pack_says_in_words_what_the_report_says(raw, as_of, presume, seed):
    rules = rules_of(raw)
    products = some_products(seed, rules)
    assert not list(told_differently(products, rules, as_of, ("pilot",), presume=presume))


def tripped(report: ProductReport, rules: Rules, as_of: date) -> Iterator[tuple[str, str]]:
    """Yield what trips the gate of a product, and why."""
    alone = Report(as_of, rules.packs, (report,))
    for reason in gate(alone, policy(["open", "undetermined", f"due:{WITHIN}d"])).reasons:
        name, _, what = reason.partition(": ")[2].partition(" ")
        word = "falls due" if what.startswith("falls due") else what.removeprefix("is ")
        yield name, word


def tallied(tally: Any) -> Iterator[tuple[tuple[str, str], int]]:
    """Yield what trips the gate of a list, and in how many rows."""
    words = {
        "violated": "violated", "open": "open", UNDETERMINED: "undetermined",
        UNSETTLED: "undetermined", FALLS_DUE: "falls due",
    }  # fmt: skip
    for column, word in words.items():
        for labels, rows in tally[column].items():
            for label in labels:
                yield (label, word), rows


@settings(max_examples=60)
@given(raw=packs(), as_of=as_of_days, seed=seeds)
def test_what_is_counted_of_a_list_is_what_trips_the_gate_of_its_products(raw, as_of, seed):
    rules = rules_of(raw)
    products = some_products(seed, rules)
    want = Counter(
        reason for one in products for reason in tripped(evaluate(one, rules, as_of), rules, as_of)
    )
    wanted = Wanted(undetermined=True, due_by=as_of + WITHIN * DAY)
    told: Counter[tuple[str, str]] = Counter()
    for reason, rows in tallied(wide(frame_of(products, rules), rules, as_of, wanted).tally):
        told[reason] += rows
    assert not list(differing(dict(want), {key: n for key, n in told.items() if n}))


# ---- what changes nothing ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def typed_cases(todays_cases: list[Product], rules: Rules) -> pl.DataFrame:
    """Some of the cases of today, each with an id of its own and every seventh with an error."""
    some = seeded(1).sample(todays_cases, 120)
    frame = frame_of(some, rules)
    number = pl.int_range(pl.len())
    error = pl.when(number % 7 == 3).then(pl.lit("line 3 is too long."))
    return frame.with_columns(id=number.cast(pl.String), **{ROW_ERROR: error})


@pytest.fixture(scope="module")
def asked(typed_cases: pl.DataFrame, rules: Rules) -> Sheet:
    return sheet(typed_cases.lazy(), rules, TODAY)


@pytest.fixture(scope="module")
def told(asked: Sheet) -> pl.DataFrame:
    return answered(asked, asked.plan.frame.collect()).frame


def test_a_row_that_could_not_be_read_keeps_its_place_and_gets_no_answer(typed_cases, told):
    assert told["id"].to_list() == typed_cases["id"].to_list()
    assert told["error"].to_list() == typed_cases[ROW_ERROR].to_list()
    wrong = told.filter(pl.col("error").is_not_null()).drop("id", "product_type", "error")
    assert wrong.height > 10
    empty = [name for name in wrong.columns if wrong[name].null_count() == wrong.height]
    assert set(wrong.columns) - set(empty) <= {"name", "model", "enterprise"}


def test_a_row_that_could_not_be_read_is_counted_nowhere(asked, told):
    tally = answered(asked, asked.plan.frame.collect()).tally
    readable = told["error"].null_count()
    assert {sum(rows.values()) for rows in tally.values()} == {readable}


def test_the_order_of_the_rows_changes_no_answer(typed_cases, rules, told):
    other = typed_cases.sample(fraction=1, shuffle=True, seed=2)
    found = wide(other, rules, TODAY, Wanted()).frame
    assert found["id"].to_list() == other["id"].to_list()
    assert found.sort(pl.col("id").cast(pl.Int64)).equals(told)


def test_the_order_of_the_columns_and_blank_ones_change_no_answer(typed_cases, rules, told):
    blank = [name for name in sorted(rules.facts) if name not in typed_cases.columns]
    text = pl.LazyFrame(schema=dict.fromkeys(blank, pl.String))
    schema = {
        name: kind for name, kind in typed_frame(text, rules).collect_schema().items()
        if name != ROW_ERROR
    }  # fmt: skip
    more = typed_cases.with_columns(pl.lit(None, dtype=kind).alias(n) for n, kind in schema.items())
    found = wide(more.select(sorted(more.columns)), rules, TODAY, Wanted()).frame
    assert found.select(told.columns).equals(told)


@pytest.mark.parametrize("size", [1, 7, 100])
def test_the_size_of_the_batches_changes_no_answer(size, asked, told):
    batches = asked.plan.frame.collect().iter_slices(size)
    assert pl.concat(answered(asked, batch).frame for batch in batches).equals(told)


def test_a_list_that_streams_is_told_as_one_that_is_read_at_once(typed_cases, rules, told):
    lazy = lazily(typed_cases.lazy(), rules, TODAY)
    assert lazy.collect_schema() == told.schema
    assert lazy.collect().equals(told)
    with pl.Config(streaming_chunk_size=13):
        assert lazy.collect(engine="streaming").equals(told)


@pytest.mark.parametrize(
    "names", [["id"], ["error"], ["next_change"], ["rohs", "id"], ["missing", "rohs.matched"]]
)
def test_a_column_alone_is_what_it_is_among_all(names, typed_cases, rules):
    cases = typed_cases.with_columns(  # in some rows no answer is given
        pl.when(pl.int_range(pl.len()) % 3 == 0).then(pl.lit("why")).alias(ROW_ERROR)
    )
    lazy = lazily(cases.lazy(), rules, TODAY)
    assert lazy.select(names).collect().equals(lazy.collect().select(names))
    some = lazy.filter(pl.col("open").is_not_null()).select(names)
    assert some.collect().equals(lazy.collect().filter(pl.col("open").is_not_null()).select(names))


def test_a_list_without_rows_has_the_columns_of_one_with_rows(asked, told):
    empty = answered(asked, asked.plan.frame.clear().collect()).frame
    assert empty.schema == told.schema
    assert empty.height == 0
