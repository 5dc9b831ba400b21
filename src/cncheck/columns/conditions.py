"""The conditions of the rule language over columns, held to `cncheck.conditions` by tests.

A list says of each fact in up to three columns what a product says in one value: `<fact>` typed;
`<fact>|done` where evidence is only said to be done (true) or not (false); `<fact>|at_least` where
the true value may be higher than the stated one. Lists of words are text joined by ";".
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import date
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

import polars as pl

from cncheck.columns.logic import (
    CONSTANT,
    NO,
    UNKNOWN,
    YES,
    ByValue,
    Logic,
    Mask,
    Truth,
    Value,
    opposite,
)
from cncheck.conditions import (
    LISTS,
    NO_TIME,
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
    Unclear,
    parts_in,
)
from cncheck.model import AT_LEAST, DONE, SEPARATOR, ProductType, Rules

_FEW = 8  # values that are faster compared one by one than looked up

Missing = Mapping[str, Mask]
"""Fact -> where it would help to settle what is unknown."""


# ---- operators -----------------------------------------------------------------------------------


def _one_of(value: pl.Expr, of: Any) -> pl.Expr:
    if isinstance(of, pl.Expr):  # another fact, which is a list of words
        words = pl.concat_str(pl.lit(SEPARATOR), of, pl.lit(SEPARATOR))
        word = pl.concat_str(pl.lit(SEPARATOR), value.cast(pl.String), pl.lit(SEPARATOR))
        return words.str.contains(word, literal=True)
    items = sorted(of)
    return value.is_in(items) if len(items) > _FEW else pl.any_horizontal(value == i for i in items)


COLUMN_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "is": lambda value, of: value == of,
    "in": _one_of,
    "not_in": lambda value, of: ~_one_of(value, of),
    "is_a": lambda mask, _of: mask,
    "above": lambda value, of: value > of,
    "at_least": lambda value, of: value >= of,
    "at_most": lambda value, of: value <= of,
    "below": lambda value, of: value < of,
    "after": lambda value, of: value > of,
    "from": lambda value, of: value >= of,
    "until": lambda value, of: value <= of,
    "before": lambda value, of: value < of,
    "includes_any": partial(ByValue, operator="includes_any"),
    "excludes_all": partial(ByValue, operator="excludes_all"),
    "matches": partial(ByValue, operator="matches"),
    "all_match": partial(ByValue, operator="all_match"),
    "given": lambda said, wanted: said if wanted else opposite(said),
}
"""The same words as `cncheck.conditions.OPERATORS`. Each makes an expression of a column, and of what it
is compared with; but `given` gets what is said of the fact, `is_a` the rows of the types, and what is
asked of each different text the name of the column."""


_OF_EACH_TEXT = frozenset(
    name for name, row in OPERATORS.items() if row.kinds == LISTS or name == "matches"
)


# ---- values --------------------------------------------------------------------------------------


class Types:
    """The product types in the order of their codes."""

    def __init__(self, known: Iterable[ProductType]) -> None:
        self._wider = [type_.wider for type_ in known if not type_.group]
        self._codes: dict[frozenset[str], frozenset[int]] = {}

    def __len__(self) -> int:
        return len(self._wider)

    def codes(self, types: frozenset[str]) -> frozenset[int]:
        """Return the codes of `types` and of all narrower ones."""
        found = self._codes.get(types)
        if found is None:
            wanted = (i for i, wider in enumerate(self._wider) if not wider.isdisjoint(types))
            found = self._codes[types] = frozenset(wanted)
        return found


class Choice(NamedTuple):
    """A value that a catalogue entry gives to the rows it matches."""

    where: Mask
    value: Any
    types: frozenset[int]
    """The codes of the entry's product types: two choices without a common one never meet."""


Choices = tuple[Choice, ...]
"""Values of which at most one holds for a row."""

Operand = Any
"""What a fact is, row by row: a `Value`, `Choices`, one value for all rows, or None: not stated."""


class Said(NamedTuple):
    """What a condition says, row by row."""

    truth: Truth
    missing: Missing = MappingProxyType({})


_ALWAYS = Said(YES)


class Columns(NamedTuple):
    """A list on a day: all that a condition may look at."""

    logic: Logic
    rules: Rules
    types: Types
    stated: frozenset[str]
    """The columns that the list has."""
    day: date | Value
    """`as_of`: one day for all rows, or a column of days."""
    assumed: date | Value
    """What is taken for a date that is assumed to be `as_of`, where it is not stated."""
    presume: bool
    entry: Mapping[str, Choices] = MappingProxyType({})
    """Values of the matched catalogue entries, as facts `entry.<name>`."""
    in_catalogue: Said = Said(NO)

    # ---- facts ---------------------------------------------------------------------------------

    @property
    def moving(self) -> frozenset[str]:
        """The dates that may be another one tomorrow: `as_of`, and what is assumed to be it."""
        return self.logic.once("moving", lambda: frozenset(
            {"as_of", *(f.name for f in self.rules.assumed if f.assume == "as_of")}
        ))  # fmt: skip

    def value(self, fact: str) -> Operand:
        """Return what is stated or assumed for `fact`."""
        if fact == "as_of":
            return self.day
        if fact.startswith("entry."):
            return self.entry.get(fact)
        stated = column(fact) if fact in self.stated else None
        assumed = self.rules.facts[fact].assume if fact != "roles" else None
        if assumed is None:
            return stated
        otherwise = self.assumed if assumed == "as_of" else assumed
        if stated is None:
            return otherwise
        if isinstance(otherwise, Value):
            key = ("either", stated.key, otherwise.key)
            return Value(key, stated.column.fill_null(otherwise.column))
        return Value(("or", stated.key, otherwise), stated.column.fill_null(pl.lit(otherwise)))

    def done(self, fact: str) -> Truth:
        """Return whether `fact` is said to be done or not, without a value."""
        return self._column_truth(fact + DONE) if fact + DONE in self.stated else UNKNOWN

    def _column_truth(self, name: str) -> Truth:
        return self.logic.truth(("column", name), lambda: pl.col(name), column(name))

    def known(self, value: Operand) -> Mask:
        """Return where there is a value to compare with."""
        if isinstance(value, Value):
            return self.logic.known(value)
        if _is_choices(value):
            return self.logic.any_of(choice.where for choice in value)
        return value is not None

    def of_types(self, types: frozenset[str]) -> Mask:
        """Return which rows are of one of `types`, or of a narrower one."""
        codes = self.types.codes(types)
        if not codes or len(codes) == len(self.types):
            return bool(codes)
        few = 2 * len(codes) <= len(self.types)
        looked_for = codes if few else frozenset(range(len(self.types))) - codes
        found = self.logic.any_of(self._of_type(code) for code in sorted(looked_for))
        return found if few else self.logic.rest(found)

    def _of_type(self, code: int) -> Mask:
        return self.logic.mask(("type", code), lambda: code)

    # ---- conditions ----------------------------------------------------------------------------

    def ask(self, condition: Condition | None, presumed: bool | None = None) -> Said:
        """Return what `condition` says; a test of a missing fact says `presumed`."""
        if condition is None:
            return _ALWAYS
        ask = partial(self._ask, condition, presumed)
        return self.logic.once(("said", self._of_today(condition), presumed, self.presume), ask)

    def _of_today(self, condition: Condition) -> Hashable:
        """Return `condition` and what it sees of the day: where that is the same, so is its answer."""
        _, sights = self.logic.once(  # holds the condition, so that no other gets its identity
            ("sights", id(condition)), lambda: (condition, _sights(condition, self.moving))
        )
        return (id(condition), *map(self._seen, sights)) if sights else id(condition)

    def _seen(self, sight: str) -> Hashable:
        if sight == _CATALOGUE:
            truth, missing = self.in_catalogue
            return truth, *missing.items()
        if sight.startswith(_ENTRY):
            return self.entry.get(sight)
        days = (day.key if isinstance(day, Value) else day for day in (self.day, self.assumed))
        return sight in self.stated, *days

    def _ask(self, condition: Condition, presumed: bool | None) -> Said:
        logic = self.logic
        match condition:
            case Test():
                return self._test(condition, presumed)
            case AllOf() | AnyOf():
                parts = [self.ask(part, presumed) for part in condition.parts]
                join = logic.both if isinstance(condition, AllOf) else logic.either
                return self.joined(join(part.truth for part in parts), parts)
            case Not():
                said = self.ask(condition.part, None if presumed is None else not presumed)
                return Said(opposite(said.truth), said.missing)
            case Stated():
                return self.ask(condition.part, presumed=False)
            case Unclear():
                return Said(UNKNOWN)
            case InCatalogue():
                truth, missing = self.in_catalogue
                return Said(truth if condition.wanted else opposite(truth), missing)
        raise TypeError(f"There are no columns for {type(condition).__name__}.")

    def joined(self, truth: Truth, parts: Iterable[Said]) -> Said:
        """Return `truth` with what is missing for it: what its undecided parts miss."""
        unknown = self.logic.unknown(truth)
        return Said(truth, self.asked_for([(unknown, part.missing) for part in parts]))

    def asked_for(self, questions: Iterable[tuple[Mask, Missing]]) -> Missing:
        """Return which facts are missing: each in the rows where its question is asked."""
        found: dict[str, list[Mask]] = {}
        for asked, missing in questions:
            if asked is not False:
                for fact, where in missing.items():
                    found.setdefault(fact, []).append(self.logic.all_of([asked, where]))
        joined = {fact: self.logic.any_of(where) for fact, where in found.items()}
        return {fact: where for fact, where in joined.items() if where is not False}

    def _test(self, test: Test, presumed: bool | None) -> Said:
        logic = self.logic
        truth = self._raw(test)
        if presumed is not None and self.presume:
            return Said(logic.presumed(truth, presumed))
        unknown = logic.unknown(truth)
        wanting = {test.fact: unknown}
        if isinstance(test.operand, FactPlus):
            known, other = (self.known(self.value(fact)) for fact in (test.fact, test.operand.fact))
            vague = logic.all_of([other, self._at_least(test.fact)])
            lacking = logic.any_of([logic.rest(known), vague])
            wanting = {
                test.fact: logic.all_of([unknown, lacking]),
                test.operand.fact: logic.without(unknown, other),
            }
        return Said(truth, {
            fact: where for fact, where in wanting.items()
            if where is not False and not fact.startswith("entry.")
        })  # fmt: skip

    def _at_least(self, fact: str) -> Mask:
        """Return where the true value of `fact` may be higher than the stated one."""
        name = fact + AT_LEAST
        return self._column_truth(name).yes if name in self.stated else False

    def _raw(self, test: Test) -> Truth:
        """Return the truth of a test without any presumption."""
        logic = self.logic
        if test.operator == "given":
            return self._given(test)
        if test.kind == "product_type":
            mask = COLUMN_OPERATORS["is_a"](self.of_types(test.operand), test.operand)
            return Truth(mask, logic.rest(mask))
        operand = test.operand
        if isinstance(operand, FactPlus):
            operand = self.plus(self.value(operand.fact), operand.plus)
        words = test.kind in ("text", "choice") and isinstance(test.operand, FactPlus)
        truth = self.compare(test.operator, self.value(test.fact), operand, as_text=words)
        truth = self._settled(truth, test)
        # What is only said to be done has no value to compare; what is not done fails every test.
        return Truth(truth.yes, logic.any_of([truth.no, self.done(test.fact).no]))

    def _given(self, test: Test) -> Truth:
        value = self.value(test.fact)
        if test.kind == "boolean":
            said = self.compare("is", value, True)
        else:
            done = self.done(test.fact)
            said = Truth(self.logic.any_of([self.known(value), done.yes]), done.no)
        answer: Truth = COLUMN_OPERATORS["given"](said, test.operand)
        return self._settled(answer, test)

    def _settled(self, truth: Truth, test: Test) -> Truth:
        """Return `truth` where it stays right though the true value may be higher."""
        stays = OPERATORS[test.operator].settled_by_lower_bound
        higher = self._at_least(test.fact)
        settled = False if stays is None else truth.yes if stays else truth.no
        return self.logic.where(self.logic.rest(self.logic.without(higher, settled)), truth)

    # ---- comparing -----------------------------------------------------------------------------

    def plus(self, value: Operand, period: Period) -> Operand:
        """Return a date with a period added."""
        if value is None or period == NO_TIME:
            return value
        if isinstance(value, Value):
            later = (
                value.column.dt.offset_by(f"{period.months}mo") if period.months else value.column
            )
            later = later.dt.offset_by(f"{period.days}d") if period.days else later
            return Value(("plus", period, value.key), later)
        if _is_choices(value):
            return tuple(c._replace(value=period.after(c.value)) for c in value)
        return period.after(value)

    def compare(
        self, operator: str, value: Operand, operand: Operand, *, as_text: bool = False
    ) -> Truth:
        """Return how `value` compares with `operand`; unknown where either is.

        Args:
            operator: a word of the rule language.
            value: what is compared.
            operand: what it is compared with.
            as_text: compare the words of both, whose columns may be of different types.

        """
        if value is None or operand is None:
            return UNKNOWN
        again = partial(self.compare, operator, as_text=as_text)
        if _is_choices(value):
            return self._chosen(value, lambda c: again(c.value, _meeting(operand, c)))
        if _is_choices(operand):
            return self._chosen(operand, lambda c: again(value, c.value))
        if not isinstance(value, Value) and not isinstance(operand, Value):
            return CONSTANT[OPERATORS[operator].holds(value, operand)]

        def side(one: Operand) -> Any:
            if isinstance(one, Value):
                return one.column.cast(pl.String) if as_text else one.column
            return pl.lit(one) if one is value else one

        keys = tuple(one.key if isinstance(one, Value) else one for one in (value, operand))
        if operator in _OF_EACH_TEXT:
            by_value = COLUMN_OPERATORS[operator](value.key, operand)
            yes = self.logic.mask((operator, keys), lambda: by_value)
            return Truth(yes, self.logic.without(self.known(value), yes))
        ask, of = COLUMN_OPERATORS[operator], [v for v in (value, operand) if isinstance(v, Value)]
        key = (operator, keys, as_text)
        return self.logic.truth(key, lambda: ask(side(value), side(operand)), *of)

    def _chosen(self, choices: Choices, ask: Callable[[Choice], Truth]) -> Truth:
        """Return the answer of the choice that holds for a row; unknown where none does."""
        logic = self.logic
        answers: dict[Truth, list[Mask]] = {}
        for choice in choices:
            answers.setdefault(ask(choice), []).append(choice.where)
        found = [(answer, logic.any_of(where)) for answer, where in answers.items()]
        yes = logic.any_of(logic.all_of([where, answer.yes]) for answer, where in found)
        no = logic.any_of(logic.all_of([where, answer.no]) for answer, where in found)
        return Truth(yes, no)

    # ---- what speaks against -------------------------------------------------------------------

    def against(
        self, condition: Condition | None, presumed: bool | None = None
    ) -> tuple[Mask, Mask]:
        """Return where a stated fact speaks against `condition`, and where one does by its value.

        Evidence that is merely stated as not done is the first, and not the second.
        """
        if condition is None:
            return False, False
        speaks = partial(self._speaks, condition, presumed)
        key = ("against", self._of_today(condition), presumed, self.presume)
        return self.logic.once(key, speaks)

    def _speaks(self, condition: Condition, presumed: bool | None) -> tuple[Mask, Mask]:
        match condition:
            case Test():
                fails, denied = self._raw(condition).no, self.done(condition.fact).no
                if condition.kind == "boolean" and condition.fact.startswith("evidence."):
                    denied = self.compare("is", self.value(condition.fact), operand=True).no
                return fails, self.logic.without(fails, denied)
            case AllOf() | AnyOf():
                return self._against(condition, presumed)
            case Not():
                return self._speaks(condition.part, None if presumed is None else not presumed)
            case Stated():
                return self._speaks(condition.part, presumed=False)
            case InCatalogue():
                return self.in_catalogue.truth.no, self.in_catalogue.truth.no
        return False, False

    def _against(self, condition: AllOf | AnyOf, presumed: bool | None) -> tuple[Mask, Mask]:
        """Return it for the first part that decides, or else for all of them together."""
        logic = self.logic
        undecided: Mask = True
        asked: list[tuple[Mask, tuple[Mask, Mask]]] = []
        for part in condition.parts:
            truth = self.ask(part, presumed).truth
            decided = truth.no if isinstance(condition, AllOf) else truth.yes
            asked.append((logic.all_of([undecided, decided]), self._speaks(part, presumed)))
            undecided = logic.without(undecided, decided)
        asked += [(undecided, speaks) for _, speaks in asked]
        some, by_value = (
            logic.any_of(logic.all_of([where, speaks[i]]) for where, speaks in asked)
            for i in (0, 1)
        )
        return some, by_value


def column(name: str) -> Value:
    """Return a column of the list."""
    return Value(name, pl.col(name))


def _is_choices(value: Operand) -> bool:
    return isinstance(value, tuple) and not isinstance(value, Value)


def _meeting(operand: Operand, choice: Choice) -> Operand:
    """Return of an operand that is chosen by entry what can meet `choice` in one row."""
    if not _is_choices(operand):
        return operand
    return tuple(other for other in operand if not other.types.isdisjoint(choice.types)) or None


_CATALOGUE, _ENTRY = "|catalogue", "entry."


def _sights(condition: Condition, moving: frozenset[str]) -> frozenset[str]:
    """Return what a condition looks at that a day may change: dates, matched entries, the catalogue."""
    parts = list(parts_in(condition))
    tests = [part for part in parts if isinstance(part, Test)]
    facts = {test.fact for test in tests}
    facts |= {test.operand.fact for test in tests if isinstance(test.operand, FactPlus)}
    of_the_day = {fact for fact in facts if fact in moving or fact.startswith(_ENTRY)}
    catalogue = {_CATALOGUE} if any(isinstance(part, InCatalogue) for part in parts) else set()
    return frozenset(of_the_day | catalogue)
