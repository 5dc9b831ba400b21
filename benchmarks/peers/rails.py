"""The verdicts of the packs as plain two-valued logic, for engines that know no third value.

Each condition becomes two questions, T(c) "is it certainly so?" and F(c) "is it certainly not so?";
neither is unknown. Dates are ordinals, types are the list of what they include, and what is assumed
where nothing is said is filled in beforehand.

What a list has no column for is missing in every row and can be folded away before an engine sees
the conditions, which is work that cncheck does for itself. Peers are measured both ways: `complete`
adds empty columns, so that every condition stays as the law has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from cncheck.conditions import AllOf, AnyOf, Condition, InCatalogue, Not, Stated, Test, Unclear
from cncheck.model import Entry, Pack, Rules

APPLIES, DOES_NOT, UNDETERMINED = 0, 1, 2
VERDICTS = ("applies", "does not", "undetermined")


class Atom(NamedTuple):
    """A fact that is stated, and stands in this relation to the operand."""

    fact: str
    relation: str
    operand: Any
    """A number, or for `in` and `not_in` the values as a sorted tuple."""


class Missing(NamedTuple):
    """A fact that is not stated."""

    fact: str


class All(NamedTuple):
    """And."""

    parts: tuple[Any, ...]


class Some(NamedTuple):
    """Or."""

    parts: tuple[Any, ...]


Logic = bool | Atom | Missing | All | Some


class Rails(NamedTuple):
    """When something is certain, and when its opposite is."""

    yes: Logic
    no: Logic


class Job(NamedTuple):
    """An engine with the rules compiled, over a list in memory."""

    feed: Callable[[], Any]
    """Turn the list into what the engine takes."""
    judge: Callable[[Any], Any]
    """Judge what `feed` made."""
    told: Callable[[Any], dict[str, bytes]]
    """Return the verdicts of each pack, a byte a row, from what `judge` found; not timed."""


NEVER = Rails(yes=False, no=True)
UNKNOWN = Rails(yes=False, no=False)

_EMPTY = {"number": pl.Float64, "integer": pl.Float64, "boolean": pl.Boolean, "date": pl.Date}
_OPPOSITE = {"in": "not_in", ">": "<=", ">=": "<"}
_OPPOSITE |= {there: here for here, there in _OPPOSITE.items()}
_RELATIONS = {
    "is": "in", "in": "in", "not_in": "not_in", "is_a": "in", "above": ">", "at_least": ">=", "at_most": "<=",
    "below": "<", "after": ">", "from": ">=", "until": "<=", "before": "<",
}  # fmt: skip


class Translator(NamedTuple):
    """Turns conditions over the columns of a list into logic."""

    rules: Rules
    columns: frozenset[str]
    always: frozenset[str]
    """The columns that are never blank."""

    def verdicts(self) -> dict[str, Rails]:
        """Return for every pack when it applies, and when it does not."""
        return {pack.id: self.verdict(pack) for pack in self.rules.packs}

    def says(self, pack: Pack) -> bool:
        """Say whether the verdict of `pack` can be told in this logic."""
        try:
            self.verdict(pack)
        except NotImplementedError:
            return False
        return True

    def verdict(self, pack: Pack) -> Rails:
        entries = [self._entry(entry) for entry in pack.entries if entry.product_types]
        catalogue = Rails(some(e.yes for e in entries), every(e.no for e in entries))
        return self._rails(pack.applies_if, None, catalogue)

    def _entry(self, entry: Entry) -> Rails:
        named = self._is_a(entry.product_types)
        scope = self._rails(entry.condition, None, NEVER) if entry.condition else NEVER[::-1]
        return Rails(every((named.yes, scope[0])), some((named.no, scope[1])))

    def _rails(self, condition: Condition, presumed: bool | None, catalogue: Rails) -> Rails:
        def rails(part: Condition) -> Rails:
            return self._rails(part, presumed, catalogue)

        match condition:
            case Test():
                return self._test(condition, presumed)
            case AllOf(parts):
                each = [rails(part) for part in parts]
                return Rails(every(r.yes for r in each), some(r.no for r in each))
            case AnyOf(parts):
                each = [rails(part) for part in parts]
                return Rails(some(r.yes for r in each), every(r.no for r in each))
            case Not(part):
                opposite = None if presumed is None else not presumed
                return Rails(*self._rails(part, opposite, catalogue)[::-1])
            case Stated(part):
                return self._rails(part, presumed=False, catalogue=catalogue)
            case Unclear():
                return UNKNOWN
            case InCatalogue(wanted):
                return catalogue if wanted else Rails(*catalogue[::-1])
        raise NotImplementedError(type(condition).__name__)

    def _test(self, test: Test, presumed: bool | None) -> Rails:
        if test.operator == "is_a":
            return self._is_a(test.operand)
        if test.fact not in self.columns:
            return UNKNOWN if presumed is None else Rails(presumed, not presumed)
        if test.operator not in _RELATIONS:
            raise NotImplementedError(f"{test.fact} {test.operator}")
        relation, operand = _RELATIONS[test.operator], test.operand
        if isinstance(operand, date):
            operand = operand.toordinal()
        if relation in {"in", "not_in"}:
            values = operand if isinstance(operand, frozenset) else [operand]
            operand = tuple(sorted(values))
        elif not isinstance(operand, (int, float)):
            raise NotImplementedError(f"{test.fact} {test.operator} {operand}")
        yes: Logic = Atom(test.fact, relation, operand)
        no: Logic = Atom(test.fact, _OPPOSITE[relation], operand)
        if presumed is not None and test.fact not in self.always:
            unstated = Missing(test.fact)
            yes, no = (some((yes, unstated)), no) if presumed else (yes, some((no, unstated)))
        return Rails(yes, no)

    def _is_a(self, types: Iterable[str]) -> Rails:
        wanted, known = frozenset(types), self.rules.vocabulary.types.values()
        ids = tuple(sorted(t.id for t in known if not t.group and not t.wider.isdisjoint(wanted)))
        return Rails(Atom("product_type", "in", ids), Atom("product_type", "not_in", ids))


def every(parts: Iterable[Logic]) -> Logic:
    """Return the "and" of `parts`, without what does not matter."""
    return _joined(parts, All, deciding=False)


def some(parts: Iterable[Logic]) -> Logic:
    """Return the "or" of `parts`, without what does not matter."""
    return _joined(parts, Some, deciding=True)


def _joined(parts: Iterable[Logic], node: type[All | Some], *, deciding: bool) -> Logic:
    kept: dict[Logic, None] = {}
    for part in parts:
        for one in part.parts if isinstance(part, node) else (part,):
            if one is deciding:
                return deciding
            if not isinstance(one, bool):
                kept[one] = None
    if not kept:
        return not deciding
    return next(iter(kept)) if len(kept) == 1 else node(tuple(kept))


def sayable(rules: Rules) -> Rules:
    """Return `rules` with the packs whose verdict two-valued logic over plain columns can say.

    A fact that holds a list of values, such as the roles of an enterprise, is none of these.
    """
    translator = Translator(rules, frozenset(rules.facts), frozenset())
    return rules._replace(packs=tuple(pack for pack in rules.packs if translator.says(pack)))


def translate(rules: Rules, frame: pl.DataFrame) -> dict[str, Rails]:
    """Return the verdicts of the packs over the columns of `frame`."""
    always = frozenset(name for name in frame.columns if not frame[name].null_count())
    return Translator(rules, frozenset(frame.columns), always).verdicts()


def complete(rules: Rules, frame: pl.DataFrame) -> pl.DataFrame:
    """Return `frame` with an empty column for each fact the verdicts ask for and it lacks."""
    asked = facts(Translator(rules, frozenset(rules.facts), frozenset()).verdicts().values())
    return frame.with_columns(
        pl.lit(None, _EMPTY.get(rules.facts[name].kind, pl.String)).alias(name)
        for name in sorted(asked.difference(frame.columns))
    )


def plain(rules: Rules, frame: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Return the columns that verdicts ask for, assumptions filled in, dates as ordinals."""
    columns = sorted(facts(translate(rules, frame).values()))
    assumed = {
        fact.name: as_of if fact.assume == "as_of" else fact.assume
        for fact in rules.assumed
        if fact.name in columns
    }
    epoch = date(1970, 1, 1).toordinal()
    return frame.select(
        (column.to_physical() + epoch if frame.schema[name] == pl.Date else column).alias(name)
        for name in columns
        for column in [pl.col(name).fill_null(assumed[name]) if name in assumed else pl.col(name)]
    )


def stated(frame: pl.DataFrame, names: Mapping[str, str]) -> pl.DataFrame:
    """Return the columns in which anything is stated, for engines that take a lack as blank."""
    return frame.select(
        pl.col(name).alias(names[name])
        for name in frame.columns
        if frame[name].null_count() < frame.height
    )


def facts(logic: Any) -> set[str]:
    """Return the facts that occur in `logic`, which may be a collection of it."""
    if isinstance(logic, (Atom, Missing)):
        return {logic.fact}
    if isinstance(logic, bool):
        return set()
    parts = logic.parts if isinstance(logic, (All, Some)) else logic
    return set().union(*(facts(part) for part in parts))
