"""Draw packs, as somebody may write them, and products for them, near what the packs look at."""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any

from hypothesis import strategies as st

from cncheck.conditions import DATES, LISTS, NUMBERS, OPERATORS
from cncheck.load.packs import pack
from cncheck.load.vocabulary import vocabulary
from cncheck.model import Fact, Product, Rules, Vocabulary

Draw = Callable[[st.SearchStrategy[Any]], Any]

CITE = {"cite": {"source": "act"}, "confidence": "confirmed"}
DAYS = [
    "2026-01-30", "2026-01-31", "2026-02-01", "2026-02-28", "2026-03-01", "2026-03-31",
    "2027-02-28", "2028-02-29",
]  # fmt: skip
PERIODS = ["0 days", "1 day", "30 days", "1 month", "2 months", "1 year", "13 months"]
COLOURS = ["red", "green", "blue"]
FORCES = ["mandatory", "pilot", "voluntary"]


def text(words: str) -> dict[str, str]:
    return {"en": words, "zh": words}


def _declared(**kinds: str) -> dict[str, dict[str, Any]]:
    return {
        name: {"type": kind, "question": text(name)}
        | ({"values": COLOURS} if kind in ("choice", "choices") and not name.endswith("s") else {})
        for name, kind in kinds.items()
    }


WORDS = {
    "facts": _declared(
        id="text", product_type="product_type", produced_on="date", shipped_on="date",
        tested_on="date", roles="roles", sold="boolean", on="boolean", off="boolean",
        weight="number", size="number", count="integer", level="integer", colour="choice",
        label="text", paint="choices", codes="choices",
    ),
    "product_types": {
        "thing": {**text("thing"), "group": True},
        "lamp": {**text("lamp"), "is_a": "thing"},
        "led_lamp": {**text("led_lamp"), "is_a": "lamp"},
        "fan": {**text("fan"), "is_a": "thing"},
        "chair": text("chair"),
    },
    "roles": {
        "producer": text("producer"),
        "importer": text("importer"),
        "seller": text("seller"),
        "lamp_maker": {**text("lamp_maker"), "is_a": "producer"},
    },
    "sources": {"act": {"title": "An act"}},
    "acts": {},
    "exemptions": {"metals": {}, "items": {}},
}  # fmt: skip
ASSUMED = {"produced_on": "as_of", "shipped_on": "as_of", "sold": True, "roles": ["producer"]}
EVIDENCE = _declared(
    done="boolean", share="number", grade="integer", report="text", route="choice",
    stage="choices", steps="choices", issued="date", ended="date",
)  # fmt: skip
ENTRY_FACTS = {
    "tag": "text", "limit": "number", "grades": "integer", "strict": "boolean", "since": "date",
    "kinds": "choices",
}  # fmt: skip


def words() -> Vocabulary:
    raw = {**WORDS, "facts": {k: dict(row) for k, row in WORDS["facts"].items()}}
    for name, value in ASSUMED.items():
        raw["facts"][name]["assume"] = value
    return vocabulary(raw)


VOCABULARY = words()
TYPES = [t.id for t in VOCABULARY.types.values() if not t.group]
LITERALS: dict[str, list[Any]] = {
    "number": [0, 1, 1.5, 2], "integer": [1, 2, 3], "boolean": [True, False], "date": DAYS,
    "text": ["A1", "B", "red"], "choice": COLOURS, "choices": COLOURS,
    "product_type": list(VOCABULARY.types), "roles": list(VOCABULARY.roles),
}  # fmt: skip
"""What conditions compare with, and what products state."""


def readable(*, evidence: bool) -> dict[str, str]:
    """Fact -> kind, of all facts that a condition may name."""
    kinds = {fact.name: fact.kind for fact in VOCABULARY.facts.values()} | {"as_of": "date"}
    kinds |= {f"entry.{key}": kind for key, kind in ENTRY_FACTS.items()}
    kinds["entry.standards"] = "choices"
    if evidence:
        kinds |= {f"evidence.small.{key}": row["type"] for key, row in EVIDENCE.items()}
    return {name: kind for name, kind in kinds.items() if name != "id"}


# ---- conditions ----------------------------------------------------------------------------------


def conditions(*, evidence: bool = True, deep: int = 2) -> st.SearchStrategy[dict[str, Any]]:
    """Any condition that the language can say."""
    return st.composite(_condition)(readable(evidence=evidence), deep)


def _condition(draw: Draw, kinds: dict[str, str], deep: int) -> dict[str, Any]:
    clauses = [_clause(draw, kinds, deep) for _ in range(draw(st.sampled_from([1, 1, 1, 2])))]
    return {key: value for clause in clauses for key, value in clause.items()}


def _clause(draw: Draw, kinds: dict[str, str], deep: int) -> dict[str, Any]:
    word = draw(st.sampled_from(["test"] * 6 + CONNECTIVES if deep else ["test"]))
    if word == "test":
        return _test(draw, kinds)
    if word == "unclear":
        return {word: text("open")}
    if word == "in_catalogue":
        return {word: draw(st.booleans())}
    if word in ("all", "any"):
        return {word: [_condition(draw, kinds, deep - 1) for _ in range(draw(st.integers(1, 3)))]}
    return {word: _condition(draw, kinds, deep - 1)}


CONNECTIVES = ["all", "any", "not", "unless", "if_stated", "unclear", "in_catalogue"]


def _test(draw: Draw, kinds: dict[str, str]) -> dict[str, Any]:
    fact = draw(st.sampled_from(list(kinds)))
    fitting = [name for name, how in OPERATORS.items() if kinds[fact] in how.kinds]
    names = draw(st.lists(st.sampled_from(fitting), min_size=1, max_size=2, unique=True))
    return {fact: {name: _operand(draw, name, fact, kinds) for name in names}}


def _operand(draw: Draw, name: str, fact: str, kinds: dict[str, str]) -> Any:
    kind = kinds[fact]
    if name == "given":
        return draw(st.booleans())
    if name in ("matches", "all_match"):
        return draw(st.sampled_from(["[A-Z]\\d?", "red|blue", "r.*"]))
    several = name in ("in", "not_in", "is_a", "includes_any", "excludes_all")
    others = [other for other, of in kinds.items() if other != fact and _comparable(name, kind, of)]
    if others and draw(st.integers(0, 2)) == 0:
        other = {"fact": draw(st.sampled_from(others))}
        if kind == "date" and draw(st.booleans()):
            other["plus"] = draw(st.sampled_from(PERIODS))
        return other
    one = st.sampled_from(LITERALS[kind])
    return draw(st.lists(one, min_size=1, max_size=3, unique=True)) if several else draw(one)


def _comparable(name: str, kind: str, other: str) -> bool:
    if name in ("in", "not_in"):
        return kind in ("text", "choice") and other in LISTS
    if name in ("is_a", "includes_any", "excludes_all"):
        return False
    return kind == other or {kind, other} == NUMBERS


# ---- packs ---------------------------------------------------------------------------------------


def written(**more: Any) -> dict[str, Any]:
    """Return a small pack as it is written; by itself it has no duties and always applies."""
    return {
        "id": "small", "version": "2026.11", "reviewed": "2026-11-21", "title": text("Small"),
        "summary": text("Small."), "authority": text("Nobody"), **CITE, "evidence": EVIDENCE,
        "entry_facts": {key: {"type": kind} for key, kind in ENTRY_FACTS.items()},
        "applies_if": {"sold": True}, "obligations": [],
        "phases": [{"id": "on", "title": text("on"), "force": "mandatory", **CITE}],
        **more,
    }  # fmt: skip


def packs() -> st.SearchStrategy[dict[str, Any]]:
    """Any small pack that the language can say, as it is written."""
    return st.composite(_pack)()


def _pack(draw: Draw) -> dict[str, Any]:
    phases = _phases(draw) if draw(st.integers(0, 5)) else []
    duties = range(draw(st.integers(1, 3)))
    raw = written(
        dated_by=draw(st.sampled_from(["as_of", "produced_on"])),
        applies_if=draw(conditions(evidence=False)),
        obligations=[_duty(draw, i, [p["id"] for p in phases]) for i in duties],
    )
    if phases:
        raw["phases"] = phases
    else:
        del raw["phases"]
        raw["force"] = draw(st.sampled_from(FORCES))
    entries = range(draw(st.integers(0, 3)))
    if entries:
        raw["catalogue"] = [_entry(draw, i) for i in entries]
        if draw(st.booleans()):
            raw["applies_if"] = {"in_catalogue": draw(st.booleans())}
        if draw(st.booleans()):
            raw["list_incomplete"] = {**text("More"), "plausible": draw(conditions(evidence=False))}
    return raw


def _window(draw: Draw) -> dict[str, str]:
    first, last = sorted(draw(st.tuples(st.sampled_from(DAYS), st.sampled_from(DAYS))))
    return draw(
        st.sampled_from([{}, {"from": first}, {"until": last}, {"from": first, "until": last}])
    )


def _phases(draw: Draw) -> list[dict[str, Any]]:
    """One to three phases with or without gaps, the first and the last perhaps without an end."""
    cuts = sorted(draw(st.lists(st.sampled_from(DAYS), min_size=2, max_size=6, unique=True)))
    windows = [
        {"from": one, "until": other} for one, other in zip(cuts[::2], cuts[1::2], strict=False)
    ]
    if draw(st.booleans()):
        windows[0].pop("from")
    if draw(st.booleans()):
        windows[-1].pop("until")
    force = st.sampled_from(FORCES)
    return [
        {"id": f"phase {i}", "title": text(f"phase {i}"), "force": draw(force), **CITE, **window}
        for i, window in enumerate(windows)
    ]


def _duty(draw: Draw, i: int, phases: list[str]) -> dict[str, Any]:
    roles = st.lists(st.sampled_from(list(VOCABULARY.roles)), min_size=1, max_size=2, unique=True)
    raw = {
        "id": f"small/duty-{i}", "title": text("Do it"), "means": text("Do it."), **CITE,
        "binds": draw(roles),
        **_window(draw),
    }  # fmt: skip
    optional = {
        "when": conditions(deep=1),
        **(
            {"phases": st.lists(st.sampled_from(phases), min_size=1, unique=True)} if phases else {}
        ),
        "dated_by": st.sampled_from(["as_of", "produced_on"]),
        "force": st.sampled_from(FORCES),
        "due": st.composite(_due)(),
    }
    raw |= {key: draw(value) for key, value in optional.items() if draw(st.integers(0, 2)) == 0}
    if draw(st.integers(0, 7)) == 0:
        counted = {"at_least": 2, "counting": "label", "covering": "colour"}
        return raw | {
            "per": "enterprise",
            "portfolio": {**counted, "declared_if": {"evidence.small.done": True}},
        }
    return raw | {"met_if": draw(conditions())}


def _due(draw: Draw) -> dict[str, str]:
    dates = [name for name, kind in readable(evidence=True).items() if kind in DATES]
    due = {"fact": draw(st.sampled_from(dates))}
    return due | draw(st.sampled_from([{}, *({"plus": plus} for plus in PERIODS)]))


def _entry(draw: Draw, i: int) -> dict[str, Any]:
    code = draw(st.sampled_from(["E", "F"])) + str(i)
    if draw(st.integers(0, 9)) == 0:
        return {"code": code, "name": text(code), "merged_into": "E1", **CITE}
    types = st.lists(st.sampled_from(list(VOCABULARY.types)), min_size=1, max_size=2, unique=True)
    standards = st.lists(
        st.sampled_from([f"GB {i}-{n}" for n in (1, 2, 3)]), max_size=3, unique=True
    )
    facts = st.lists(st.sampled_from(list(ENTRY_FACTS)), max_size=3, unique=True)
    raw = {
        "code": code, "name": text(code), "product_types": draw(types), **CITE,
        "standards": [{"number": number, **_window(draw)} for number in draw(standards)],
        "facts": {key: _entry_value(draw, ENTRY_FACTS[key]) for key in draw(facts)},
    }  # fmt: skip
    scope = conditions(evidence=False, deep=1)
    optional = {"scope": scope, "unless": scope | st.lists(scope, min_size=1, max_size=2)}
    return raw | {key: draw(value) for key, value in optional.items() if draw(st.booleans())}


def _entry_value(draw: Draw, kind: str) -> Any:
    one = st.sampled_from(LITERALS[kind])
    return draw(st.lists(one, min_size=1, max_size=2, unique=True)) if kind in LISTS else draw(one)


def rules_of(raw: dict[str, Any]) -> Rules:
    """Return the rules that are one pack and the small vocabulary."""
    built = pack(raw, "", VOCABULARY)
    facts = dict(VOCABULARY.facts) | dict(built.evidence)
    assumed = tuple(fact for fact in VOCABULARY.facts.values() if fact.assume is not None)
    return Rules(VOCABULARY, (built,), facts, assumed)


# ---- products ------------------------------------------------------------------------------------


def seeded(seed: int) -> Random:
    """Return a source of chance that is the same on every run."""
    return Random(seed)  # noqa: S311


def product(random: Random, rules: Rules) -> Product:
    """Return a product that states about half of the facts, near what the packs look at."""
    most = random.choice((0.3, 0.7, 0.95))
    names = [name for name in rules.facts if name not in ("id", "product_type")]
    stated = [name for name in names if random.random() < most]
    facts = {name: _stated(random, rules.facts[name]) for name in stated}
    facts |= {"id": "P", "product_type": random.choice(TYPES)}
    numbers = [name for name in stated if rules.facts[name].kind == "number"]
    higher = frozenset(
        name for name in numbers if not isinstance(facts[name], bool) and random.random() < 0.2
    )
    return Product("P", "P", facts, lower_bounds=higher)


def _stated(random: Random, fact: Fact) -> Any:
    if fact.name.startswith("evidence.") and random.random() < 0.4:
        return random.random() < 0.5
    literals = [literal for literal in LITERALS[fact.kind] if fact.kind != "roles" or literal]
    if fact.kind in LISTS:
        return tuple(random.sample(literals, random.randint(1, 2)))
    one = random.choice(literals)
    if fact.kind in NUMBERS:
        return one + random.choice((0, 0, 0, 1 if fact.kind == "integer" else 0.5))
    if fact.kind == "date":
        shift = random.choice((0, 0, 1, -1, 30, -30, -365, -366))
        return date.fromisoformat(one) + timedelta(days=shift)
    return one
