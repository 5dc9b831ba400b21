"""What the evaluator makes of a pack, on a small one of its own: dates, duties and notes."""

from datetime import date
from typing import Any

import pytest

from cncheck.evaluate import evaluate
from cncheck.load.packs import Later, pack
from cncheck.load.products import read_product
from cncheck.load.rules import load_rules
from cncheck.model import Finding, Product

CITE = {"cite": {"source": "act-text"}, "confidence": "confirmed"}
SCOPE = {"sold_in_mainland_china": True}


def text(words: str) -> dict[str, str]:
    return {"en": words, "zh": words}


def phase(
    id_: str, force: str, from_: str | None = None, until: str | None = None
) -> dict[str, Any]:
    days = {"from": from_, "until": until}
    return {"id": id_, "force": force, **CITE} | {key: day for key, day in days.items() if day}


def duty(**more: Any) -> dict[str, Any]:
    met = {"met_if": {"evidence.small.report": {"given": True}}}
    words = {"title": text("Do it"), "means": text("Do it well.")}
    return {"id": "small/duty", "binds": ["producer"], **words, **met, **CITE, **more}


def entry(code: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "name": text(code), "product_types": ["monitor"], **CITE, **more}


@pytest.fixture
def ask(rules):
    """Ask a small pack about a monitor."""

    def find(as_of: str, row: dict[str, Any] | None = None, **written: Any) -> Finding:
        raw = {
            "id": "small", "version": "1", "reviewed": "2026-11-21", "title": text("Small"),
            "summary": text("Small."), "authority": text("Nobody"), "applies_if": SCOPE,
            "phases": [phase("on", "mandatory")], "evidence": {"report": {"type": "text"}},
            "obligations": [duty()], **CITE, **written,
        }  # fmt: skip
        built = pack(raw, "", rules.vocabulary)
        small = rules._replace(packs=(built,), facts=rules.facts | built.evidence)
        product, problems = read_product(
            {"id": "P", "product_type": "monitor", **(row or {})}, small
        )
        assert product, problems
        return evaluate(product, small, date.fromisoformat(as_of)).findings[0]

    return find


def change(finding: Finding) -> tuple[str, str] | None:
    found = finding.next_change
    return (found.date.isoformat(), found.what) if found else None


# ---- when the answer will be another one ---------------------------------------------------------------


def test_a_scope_that_begins_on_a_day_is_announced(ask):
    scope = {"applies_if": {"as_of": {"from": "2027-03-01"}}}
    before = ask("2026-11-21", **scope)
    assert before.verdict == "does_not_apply"
    assert change(before) == ("2027-03-01", "does_not_apply -> applies")
    assert ask("2027-03-01", **scope).verdict == "applies"


def test_an_entry_that_begins_on_a_day_is_announced(ask):
    catalogue = [
        entry("E1"),
        entry("E2", scope={"produced_on": {"from": "2027-03-01"}}, standards=[{"number": "GB 2"}]),
    ]
    assert change(ask("2026-11-21", catalogue=catalogue)) == ("2027-03-01", "none -> GB 2")
    made = {"produced_on": "2026-11-21"}
    assert change(ask("2026-11-21", made, catalogue=catalogue)) is None


def test_a_duty_that_begins_to_concern_the_product_on_a_day_is_announced(ask):
    duties = [duty(when={"as_of": {"from": "2027-03-01"}})]
    found = ask("2026-11-21", obligations=duties)
    assert found.duties == ()
    assert change(found) == ("2027-03-01", "small/duty: new duty, open")


def test_a_duty_that_ceases_to_concern_the_product_on_a_day_is_announced(ask):
    duties = [duty(when={"as_of": {"until": "2027-02-28"}})]
    assert change(ask("2026-11-21", obligations=duties)) == (
        "2027-03-01",
        "small/duty: open -> no longer a duty",
    )


def test_days_on_which_nothing_changes_are_passed_over(ask):
    quiet = {"any": [{"as_of": {"before": "2026-12-01"}}, {"as_of": {"from": "2026-12-01"}}]}
    scope = {"applies_if": {"all": [quiet, {"as_of": {"before": "2027-03-01"}}]}}
    assert change(ask("2026-11-21", **scope)) == ("2027-03-01", "applies -> does_not_apply")


def test_the_day_after_a_deadline_is_announced(ask):
    due = [duty(due={"fact": "first_label_use_date", "plus": "30 days"})]
    row = {"first_label_use_date": "2026-11-01"}
    found = ask("2026-11-21", row, obligations=due)
    assert found.duties[0].due == date(2026, 12, 1)
    assert change(found) == ("2026-12-02", "small/duty: open -> violated")
    late = ask("2026-12-02", row, obligations=due).duties[0]
    assert (late.status, late.overdue) == ("violated", True)


# ---- phases and windows --------------------------------------------------------------------------------

PHASES = [
    phase("pilot", "pilot", "2026-01-01", "2026-12-31"),
    phase("law", "mandatory", "2027-02-01", "2027-12-31"),
]


@pytest.mark.parametrize(
    ("day", "current", "force", "status"),
    [
        ("2025-12-31", None, "pilot", "upcoming"),
        ("2026-01-01", "pilot", "pilot", "open"),
        ("2026-12-31", "pilot", "pilot", "open"),
        ("2027-01-31", None, "mandatory", "open"),
        ("2027-02-01", "law", "mandatory", "open"),
        ("2027-12-31", "law", "mandatory", "open"),
        ("2028-01-01", None, "mandatory", "ended"),
    ],
)
def test_between_phases_the_force_is_that_of_the_next_and_after_them_of_the_last(
    day, current, force, status, ask
):
    found = ask(day, phases=PHASES)
    assert (found.phase.id if found.phase else None, found.force) == (current, force)
    assert found.duties[0].status == status


@pytest.mark.parametrize(
    ("day", "made", "status"),
    [
        ("2028-07-31", "2027-03-01", "upcoming"),
        ("2028-08-01", "2027-03-01", "open"),
        ("2028-08-01", "2026-03-01", "upcoming"),
        ("2028-08-01", "2028-03-01", "ended"),
    ],
)
def test_a_duty_with_a_date_of_its_own_binds_within_its_window_and_its_phase(
    day, made, status, ask
):
    duties = [duty(dated_by="as_of", phases=["law"], **{"from": "2028-08-01"})]
    written = {"phases": PHASES, "obligations": duties, "dated_by": "produced_on"}
    assert ask(day, {"produced_on": made}, **written).duties[0].status == status


# ---- duties --------------------------------------------------------------------------------------------

EVIDENCE = [
    ("mandatory", None, "open"),
    ("mandatory", "R-1", "met"),
    ("mandatory", True, "met"),
    ("mandatory", False, "violated"),
    ("voluntary", None, "open"),
    ("voluntary", False, "open"),
    ("pilot", False, "open"),
]


@pytest.mark.parametrize(("force", "report", "status"), EVIDENCE)
def test_evidence_settles_a_duty_and_silence_leaves_it_open(force, report, status, ask):
    row = {"evidence": {"small": {"report": report}}}
    (found,) = ask("2026-11-21", row, phases=[phase("on", force)]).duties
    assert (found.status, found.force) == (status, force)


@pytest.mark.parametrize(
    ("roles", "status"),
    [
        (None, "open"),
        (["producer"], "open"),
        (["pack_manufacturer"], "open"),
        (["seller", "producer"], "open"),
        (["seller"], "not_bound"),
    ],
)
def test_a_duty_binds_the_roles_it_names_and_narrower_ones(roles, status, ask):
    assert ask("2026-11-21", {"roles": roles}).duties[0].status == status


def test_a_duty_of_others_waits_for_the_roles_to_be_stated(ask):
    (found,) = ask("2026-11-21", obligations=[duty(binds=["recycler"])]).duties
    assert (found.status, found.missing) == ("undetermined", ("roles",))


def test_the_duties_of_an_undetermined_scheme_are_undetermined_for_the_same_want(ask):
    found = ask("2026-11-21", applies_if={"imported": True})
    assert (found.verdict, found.missing) == ("undetermined", ("imported",))
    assert [(one.status, one.missing) for one in found.duties] == [("undetermined", ("imported",))]


def test_a_scheme_that_does_not_apply_lists_no_duties_and_no_matches(ask):
    found = ask("2026-11-21", {"sold_in_mainland_china": False}, catalogue=[entry("E1")])
    assert (found.verdict, found.duties, found.matched) == ("does_not_apply", (), ())


# ---- notes ---------------------------------------------------------------------------------------------

NOTES = [
    {"kind": "info", **text("yes"), "verdicts": ["applies"]},
    {"kind": "info", **text("no"), "verdicts": ["does_not_apply"]},
    {"kind": "info", **text("imports"), "when": {"imported": True}},
]


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        ({}, ["yes"]),
        ({"imported": True}, ["yes", "imports"]),
        ({"imported": False}, ["yes"]),
        ({"sold_in_mainland_china": False, "imported": True}, ["no"]),
    ],
)
def test_a_note_is_shown_for_its_verdicts_and_where_its_condition_holds(row, shown, ask):
    assert [note.text.en for note in ask("2026-11-21", row, notes=NOTES).notes] == shown


@pytest.mark.parametrize(
    ("imported", "verdict", "shown"),
    [
        (True, "applies", ["erratum", "info"]),
        (None, "undetermined", ["erratum", "info"]),
        (False, "does_not_apply", []),
    ],
)
def test_what_an_entry_notes_is_shown_where_it_matches_or_may_match(imported, verdict, shown, ask):
    one = entry("E1", scope={"imported": True}, erratum=text("It errs."), note=text("Look."))
    found = ask(
        "2026-11-21", {"imported": imported}, catalogue=[one], applies_if={"in_catalogue": True}
    )
    assert found.verdict == verdict
    assert [note.kind for note in found.notes] == shown


def test_of_packs_about_other_products_no_entry_and_no_duty_is_built() -> None:
    rules = load_rules()
    film = Product("F", "F", {"id": "F", "product_type": "recorded_media"})
    found = evaluate(film, rules, date(2026, 11, 21)).findings
    outside = [one.pack for one in found if one.verdict == "does_not_apply"]
    assert len(outside) > 10
    for one in outside:
        for parts in (one.obligations, one.entries, one.instruments, one.differs_from_eu):
            assert not isinstance(parts, Later) or not parts.built, one.id
