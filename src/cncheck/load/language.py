"""Turn the written form of a condition into the nodes of `conditions`, typed by the vocabulary."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple

from cncheck.conditions import (
    LISTS,
    OPERATORS,
    AllOf,
    AnyOf,
    Condition,
    FactPlus,
    InCatalogue,
    Not,
    Period,
    Stated,
    Test,
    Text,
    Unclear,
    test,
)
from cncheck.model import Fact, ProductType, Role
from cncheck.problems import did_you_mean

Path = tuple[str | int, ...]

_PERIOD = r"(\d{1,3}) (day|month|year)s?"
_OF_A_LIST = ("in", "not_in", "is_a", "includes_any", "excludes_all", "matches", "all_match")
_UNIT_ZH = {"day": "天", "month": "个月", "year": "年"}
_UNIT = {"day": ("days", 1), "month": ("months", 1), "year": ("months", 12)}
_MOST_NAMED = 12
_TRUTH = {True: Text("true", "是"), False: Text("false", "否")}


class Words(NamedTuple):
    """What a condition may name."""

    facts: Mapping[str, Fact]
    types: Mapping[str, ProductType]
    roles: Mapping[str, Role]
    may_be_listed: Condition | None = None
    """Unclear where a product outside the catalogue may be in it: not every entry is known."""


class BadWording(Exception):
    """A condition that cannot be understood, with the path to the place inside it."""

    def __init__(self, path: Path, message: str) -> None:
        self.path, self.message = path, message
        super().__init__(message)


def text(raw: Mapping[str, str]) -> Text:
    """Return the sentence written as {en, zh}."""
    return Text(raw["en"], raw["zh"])


def period(raw: str, path: Path = ()) -> Period:
    """Return the period written like "30 days", "6 months" or "2 years"."""
    match = re.fullmatch(_PERIOD, raw) if isinstance(raw, str) else None
    if match is None:
        raise BadWording(path, f'"{raw}" is no period; write for example "30 days" or "2 years".')
    unit, factor = _UNIT[match[2]]
    return Period(**{unit: int(match[1]) * factor})


def condition(raw: Any, words: Words, path: Path = ()) -> Condition:
    """Return the condition written as the mapping `raw`.

    Raises:
        BadWording: it names an unknown fact, type, operator or value, or compares unlike things.

    """
    if not isinstance(raw, Mapping) or not raw:
        raise BadWording(path, "A condition is a mapping with at least one key.")
    parts = tuple(_clause(key, value, words, (*path, key)) for key, value in raw.items())
    return parts[0] if len(parts) == 1 else AllOf(parts)


def _clause(key: str, raw: Any, words: Words, path: Path) -> Condition:
    build = _CONNECTIVES.get(key)
    if build is not None:
        return build(raw, words, path)
    fact = words.facts.get(key)
    if fact is None:
        known = [*words.facts, *_CONNECTIVES]
        raise BadWording(path, f'"{key}" is no fact.{did_you_mean(key, known)}')
    if isinstance(raw, Mapping):
        if not raw:
            raise BadWording(path, "A test names an operator, such as {above: 2}.")
        tests = tuple(_test(fact, name, of, words, (*path, name)) for name, of in raw.items())
        return tests[0] if len(tests) == 1 else AllOf(tests)
    if fact.kind == "product_type":
        return _test(fact, "is_a", raw, words, path)
    return _test(fact, "in" if isinstance(raw, list) else "is", raw, words, path)


def _several(raw: Any, words: Words, path: Path) -> tuple[Condition, ...]:
    if not isinstance(raw, list) or not raw:
        raise BadWording(path, "A list of conditions is expected.")
    return tuple(condition(part, words, (*path, i)) for i, part in enumerate(raw))


def _unless(raw: Any, words: Words, path: Path) -> Condition:
    if isinstance(raw, list):
        return Not(Stated(AnyOf(_several(raw, words, path))))
    return Not(Stated(condition(raw, words, path)))


def _unclear(raw: Any, _words: Words, path: Path) -> Condition:
    if (
        not isinstance(raw, Mapping)
        or set(raw) != {"en", "zh"}
        or not all(map(_is_text, raw.values()))
    ):
        raise BadWording(path, "A reason is a mapping of `en` and `zh`, both written out.")
    return Unclear(text(raw))


def _in_catalogue(raw: Any, words: Words, path: Path) -> Condition:
    if not isinstance(raw, bool):
        raise BadWording(path, "Write true or false.")
    if words.may_be_listed is None:
        return InCatalogue(raw)
    listed = AnyOf((InCatalogue(wanted=True), words.may_be_listed))
    return listed if raw else Not(listed)


def _is_text(raw: Any) -> bool:
    return isinstance(raw, str) and bool(raw.strip())


_CONNECTIVES: dict[str, Callable[[Any, Words, Path], Condition]] = {
    "all": lambda raw, words, path: AllOf(_several(raw, words, path)),
    "any": lambda raw, words, path: AnyOf(_several(raw, words, path)),
    "not": lambda raw, words, path: Not(condition(raw, words, path)),
    "unless": _unless,
    "if_stated": lambda raw, words, path: Stated(condition(raw, words, path)),
    "unclear": _unclear,
    "in_catalogue": _in_catalogue,
}


def _test(fact: Fact, name: str, raw: Any, words: Words, path: Path) -> Test:
    how = OPERATORS.get(name)
    if how is None:
        raise BadWording(path, f'"{name}" is no operator.{did_you_mean(name, OPERATORS)}')
    if fact.kind not in how.kinds:
        allowed = ", ".join(word for word, row in OPERATORS.items() if fact.kind in row.kinds)
        raise BadWording(path, f'"{name}" does not fit a {fact.kind}; use one of: {allowed}.')
    if name == "given":
        if not isinstance(raw, bool):
            raise BadWording(path, "Write true or false.")
        phrase = how.phrase if raw else Text("stated as not done", "明示未完成")
        return test(fact.name, name, raw, fact.kind, phrase)
    operand, shown = _operand(fact, name, raw, words, path)
    phrase = Text(how.phrase.en.format(shown.en), how.phrase.zh.format(shown.zh))
    return test(fact.name, name, operand, fact.kind, phrase)


def _operand(fact: Fact, name: str, raw: Any, words: Words, path: Path) -> tuple[Any, Text]:
    if isinstance(raw, Mapping):
        named = str(raw.get("fact"))
        other = words.facts.get(named)
        if other is None:
            raise BadWording(path, f'"{named}" is no fact.{did_you_mean(named, words.facts)}')
        if not _comparable(fact, name, other):
            message = (
                f"{fact.name}, a {fact.kind}, cannot be compared with {named}, a {other.kind}."
            )
            raise BadWording(path, message)
        if not set(raw) <= {"fact", "plus"} or ("plus" in raw and fact.kind != "date"):
            message = "Write {fact: .., plus: 30 days}; only a date takes `plus`."
            raise BadWording(path, message)
        if "plus" not in raw:
            return FactPlus(other.name), Text(other.name, other.name)
        plus, count = period(raw["plus"], path), raw["plus"].split()[0]
        zh = f"{other.name} + {count} {_UNIT_ZH[raw['plus'].split()[1].rstrip('s')]}"
        return FactPlus(other.name, plus), Text(f"{other.name} + {raw['plus']}", zh)
    if name in ("matches", "all_match"):
        try:
            re.compile(raw)
        except (re.error, TypeError) as error:
            raise BadWording(path, f"This is no regular expression: {error}.") from None
        return raw, Text(raw, raw)
    several = name in _OF_A_LIST
    items = raw if isinstance(raw, list) else [raw]
    if not items or (isinstance(raw, list) and not several):
        what = "at least one value" if several else "one value; for a list, write `in`"
        raise BadWording(path, f"`{name}` takes {what}.")
    pairs = [_literal(fact, item, words, path) for item in items]
    shown_all = _listed([shown for _, shown in pairs])
    values = [value for value, _ in pairs]
    return (frozenset(values) if several else values[0]), shown_all


def _listed(texts: list[Text]) -> Text:
    """Return a list as it reads; of a long one, how it begins and how long it is."""
    more = len(texts) - _MOST_NAMED
    told = texts if more <= 1 else texts[:_MOST_NAMED]
    en, zh = ", ".join(text.en for text in told), "、".join(text.zh for text in told)
    return Text(en, zh) if more <= 1 else Text(f"{en} and {more} more", f"{zh}等{len(texts)}类")


def _comparable(fact: Fact, name: str, other: Fact) -> bool:
    """Return whether the operator `name` can compare `fact` with `other`."""
    if name in _OF_A_LIST:
        return name in ("in", "not_in") and other.kind in LISTS
    numbers = {"number", "integer"}
    return other.kind == fact.kind or {other.kind, fact.kind} == numbers


def _literal(fact: Fact, raw: Any, words: Words, path: Path) -> tuple[Any, Text]:
    """Return the typed value of a literal and how it reads."""
    match fact.kind:
        case "number" | "integer" if isinstance(raw, (int, float)) and not isinstance(raw, bool):
            return raw, Text(f"{raw:.12g}", f"{raw:.12g}")
        case "boolean" if isinstance(raw, bool):
            return raw, _TRUTH[raw]
        case "date" if isinstance(raw, str):
            try:
                return date.fromisoformat(raw), Text(raw, raw)
            except ValueError:
                raise BadWording(path, f'"{raw}" is no day; write 2026-01-31.') from None
        case "product_type" if isinstance(raw, str):
            if raw not in words.types:
                hint = did_you_mean(raw, words.types)
                raise BadWording(path, f'"{raw}" is no product type.{hint}')
            return raw, words.types[raw].name
        case "roles" if isinstance(raw, str):
            if raw not in words.roles:
                raise BadWording(path, f'"{raw}" is no role.{did_you_mean(raw, words.roles)}')
            return raw, words.roles[raw].name
        case "text" | "choice" | "choices" if isinstance(raw, str):
            if fact.values and raw not in fact.values:
                raise BadWording(
                    path, f'"{raw}" is no value of {fact.name}: {", ".join(fact.values)}.'
                )
            return raw, Text(raw, raw)
    kind = "list of words" if fact.kind in LISTS else fact.kind
    raise BadWording(path, f"{raw!r} does not fit {fact.name}, which is a {kind}.")
