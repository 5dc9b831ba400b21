"""The meaning of the rule language, one sentence at a time."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cncheck.conditions import OPERATORS, Answer, Condition, InCatalogue, Period, Situation, Text
from cncheck.load.language import BadWording, Words, condition, period
from cncheck.model import Fact, ProductType, Role

TODAY = date(2026, 11, 21)
ANYTHING = Text("?", "？")
OPEN = {"unclear": {"en": "The law does not say.", "zh": "法律未规定。"}}

KINDS = {
    "a": "boolean", "b": "boolean", "c": "boolean",
    "power": "number", "poles": "integer", "label": "text", "colour": "choice",
    "parts": "choices", "roles": "roles", "product_type": "product_type",
    "as_of": "date", "made": "date", "sold": "date",
    "evidence.p.done": "boolean", "evidence.p.share": "number", "evidence.p.grade": "integer",
    "evidence.p.report": "text", "evidence.p.route": "choice", "evidence.p.stages": "choices",
    "evidence.p.issued": "date",
    "entry.grades": "integer",
}  # fmt: skip


def kind_of(id_: str, *wider: str) -> ProductType:
    return ProductType(id_, ANYTHING, frozenset({id_, *wider}))


WORDS = Words(
    {name: Fact(name, kind, ANYTHING) for name, kind in KINDS.items()},
    {
        "fridge": kind_of("fridge", "appliance"),
        "appliance": kind_of("appliance"),
        "chair": kind_of("chair"),
    },
    {name: Role(name, ANYTHING, frozenset({name})) for name in ("producer", "importer", "seller")},
)


def situation(facts: dict[str, Any], *, as_of: date = TODAY, **more: Any) -> Situation:
    stated = {name: value for name, value in facts.items() if value is not None}
    type_ = WORDS.types.get(stated.get("product_type", ""))
    types = type_.wider if type_ else frozenset[str]()
    return Situation(stated | {"as_of": as_of}, types, **more)


def ask(raw: dict[str, Any], facts: dict[str, Any] | None = None, **more: Any) -> Answer:
    """Ask a condition, as a pack writes it, of a product of which `facts` are stated."""
    return condition(raw, WORDS).ask(situation(facts or {}, **more))


# ---- and, or, not --------------------------------------------------------------------------------

YES, NO, UNKNOWN = True, False, None

#    left     right    and      or
KLEENE = [
    (YES,     YES,     YES,     YES),
    (YES,     NO,      NO,      YES),
    (YES,     UNKNOWN, UNKNOWN, YES),
    (NO,      YES,     NO,      YES),
    (NO,      NO,      NO,      NO),
    (NO,      UNKNOWN, NO,      UNKNOWN),
    (UNKNOWN, YES,     UNKNOWN, YES),
    (UNKNOWN, NO,      NO,      UNKNOWN),
    (UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right", "both", "either"), KLEENE)
def test_and_is_decided_by_a_no_and_or_by_a_yes(left, right, both, either):
    facts = {"a": left, "b": right}
    assert ask({"all": [{"a": True}, {"b": True}]}, facts).truth is both
    assert ask({"a": True, "b": True}, facts).truth is both
    assert ask({"any": [{"a": True}, {"b": True}]}, facts).truth is either


@pytest.mark.parametrize(("value", "opposite"), [(YES, NO), (NO, YES), (UNKNOWN, UNKNOWN)])
def test_not_turns_yes_and_no_round_and_leaves_unknown(value, opposite):
    assert ask({"not": {"a": True}}, {"a": value}).truth is opposite


def test_an_unknown_answer_names_every_fact_that_is_missing():
    assert ask({"a": True, "b": True, "c": True}, {"b": True}).missing == ("a", "c")
    assert ask({"any": [{"a": True}, {"b": True}]}, {"a": False}).missing == ("b",)


def test_a_decided_answer_names_no_missing_fact():
    assert ask({"a": True, "b": True}, {"b": False}).missing == ()
    assert ask({"any": [{"a": True}, {"b": True}]}, {"b": True}).missing == ()


def test_a_decided_sibling_needs_no_question():
    raw = {"all": [{"any": [{"a": True}, {"b": True}]}, {"c": True}]}
    assert ask(raw, {"a": True}).missing == ("c",)


def test_a_fact_that_is_missing_twice_is_named_once():
    assert ask({"any": [{"power": {"below": 1}}, {"power": {"above": 2}}]}).missing == ("power",)


def test_the_reasons_are_the_tests_that_decided():
    answer = ask({"a": True, "b": True}, {"a": True, "b": False})
    assert [(r.fact, r.value, r.answer) for r in answer.reasons] == [("b", False, False)]
    answer = ask({"a": True, "b": True}, {"a": True, "b": True})
    assert [(r.fact, r.value, r.answer) for r in answer.reasons] == [
        ("a", True, True),
        ("b", True, True),
    ]


def test_what_the_law_leaves_open_is_kept_apart_from_what_is_missing():
    answer = ask({"a": True, **OPEN})
    assert answer.truth is None
    assert answer.missing == ("a",)
    assert [text.en for text in answer.unclear] == ["The law does not say."]


def test_an_open_question_of_law_does_not_matter_where_a_fact_decides():
    assert ask({"a": True, **OPEN}, {"a": False}) == ask({"a": True}, {"a": False})
    assert ask({"any": [{"a": True}, OPEN]}, {"a": True}).unclear == ()


@pytest.mark.parametrize("found", [YES, NO, UNKNOWN])
def test_in_catalogue_repeats_what_the_catalogue_said_and_false_turns_it_round(found):
    said = Answer(found, missing=("power",) if found is None else ())
    here = situation({})._replace(in_catalogue=said)
    assert InCatalogue(wanted=True).ask(here) == said
    turned = InCatalogue(wanted=False).ask(here)
    assert turned.truth is (None if found is None else not found)
    assert turned.missing == said.missing


# ---- unless and if_stated --------------------------------------------------------------------------

INNER = {"a": True}
WITH_LAW = {"a": True, **OPEN}

#    condition                                    a is yes  a is no   a is not stated
PRESUMED = [
    ({"unless": INNER},                           NO,       YES,      YES),
    ({"if_stated": INNER},                        YES,      NO,       NO),
    ({"unless": {"not": INNER}},                  YES,      NO,       YES),
    ({"if_stated": {"not": INNER}},               NO,       YES,      NO),
    ({"not": {"unless": INNER}},                  YES,      NO,       NO),
    ({"not": {"if_stated": INNER}},               NO,       YES,      YES),
    ({"unless": {"not": {"not": INNER}}},         NO,       YES,      YES),
    ({"unless": {"unless": INNER}},               YES,      NO,       NO),
    ({"unless": {"if_stated": INNER}},            NO,       YES,      YES),
    ({"if_stated": {"unless": INNER}},            NO,       YES,      YES),
    ({"if_stated": {"if_stated": INNER}},         YES,      NO,       NO),
    ({"if_stated": {"not": {"unless": INNER}}},   YES,      NO,       NO),
    ({"unless": {"not": {"if_stated": INNER}}},   YES,      NO,       NO),
    ({"unless": [INNER, {"a": True}]},            NO,       YES,      YES),
    ({"unless": OPEN},                            UNKNOWN,  UNKNOWN,  UNKNOWN),
    ({"if_stated": OPEN},                         UNKNOWN,  UNKNOWN,  UNKNOWN),
    ({"unless": WITH_LAW},                        UNKNOWN,  YES,      YES),
    ({"if_stated": WITH_LAW},                     UNKNOWN,  NO,       NO),
    ({"unless": {"not": WITH_LAW}},               UNKNOWN,  NO,       UNKNOWN),
    ({"unless": {"unless": WITH_LAW}},            UNKNOWN,  NO,       NO),
    ({"unless": {"any": [INNER, OPEN]}},          NO,       UNKNOWN,  UNKNOWN),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "yes", "no", "not_stated"), PRESUMED, ids=repr)
def test_an_exception_counts_only_where_it_is_stated(raw, yes, no, not_stated):
    assert ask(raw, {"a": True}).truth is yes
    assert ask(raw, {"a": False}).truth is no
    assert ask(raw).truth is not_stated


@pytest.mark.parametrize(("raw", "yes", "no", "_"), PRESUMED, ids=repr)
def test_without_presumptions_an_exception_that_nobody_stated_is_asked_for(raw, yes, no, _):
    assert ask(raw, {"a": True}, presume=False).truth is yes
    assert ask(raw, {"a": False}, presume=False).truth is no
    answer = ask(raw, presume=False)
    assert answer.truth is None
    assert answer.missing == (() if raw in ({"unless": OPEN}, {"if_stated": OPEN}) else ("a",))
    assert not any(reason.presumed for reason in answer.reasons)


#    a        b        unless a and not b    unless a, unless b
EXCEPTIONS = [
    (YES,     YES,     YES,                  YES),
    (YES,     NO,      NO,                   NO),
    (YES,     UNKNOWN, YES,                  NO),
    (NO,      YES,     YES,                  YES),
    (NO,      NO,      YES,                  YES),
    (NO,      UNKNOWN, YES,                  YES),
    (UNKNOWN, YES,     YES,                  YES),
    (UNKNOWN, NO,      YES,                  YES),
    (UNKNOWN, UNKNOWN, YES,                  YES),
]  # fmt: skip


@pytest.mark.parametrize(("a", "b", "plain", "nested"), EXCEPTIONS)
def test_an_exception_to_an_exception_counts_only_where_it_is_stated_itself(a, b, plain, nested):
    facts = {"a": a, "b": b}
    assert ask({"unless": {"a": True, "not": {"b": True}}}, facts).truth is plain
    assert ask({"unless": {"a": True, "unless": {"b": True}}}, facts).truth is nested


def test_what_is_presumed_is_reported_as_a_presumption():
    (reason,) = ask({"unless": {"power": {"above": 1000}}}).reasons
    assert reason.presumed
    assert (reason.fact, reason.value, reason.test.en) == ("power", None, "above 1000")
    assert reason.answer is False


def test_what_is_presumed_under_a_not_is_reported_with_the_answer_that_was_presumed():
    (reason,) = ask({"unless": {"not": {"a": True}}}).reasons
    assert reason.presumed
    assert reason.answer is True


def test_what_is_stated_is_not_reported_as_a_presumption():
    (reason,) = ask({"unless": {"a": True}}, {"a": False}).reasons
    assert not reason.presumed


def test_a_rule_beside_an_exception_is_not_presumed():
    answer = ask({"b": True, "unless": {"a": True}})
    assert answer.truth is None
    assert answer.missing == ("b",)


# ---- operators -------------------------------------------------------------------------------------

LATER, DAY = date(2026, 11, 22), timedelta(days=1)

#    operator        fact            operand              yes                        no
TABLE = [
    ("is",           "a",            True,                [True],                    [False]),
    ("is",           "power",        2,                   [2, 2.0],                  [1.999, 2.001]),
    ("is",           "poles",        4,                   [4],                       [3, 5]),
    ("is",           "label",        "GB 1",              ["GB 1"],                  ["gb 1", "GB 11"]),
    ("is",           "colour",       "red",               ["red"],                   ["blue"]),
    ("in",           "colour",       ["red", "blue"],     ["red", "blue"],           ["green"]),
    ("in",           "poles",        [2, 4],              [2, 4],                    [1, 3, 5]),
    ("not_in",       "colour",       ["red", "blue"],     ["green"],                 ["red", "blue"]),
    ("not_in",       "power",        [0.5306],            [0.5305, 0.5307],          [0.5306]),
    ("is_a",         "product_type", "appliance",         ["appliance", "fridge"],   ["chair"]),
    ("is_a",         "product_type", ["chair", "fridge"], ["chair", "fridge"],       ["appliance"]),
    ("above",        "power",        2,                   [2.001],                   [2, 1.999]),
    ("at_least",     "power",        2,                   [2, 2.001],                [1.999]),
    ("at_most",      "power",        2,                   [2, 1.999],                [2.001]),
    ("below",        "power",        2,                   [1.999],                   [2, 2.001]),
    ("above",        "poles",        2,                   [3],                       [2, 1]),
    ("at_least",     "poles",        2,                   [2, 3],                    [1]),
    ("at_most",      "poles",        2,                   [2, 1],                    [3]),
    ("below",        "poles",        2,                   [1],                       [2, 3]),
    ("after",        "made",         "2026-11-21",        [LATER],                   [TODAY, TODAY - DAY]),
    ("from",         "made",         "2026-11-21",        [LATER, TODAY],            [TODAY - DAY]),
    ("until",        "made",         "2026-11-21",        [TODAY, TODAY - DAY],      [LATER]),
    ("before",       "made",         "2026-11-21",        [TODAY - DAY],             [TODAY, LATER]),
    ("includes_any", "parts",        ["x", "y"],          [("x",), ("z", "y")],      [("z",), ()]),
    ("includes_any", "roles",        ["producer"],        [("producer", "seller")],  [("seller",)]),
    ("excludes_all", "parts",        ["x", "y"],          [("z",), ()],              [("x",), ("z", "y")]),
    ("matches",      "label",        "GB ?[0-9]+",        ["GB 12", "GB12"],         ["a GB 12", "GB 12-2026"]),
    ("all_match",    "parts",        "[0-9]+",            [("1", "22"), ()],         [("1", "x"), ("1x",)]),
    ("given",        "a",            True,                [True],                    [False]),
    ("given",        "label",        True,                ["x"],                     []),
    ("given",        "power",        True,                [0, 1],                    []),
    ("given",        "made",         True,                [TODAY],                   []),
    ("given",        "parts",        True,                [("x",)],                  []),
]  # fmt: skip
BY_NAME = {name: (name, fact, operand) for name, fact, operand, _, _ in TABLE}


def test_the_table_asks_every_operator_for_a_yes_and_for_a_no():
    assert {name for name, _, _, yes, _ in TABLE if yes} == OPERATORS.keys()
    assert {name for name, _, _, _, no in TABLE if no} == OPERATORS.keys()


@pytest.mark.parametrize(("name", "fact", "operand", "yes", "no"), TABLE)
def test_an_operator_answers_on_and_on_both_sides_of_its_operand(name, fact, operand, yes, no):
    for value in yes:
        assert ask({fact: {name: operand}}, {fact: value}).truth is True, value
    for value in no:
        assert ask({fact: {name: operand}}, {fact: value}).truth is False, value


@pytest.mark.parametrize(("name", "fact", "operand"), BY_NAME.values(), ids=BY_NAME)
def test_an_operator_answers_unknown_for_a_fact_nobody_stated(name, fact, operand):
    answer = ask({fact: {name: operand}})
    assert answer.truth is None
    assert answer.missing == (fact,)


@pytest.mark.parametrize(("name", "_", "operand"), BY_NAME.values(), ids=BY_NAME)
def test_an_operator_takes_only_the_kinds_of_facts_it_is_for(name, _, operand):
    for other, kind in KINDS.items():
        if kind not in OPERATORS[name].kinds:
            with pytest.raises(BadWording, match="does not fit"):
                condition({other: {name: operand}}, WORDS)


def test_several_operators_in_one_mapping_must_all_hold():
    raw = {"power": {"at_least": 1, "below": 3}}
    assert [ask(raw, {"power": value}).truth for value in (0.9, 1, 2.9, 3)] == [NO, YES, YES, NO]


def test_a_plain_value_means_is_a_list_means_in_and_a_product_type_means_is_a():
    assert ask({"colour": "red"}, {"colour": "red"}).truth is True
    assert ask({"colour": ["red", "blue"]}, {"colour": "blue"}).truth is True
    assert ask({"product_type": "appliance"}, {"product_type": "fridge"}).truth is True
    assert ask({"product_type": ["chair", "appliance"]}, {"product_type": "fridge"}).truth is True
    assert ask({"product_type": "fridge"}, {"product_type": "appliance"}).truth is False


# ---- evidence ----------------------------------------------------------------------------------------

TYPED_EVIDENCE = [
    {"evidence.p.share": {"at_most": 5}},
    {"evidence.p.share": {"not_in": [5]}},
    {"evidence.p.grade": 2},
    {"evidence.p.grade": {"above": 0}},
    {"evidence.p.grade": {"at_least": 1}},
    {"evidence.p.report": {"matches": ".*"}},
    {"evidence.p.report": {"is": "x"}},
    {"evidence.p.route": ["x", "y"]},
    {"evidence.p.stages": {"includes_any": ["x"]}},
    {"evidence.p.stages": {"excludes_all": ["x"]}},
    {"evidence.p.stages": {"all_match": ".*"}},
    {"evidence.p.issued": {"before": "2030-01-01"}},
    {"evidence.p.issued": {"from": "2000-01-01"}},
]


@pytest.mark.parametrize("raw", TYPED_EVIDENCE, ids=repr)
def test_evidence_that_is_said_to_be_done_leaves_open_what_its_value_would_be(raw):
    (name,) = raw
    answer = ask(raw, {name: True})
    assert answer.truth is None
    assert answer.missing == (name,)


@pytest.mark.parametrize("raw", TYPED_EVIDENCE, ids=repr)
def test_evidence_that_is_said_not_to_be_done_answers_no_to_every_test_of_its_value(raw):
    (name,) = raw
    answer = ask(raw, {name: False})
    assert answer.truth is False
    assert [(r.value, r.answer) for r in answer.reasons] == [(False, False)]


@pytest.mark.parametrize("raw", TYPED_EVIDENCE, ids=repr)
def test_an_exception_is_presumed_not_to_hold_where_evidence_is_only_said_to_be_done(raw):
    (name,) = raw
    assert ask({"unless": raw}, {name: True}).truth is True
    assert ask({"unless": raw}, {name: True}, presume=False).missing == (name,)


@pytest.mark.parametrize("name", [name for name in KINDS if name.startswith("evidence.")])
def test_given_is_yes_for_what_is_done_no_for_what_is_not_and_unknown_for_silence(name):
    raw = {name: {"given": True}}
    assert ask(raw, {name: True}).truth is True
    assert ask(raw, {name: False}).truth is False
    assert ask(raw).truth is None
    assert ask({name: {"given": False}}, {name: False}).truth is True


def test_evidence_of_kind_boolean_is_compared_like_any_other_value():
    assert ask({"evidence.p.done": True}, {"evidence.p.done": True}).truth is True
    assert ask({"evidence.p.done": True}, {"evidence.p.done": False}).truth is False
    assert ask({"evidence.p.done": False}, {"evidence.p.done": False}).truth is True


# ---- facts as operands -------------------------------------------------------------------------------

PERIODS = [
    ("2026-11-21", "0 days", "2026-11-21"),
    ("2026-11-21", "1 day", "2026-11-22"),
    ("2026-01-30", "30 days", "2026-03-01"),
    ("2024-01-30", "30 days", "2024-02-29"),
    ("2026-12-15", "30 days", "2027-01-14"),
    ("2026-01-31", "1 month", "2026-02-28"),
    ("2024-01-31", "1 month", "2024-02-29"),
    ("2026-12-31", "1 month", "2027-01-31"),
    ("2026-11-30", "1 month", "2026-12-30"),
    ("2025-08-31", "6 months", "2026-02-28"),
    ("2025-08-28", "6 months", "2026-02-28"),
    ("2026-06-30", "6 months", "2026-12-30"),
    ("2026-07-15", "18 months", "2028-01-15"),
    ("2024-02-29", "2 years", "2026-02-28"),
    ("2024-02-29", "4 years", "2028-02-29"),
    ("2025-02-28", "3 years", "2028-02-28"),
    ("2026-11-21", "2 years", "2028-11-21"),
]


@pytest.mark.parametrize(("start", "length", "end"), PERIODS)
def test_a_period_ends_on_the_day_a_lawyer_would_name(start, length, end):
    made, end_ = date.fromisoformat(start), date.fromisoformat(end)
    operand = {"fact": "made", "plus": length}
    for day, from_, until in ((end_ - DAY, NO, YES), (end_, YES, YES), (end_ + DAY, YES, NO)):
        facts = {"made": made, "sold": day}
        assert ask({"sold": {"from": operand}}, facts).truth is from_
        assert ask({"sold": {"until": operand}}, facts).truth is until
        assert ask({"sold": {"after": operand}}, facts).truth is (not until)
        assert ask({"sold": {"before": operand}}, facts).truth is (not from_)


@pytest.mark.parametrize("raw", ["30", "30 day of", "2 weeks", "-1 days", "a month", ""])
def test_a_period_that_is_not_written_in_days_months_or_years_is_refused(raw):
    with pytest.raises(BadWording, match="no period"):
        period(raw)


def test_a_period_of_months_and_days_counts_the_months_first():
    assert Period(days=1, months=1).after(date(2026, 1, 31)) == date(2026, 3, 1)


def test_a_fact_can_be_compared_with_another_fact_of_any_kind():
    raw = {"evidence.p.grade": {"at_most": {"fact": "entry.grades"}}}
    assert ask(raw, {"evidence.p.grade": 5, "entry.grades": 5}).truth is True
    assert ask(raw, {"evidence.p.grade": 6, "entry.grades": 5}).truth is False


def test_a_fact_can_be_sought_among_the_items_of_a_fact_that_is_a_list():
    facts = {"label": "x", "parts": frozenset({"x", "y"})}
    assert ask({"label": {"in": {"fact": "parts"}}}, facts).truth is True
    assert ask({"label": {"in": {"fact": "parts"}}}, facts | {"label": "z"}).truth is False
    assert ask({"label": {"not_in": {"fact": "parts"}}}, facts | {"label": "z"}).truth is True


@pytest.mark.parametrize(
    "raw",
    [
        {"power": {"above": {"fact": "label"}}},
        {"made": {"from": {"fact": "power"}}},
        {"label": {"is": {"fact": "parts"}}},
        {"a": {"is": {"fact": "colour"}}},
        {"power": {"above": {"fact": "poles", "plus": "2 days"}}},
    ],
    ids=repr,
)
def test_unlike_things_cannot_be_compared(raw):
    with pytest.raises(BadWording):
        condition(raw, WORDS)


def test_a_number_can_be_compared_with_a_whole_number():
    assert ask({"power": {"above": {"fact": "poles"}}}, {"power": 2.5, "poles": 2}).truth is True


def test_facts_of_kind_boolean_can_be_compared():
    raw = {"a": {"is": {"fact": "b"}}}
    assert ask(raw, {"a": True, "b": True}).truth is True
    assert ask(raw, {"a": False, "b": True}).truth is False
    assert ask(raw, {"a": False}).missing == ("b",)


def test_a_comparison_names_the_fact_it_is_compared_with_where_that_is_missing():
    raw = {"sold": {"until": {"fact": "made", "plus": "30 days"}}}
    answer = ask(raw, {"sold": TODAY})
    assert answer.truth is None
    assert answer.missing == ("made",)
    assert ask(raw, {"made": TODAY}).missing == ("sold",)


def test_a_comparison_of_two_missing_facts_names_both():
    assert ask({"sold": {"until": {"fact": "made"}}}).missing == ("sold", "made")
    raw = {"evidence.p.issued": {"until": {"fact": "made"}}}
    assert ask(raw, {"evidence.p.issued": True}).missing == ("evidence.p.issued", "made")


def test_a_comparison_in_an_exception_is_presumed_not_to_hold_where_either_fact_is_missing():
    raw = {"unless": {"sold": {"after": {"fact": "made", "plus": "30 days"}}}}
    assert ask(raw, {"sold": TODAY}).truth is True
    assert ask(raw, {"made": TODAY}).truth is True
    assert ask(raw, {"made": TODAY, "sold": TODAY + 31 * DAY}).truth is False
    assert ask(raw, {"sold": TODAY}, presume=False).missing == ("made",)


def test_a_comparison_with_evidence_that_is_only_said_to_be_done_is_unknown():
    raw = {"as_of": {"until": {"fact": "evidence.p.issued", "plus": "2 years"}}}
    answer = ask(raw, {"evidence.p.issued": True})
    assert answer.truth is None
    assert answer.missing == ("evidence.p.issued",)


def test_a_value_that_the_catalogue_entry_lacks_is_unclear_and_not_a_missing_fact():
    for raw in (
        {"entry.grades": 5},
        {"evidence.p.grade": {"at_most": {"fact": "entry.grades"}}},
    ):
        answer = ask(raw, {"evidence.p.grade": 2})
        assert answer.truth is None
        assert answer.missing == ()
        assert "grades of the catalogue entry" in answer.unclear[0].en


# ---- lower bounds ------------------------------------------------------------------------------------

#    operator     operand   stated   answer where the true value may be higher
BOUNDS = [
    ("at_most",  1000,     1000,    UNKNOWN),
    ("at_most",  1000,     0,       UNKNOWN),
    ("at_most",  1000,     1000.1,  NO),
    ("below",    1000,     999.9,   UNKNOWN),
    ("below",    1000,     1000,    NO),
    ("above",    1000,     1000.1,  YES),
    ("above",    1000,     1000,    UNKNOWN),
    ("at_least", 1000,     1000,    YES),
    ("at_least", 1000,     999.9,   UNKNOWN),
    ("is",       1000,     1000,    UNKNOWN),
    ("is",       1000,     1001,    UNKNOWN),
    ("given",    True,     0,       YES),
]  # fmt: skip


@pytest.mark.parametrize(("name", "operand", "stated", "expected"), BOUNDS)
def test_a_lower_bound_decides_only_what_a_higher_value_could_not_undo(
    name, operand, stated, expected
):
    answer = ask({"power": {name: operand}}, {"power": stated}, lower_bounds=frozenset({"power"}))
    assert answer.truth is expected
    assert answer.missing == (("power",) if expected is None else ())


def test_an_exception_is_presumed_not_to_hold_where_a_lower_bound_does_not_decide():
    raw, bounds = {"unless": {"power": {"above": 1000}}}, frozenset({"power"})
    assert ask(raw, {"power": 5}, lower_bounds=bounds).truth is True
    assert ask(raw, {"power": 1001}, lower_bounds=bounds).truth is False
    assert ask(raw, {"power": 5}, lower_bounds=bounds, presume=False).missing == ("power",)


# ---- the passing of time -----------------------------------------------------------------------------

STEPS = 100
DATE_OPERATORS = [
    name for name, row in OPERATORS.items() if "date" in row.kinds and name != "given"
]
TURNS = [TODAY + timedelta(days=shift) for shift in (-40, -2, -1, 0, 1, 2, 28, 29, 59, 98, 200)]
LENGTHS = [None, "1 day", "30 days", "1 month", "6 months", "1 year", "2 years", "4 years"]


def first_difference(built: Condition, facts: dict[str, Any], moving: frozenset[str]) -> Any:
    """Step day by day and return the first day with another answer, or None."""
    now = built.ask(situation(facts, moving=moving)).truth
    for step in range(1, STEPS + 1):
        day = TODAY + timedelta(days=step)
        tomorrow = facts | dict.fromkeys(moving, day)
        if built.ask(situation(tomorrow, as_of=day, moving=moving)).truth is not now:
            return day
    return None


def within_steps(day: date | None) -> date | None:
    return day if day is not None and day <= TODAY + timedelta(days=STEPS) else None


@pytest.mark.parametrize("name", DATE_OPERATORS)
@pytest.mark.parametrize("moving", [{"as_of"}, {"as_of", "made"}], ids=["as_of", "made"])
def test_the_answer_changes_on_the_day_that_was_announced_where_the_fact_moves(name, moving):
    fact = "made" if "made" in moving else "as_of"
    seen = set()
    for turn in TURNS:
        built = condition({fact: {name: turn.isoformat()}}, WORDS)
        announced = built.ask(situation({"made": TODAY}, moving=frozenset(moving))).changes
        found = first_difference(built, {"made": TODAY}, frozenset(moving))
        assert within_steps(announced) == found, turn
        seen.add(found)
    assert len(seen) > 2


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("name", DATE_OPERATORS)
def test_the_answer_changes_on_the_day_that_was_announced_where_the_other_fact_moves(name, length):
    operand = {"fact": "as_of"} | ({"plus": length} if length else {})
    built = condition({"sold": {name: operand}}, WORDS)
    passes = period(length or "0 days").after(TODAY)
    seen = set()
    for shift in (*range(-3, 4), 27, 28, 29, 30, 31, 99, 100, 101, 103):
        facts = {"sold": passes + timedelta(days=shift)}
        found = first_difference(built, facts, frozenset({"as_of"}))
        assert within_steps(built.ask(situation(facts)).changes) == found, shift
        seen.add(found)
    assert len(seen) > 2


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("name", DATE_OPERATORS)
def test_the_answer_changes_on_the_day_a_period_since_a_fact_has_passed(name, length):
    operand = {"fact": "made"} | ({"plus": length} if length else {})
    built = condition({"as_of": {name: operand}}, WORDS)
    near = TODAY - (period(length or "0 days").after(TODAY) - TODAY)
    for shift in (*range(-4, 5), 28, 60, 95, 150):
        facts = {"made": near + timedelta(days=shift)}
        found = first_difference(built, facts, frozenset({"as_of"}))
        assert within_steps(built.ask(situation(facts)).changes) == found, shift


@pytest.mark.parametrize("name", DATE_OPERATORS)
def test_dates_that_stand_still_or_move_together_announce_no_change(name):
    still = condition({"made": {name: "2026-12-01"}}, WORDS)
    assert still.ask(situation({"made": TODAY})).changes is None
    together = condition({"as_of": {name: {"fact": "made", "plus": "30 days"}}}, WORDS)
    both = frozenset({"as_of", "made"})
    assert together.ask(situation({"made": TODAY}, moving=both)).changes is None
    assert first_difference(together, {"made": TODAY}, both) is None


def test_a_day_that_has_passed_announces_no_change():
    assert ask({"as_of": {"from": "2026-11-21"}}).changes is None
    assert ask({"as_of": {"until": "2026-11-20"}}).changes is None


def test_of_several_days_the_earliest_is_announced():
    raw = {"as_of": {"from": "2026-01-01", "until": "2027-03-31", "before": "2027-01-01"}}
    assert ask(raw).changes == date(2027, 1, 1)


def test_an_answer_of_no_announces_the_day_on_which_the_deciding_test_turns():
    raw = {"as_of": {"from": "2027-01-01", "until": "2027-12-31"}}
    assert ask(raw).truth is False
    assert ask(raw).changes == date(2027, 1, 1)


@pytest.mark.parametrize("key", ["not", "unless", "if_stated"])
def test_a_change_is_announced_through_every_word_that_holds_a_condition(key):
    assert ask({key: {"as_of": {"before": "2027-01-01"}}}).changes == date(2027, 1, 1)


# ---- conditions of any shape ---------------------------------------------------------------------------

FACTS = {
    "a": st.booleans(), "b": st.booleans(), "power": st.integers(0, 3),
    "made": st.dates(TODAY - 40 * DAY, TODAY + 40 * DAY),
    "sold": st.dates(TODAY - 40 * DAY, TODAY + 40 * DAY),
    "parts": st.lists(st.sampled_from("xyz"), max_size=2).map(tuple),
}  # fmt: skip
NAMES = list(FACTS)
DAYS = FACTS["made"].map(date.isoformat) | st.sampled_from(
    [{"fact": "made"}, {"fact": "sold", "plus": "1 month"}, {"fact": "as_of", "plus": "9 days"}]
)
LEAVES = st.one_of(
    st.fixed_dictionaries({"a": st.booleans()}),
    st.fixed_dictionaries({"b": st.booleans()}),
    st.builds(
        lambda name, of: {"power": {name: of}},
        st.sampled_from(["above", "at_least", "at_most", "below"]), st.integers(0, 3),
    ),
    st.builds(
        lambda fact, name, of: {fact: {name: of}},
        st.sampled_from(["as_of", "made", "sold"]), st.sampled_from(DATE_OPERATORS), DAYS,
    ),
    st.builds(
        lambda name: {"parts": {name: ["x"]}}, st.sampled_from(["includes_any", "excludes_all"])
    ),
    st.just(OPEN),
)  # fmt: skip
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(
            lambda key, parts: {key: parts},
            st.sampled_from(["all", "any"]), st.lists(inner, min_size=1, max_size=3),
        ),
        st.builds(
            lambda key, part: {key: part}, st.sampled_from(["not", "unless", "if_stated"]), inner
        ),
    ),
    max_leaves=8,
).map(lambda raw: condition(raw, WORDS))  # fmt: skip
STATED = st.fixed_dictionaries({}, optional=FACTS)
many = settings(max_examples=400)


@many
@given(CONDITIONS, STATED, st.booleans(), st.data())
def test_stating_what_is_missing_settles_every_question_but_those_of_law(
    built, facts, presume, data
):
    answer = built.ask(situation(facts, presume=presume))
    assert not set(answer.missing) & facts.keys()
    more = {name: data.draw(FACTS[name]) for name in answer.missing}
    assert built.ask(situation(facts | more, presume=presume)).missing == ()


@many
@given(CONDITIONS, STATED, STATED)
def test_without_presumptions_no_further_fact_turns_an_answer_round(built, facts, more):
    before = built.ask(situation(facts, presume=False))
    after = built.ask(situation(more | facts, presume=False))
    assert before.truth in (None, after.truth)


@many
@given(CONDITIONS, STATED)
def test_presuming_never_turns_round_what_is_known_without(built, facts):
    known = built.ask(situation(facts, presume=False)).truth
    assert known in (None, built.ask(situation(facts)).truth)


@many
@given(CONDITIONS, STATED, st.booleans())
def test_only_an_unknown_answer_has_something_missing_or_unclear(built, facts, presume):
    answer = built.ask(situation(facts, presume=presume))
    assert (answer.truth is None) is bool(answer.missing or answer.unclear)


@settings(many, max_examples=100)
@given(CONDITIONS, STATED, st.booleans())
def test_no_answer_changes_before_the_day_that_was_announced(built, facts, made_moves):
    moving = frozenset({"as_of", "made"} if made_moves else {"as_of"})
    facts = facts | {"made": TODAY} if made_moves else facts
    announced = built.ask(situation(facts, moving=moving)).changes
    found = first_difference(built, facts, moving)
    assert found is None or (announced is not None and announced <= found)
