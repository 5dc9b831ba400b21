"""The words of the rules: complete, unambiguous, and found by those who search for them."""

import csv
import os
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from cncheck.conditions import tests_in as comparisons_in  # pytest collects what is called test...
from cncheck.load.rules import rules_folder
from cncheck.load.search import search_types
from cncheck.load.yamlfile import read_documents, read_text
from cncheck.model import Rules


def written(stem: str) -> dict:
    """What a vocabulary file says, before it is read as a vocabulary."""
    path = os.path.join(rules_folder(), "vocabulary", f"{stem}.yaml")
    return read_documents(read_text(path), path)[0]


@pytest.mark.parametrize("stem", ["product_types", "roles"])
def test_every_wider_word_exists_and_no_word_is_wider_than_itself(stem, rules):
    rows = written(stem)
    known = getattr(rules.vocabulary, "types" if stem == "product_types" else stem)
    assert rows.keys() == known.keys()
    for word, row in rows.items():
        is_a = row.get("is_a", [])
        for wider in [is_a] if isinstance(is_a, str) else is_a:
            assert wider in rows, f"{word} is a {wider}, which does not exist"
            assert word not in known[wider].wider, (
                f"{word} and {wider} are each a kind of the other"
            )
            assert known[wider].wider < known[word].wider


def test_every_group_has_members_that_a_product_can_be(rules):
    types = rules.vocabulary.types.values()
    groups = [one.id for one in types if one.group]
    assert groups
    for group in groups:
        assert any(group in one.wider and not one.group for one in types), group


def test_what_is_wider_than_a_product_type_is_a_product_type_or_a_heading(rules):
    for one in rules.vocabulary.types.values():
        assert one.wider <= rules.vocabulary.types.keys()
        assert one.id in one.wider


def test_no_name_and_no_synonym_belongs_to_two_types(rules):
    owners: dict[str, set[str]] = defaultdict(set)
    for one in rules.vocabulary.types.values():
        for word in (one.id.replace("_", " "), one.name.en, one.name.zh, *one.synonyms):
            owners[word.casefold().replace("-", " ")].add(one.id)
    assert {word: ids for word, ids in owners.items() if len(ids) > 1} == {}


def test_no_type_has_the_same_synonym_twice(rules):
    for one in rules.vocabulary.types.values():
        words = [word.casefold() for word in one.synonyms]
        assert len(words) == len(set(words)), one.id


def test_every_word_is_named_in_english_and_in_chinese(rules):
    vocabulary = rules.vocabulary
    for one in (*vocabulary.types.values(), *vocabulary.roles.values()):
        assert one.name.en.isascii(), one.id
        assert not one.name.zh.isascii(), one.id


def test_every_fact_and_every_evidence_has_a_question_in_english_and_in_chinese(rules):
    for fact in rules.facts.values():
        assert fact.question.en.endswith(("?", ")")), fact.name
        assert fact.question.zh.endswith(("？", "）")), fact.name


def test_every_unit_of_a_fact_is_in_its_name(rules):
    units = {
        "°": "deg",
        "%": "pct",
        "r/min": "rpm",
        "pages/min": "pages_per_min",
        "mg/kg": "materials",
    }
    for fact in rules.vocabulary.facts.values():
        if fact.unit:
            assert units.get(fact.unit, fact.unit.lower()) in fact.name.lower(), fact.name


def test_only_facts_about_market_day_and_reader_are_taken_for_granted(rules):
    assumed = {fact.name for fact in rules.assumed}
    assert assumed == {"produced_on", "sold_in_mainland_china", "roles"}


def test_every_product_type_a_pack_names_exists_and_can_be_that_of_a_product(rules, tests_in):
    types = rules.vocabulary.types
    for pack in rules.packs:
        named = {name for entry in pack.entries for name in entry.product_types}
        for test in tests_in(pack):
            if test.kind == "product_type":
                named |= test.operand
        assert named <= types.keys(), pack.id
        for name in named:
            members = [one for one in types.values() if name in one.wider and not one.group]
            assert members, f"{pack.id} names {name}, which no product can be"


def test_every_source_is_cited_somewhere(rules):
    cited = set()
    for pack in rules.packs:
        parts = (*pack.phases, *pack.entries, *pack.obligations, *pack.notes, *pack.instruments,
                 *pack.differs_from_eu)  # fmt: skip
        cited |= {citation.source for part in (pack, *parts) for citation in part.cite}
    assert cited == rules.vocabulary.sources.keys()


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("空调", "room_air_conditioner"),
        ("air con", "room_air_conditioner"),
        ("laptop", "portable_computer"),
        ("LAPTOP", "portable_computer"),
        ("portable_computer", "portable_computer"),
        ("冰箱", "household_refrigerator"),
        ("fridge", "household_refrigerator"),
        ("ev battery", "traction_battery_pack"),
        ("power bank", "power_bank"),
        ("电动汽车", "vehicle"),
        ("monitor", "monitor"),
        ("printer", "printer"),
        ("refrigeratr", "household_refrigerator"),
    ],
)
def test_a_search_finds_first_what_the_words_mean(query, first, rules):
    assert search_types(query, rules.vocabulary.types)[0].id == first


@pytest.mark.parametrize("query", ["xyzzy", "", "  ", "?!"])
def test_a_search_for_nothing_finds_nothing(query, rules):
    assert search_types(query, rules.vocabulary.types) == []


@pytest.mark.parametrize(
    ("code", "type_"),
    [
        ("841510", "room_air_conditioner"),
        ("HS 8418", "household_refrigerator"),
        ("8703.80.10", "vehicle"),
    ],
)
def test_a_code_of_the_harmonized_system_finds_the_types_under_it(
    rules: Rules, code: str, type_: str
) -> None:
    assert type_ in [found.id for found in search_types(code, rules.vocabulary.types)]


def test_an_exemption_is_needed_where_the_pack_of_china_rohs_sets_its_limits(rules: Rules) -> None:
    pack = next(pack for pack in rules.packs if pack.id == "rohs")
    limits = {
        test.fact.rpartition(".")[2]: test.operand
        for obligation in pack.obligations if obligation.id == "rohs/substance-limits"
        for test in comparisons_in(obligation.met_if)
        if test.fact.startswith("materials_not_exempt.") and test.operator == "at_most"
    }  # fmt: skip
    assert dict(rules.vocabulary.exemptions.above) == limits


def test_every_instrument_with_a_name_is_called_by_it_in_both_languages(rules: Rules) -> None:
    cited = {
        act
        for path in Path(rules_folder()).glob("*.yaml")
        for document in read_documents(read_text(str(path)), path.name)
        for act in acts_in(document)
    }
    words = re.compile(r"\b[a-z]{2,}\b|(?<![A-Z/])[A-Z][a-z]{2}|[⺀-鿿]")
    assert {act for act in cited if words.search(act)} == set(rules.vocabulary.acts) & cited
    assert set(rules.vocabulary.acts) <= cited
    for act in rules.vocabulary.acts.values():
        assert re.search("[⺀-鿿]", act.zh), act
        assert re.search("[A-Za-z]", act.en), act


def acts_in(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("act"), str):
            yield node["act"]
        node = list(node.values())
    if isinstance(node, list):
        for one in node:
            yield from acts_in(one)


def test_every_type_is_found_by_its_own_id_name_and_synonyms(rules):
    types = rules.vocabulary.types
    for one in types.values():
        for word in (one.id, one.name.en, one.name.zh, *one.synonyms):
            assert search_types(word, types)[0].id == one.id, word


def test_every_code_of_the_harmonized_system_exists(rules):
    folder = os.environ.get("CNCHECK_REAL_DATA")
    if not folder:
        pytest.skip("CNCHECK_REAL_DATA names no folder with the table of the Harmonized System")
    path = Path(folder) / "harmonized-system" / "harmonized-system.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        known = {row["hscode"] for row in csv.DictReader(file) if row["level"] == "6"}
    unknown = {
        one.id: [code for code in one.hs if code not in known]
        for one in rules.vocabulary.types.values()
        if not known.issuperset(one.hs)
    }
    assert unknown == {}
