"""Duties of an enterprise over its products: bounds from what the list shows."""

from datetime import date
from typing import Any

import pytest

from cncheck.evaluate import evaluate
from cncheck.gate import gate, policy
from cncheck.load.products import read_product
from cncheck.model import Report, Rules
from cncheck.portfolio import portfolio_findings, tallies_of

DAY = date(2026, 11, 21)
DUTY = "traction_battery/five-representative-products"


def pack(
    n: int, chemistry: str | None = "LFP", declared: bool | None = True, **facts: Any
) -> dict[str, Any]:
    evidence = {} if declared is None else {"verification_report": declared}
    return {
        "id": f"P{n}", "model": f"M{n}", "enterprise": "ACME", "product_type": "traction_battery_pack",
        "rated_energy_kwh": 50, "chemistry": chemistry, "evidence": {"traction_battery": evidence}, **facts,
    }  # fmt: skip


FIVE = [pack(n) for n in range(5)]

SITUATIONS: list[tuple[str, list[dict[str, Any]], bool, str, int, str]] = [
    ("five declared models are enough", FIVE, True, "met", 5, "5 of 5"),
    ("five declared models are enough as far as listed", FIVE, False, "met", 5, "As far as"),
    ("four declared models of five are a shortfall of the whole portfolio",
     [*FIVE[:4], pack(5, declared=False)], True, "violated", 4, "4 of 5"),
    ("a shortfall of a list decides nothing",
     [*FIVE[:4], pack(5, declared=False)], False, "undetermined", 4, "may not be"),
    ("fewer than five models in all leave the law silent", FIVE[:3], True, "undetermined", 3, "silent"),
    ("five variants of one model are one model",
     [pack(n, model="M") for n in range(5)], True, "undetermined", 1, "silent"),
    ("a chemistry without a declared model is a shortfall",
     [*FIVE, pack(5, "NCM", declared=False)], True, "violated", 5, "no NCM among them"),
    ("a chemistry whose declaration nobody stated is open to question",
     [*FIVE, pack(5, "NCM", declared=None)], True, "undetermined", 5, "no NCM among them"),
    ("a declared model of every chemistry is enough",
     [*FIVE, pack(5, "NCM", declared=True)], True, "met", 6, "6 of 5"),
    ("a model of unstated chemistry leaves the coverage open",
     [*FIVE, pack(5, None, declared=False)], True, "undetermined", 5, "their chemistry"),
    ("a declaration nobody stated may be the fifth",
     [*FIVE[:4], pack(5, declared=None)], True, "undetermined", 4, "whether they are declared"),
    ("a pack of unstated energy may be the fifth",
     [*FIVE[:4], pack(5, rated_energy_kwh=None)], True, "undetermined", 4, "whether they are in scope"),
    ("a small pack does not count",
     [*FIVE[:4], pack(5, rated_energy_kwh=1)], True, "undetermined", 4, "silent"),
    ("a declaration may be stated as such",
     [pack(n, declared=None, evidence={"traction_battery": {"pilot_declaration": True}}) for n in range(5)],
     True, "met", 5, "5 of 5"),
]  # fmt: skip


def report(
    rules: Rules, rows: list[dict[str, Any]], *, whole: bool = False, on: date = DAY
) -> Report:
    products = []
    for row in rows:
        product, problems = read_product(row, rules)
        assert product is not None, problems
        products.append(evaluate(product, rules, on))
    found = portfolio_findings(tallies_of(products), whole=whole)
    return Report(on, rules.packs, tuple(products), found)


@pytest.mark.parametrize(
    ("rows", "whole", "status", "have", "words"),
    [row[1:] for row in SITUATIONS],
    ids=[row[0] for row in SITUATIONS],
)
def test_the_pilot_of_an_enterprise(
    rules: Rules, rows: list[dict[str, Any]], whole: bool, status: str, have: int, words: str
) -> None:
    (found,) = report(rules, rows, whole=whole).portfolio
    assert (found.obligation.id, found.enterprise, found.status) == (DUTY, "ACME", status)
    assert (found.have, found.need) == (have, 5)
    assert any(words in reason.en for reason in found.reasons), [
        reason.en for reason in found.reasons
    ]


def test_each_enterprise_is_judged_by_itself(rules: Rules) -> None:
    others = [pack(n, enterprise="OTHER") for n in range(5, 7)]
    found = report(rules, [*FIVE, *others]).portfolio
    assert [(one.enterprise, one.status) for one in found] == [
        ("ACME", "met"),
        ("OTHER", "undetermined"),
    ]


def test_a_company_that_is_not_bound_has_no_such_duty(rules: Rules) -> None:
    assert not report(rules, [pack(n, roles=["cell_manufacturer"]) for n in range(5)]).portfolio


def test_after_the_pilot_the_duty_has_ended(rules: Rules) -> None:
    (found,) = report(rules, FIVE, on=date(2027, 1, 1)).portfolio
    assert found.status == "ended"


def test_a_pack_of_unstated_energy_does_not_revive_a_duty_that_has_ended(rules: Rules) -> None:
    rows = [*FIVE[:3], pack(5, declared=False), pack(6, rated_energy_kwh=None, declared=False)]
    (found,) = report(rules, rows, whole=True, on=date(2027, 1, 1)).portfolio
    assert found.status == "ended"


@pytest.mark.parametrize(("forces", "tripped"), [((), False), (("pilot",), True)])
def test_a_shortfall_trips_the_gate_only_where_pilots_count(
    rules: Rules, forces: tuple[str, ...], tripped: bool
) -> None:
    rows = [*FIVE[:4], pack(5, declared=False)]
    assert gate(report(rules, rows, whole=True), policy((), forces)).tripped is tripped


def test_one_product_alone_never_trips_the_gate(rules: Rules) -> None:
    wanted = policy(("violated", "undetermined"), ("pilot",))
    result = gate(report(rules, [pack(1, declared=False)], whole=True), wanted)
    assert not [reason for reason in result.reasons if DUTY in reason]
