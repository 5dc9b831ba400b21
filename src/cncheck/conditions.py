"""What a condition means for one product: yes, no or unknown, with the facts that decided it.

The three values follow Kleene and are written `True`, `False` and `None` (unknown). An answer says
besides which tests decided it, which facts would settle it, what the law itself leaves unclear, and
from which day on it may be another one. This module is the definition of the rule language; any
other engine is held to it by tests.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple, Protocol

Truth = bool | None
"""True = yes, False = no, None = unknown."""

NUMBERS = frozenset({"number", "integer"})
LISTS = frozenset({"choices", "roles"})
SINGLE = frozenset({"text", "choice", "boolean", "number", "integer"})
DATES = frozenset({"date"})


class Text(NamedTuple):
    """A sentence for the user in both languages."""

    en: str
    zh: str

    def to(self, language: str) -> str:
        """Return the wording in `language`, "en" or "zh"."""
        return self.zh if language == "zh" else self.en


class Reason(NamedTuple):
    """One test that was put to one fact, and its answer."""

    fact: str
    value: Any
    test: Text
    answer: Truth
    presumed: bool = False
    """The fact was not stated; `answer` is what an exception presumes."""


class Answer(NamedTuple):
    """What a condition says about a product."""

    truth: Truth
    reasons: tuple[Reason, ...] = ()
    missing: tuple[str, ...] = ()
    """Facts that would settle an unknown truth; empty unless `truth` is None."""
    unclear: tuple[Text, ...] = ()
    """What the law leaves open; empty unless `truth` is None."""
    changes: date | None = None
    """The first day after `as_of` on which the passing of time may change this answer."""


YES = Answer(True)
NO = Answer(False)


class Situation(NamedTuple):
    """A product on a day: all that a condition may look at."""

    facts: Mapping[str, Any]
    """Typed values of stated and assumed facts, and `as_of`; a missing key is unknown."""
    types: frozenset[str] = frozenset()
    """The product type and every wider one."""
    moving: frozenset[str] = frozenset({"as_of"})
    """Dates that are another one tomorrow: `as_of` and what is assumed to be equal to it."""
    lower_bounds: frozenset[str] = frozenset()
    """Facts whose true value may be higher than the stated one."""
    presume: bool = True
    """Whether an exception that nobody stated is presumed not to hold."""
    in_catalogue: Answer = NO

    @property
    def as_of(self) -> date:
        """The day the question is asked for."""
        day: date = self.facts["as_of"]
        return day


class Operator(NamedTuple):
    """One word of the language: what it tests, on which kinds of facts, and how it reads."""

    holds: Callable[[Any, Any], bool]
    kinds: frozenset[str]
    phrase: Text
    settled_by_lower_bound: Truth = None
    """The answer that stays right when the true value is higher than the stated one."""
    flips_after: bool = False
    """For dates: the answer flips the day after the operand instead of on it."""


def _row(
    holds: Callable[[Any, Any], bool], kinds: frozenset[str], en: str, zh: str, **more: Any
) -> Operator:
    return Operator(holds, kinds, Text(en, zh), **more)


OPERATORS: dict[str, Operator] = {
    "is": _row(operator.eq, SINGLE, "equal to {}", "等于 {}"),
    "in": _row(lambda value, of: value in of, SINGLE, "one of {}", "属于 {}"),
    "not_in": _row(lambda value, of: value not in of, SINGLE, "none of {}", "不属于 {}"),
    "is_a": _row(lambda types, of: not types.isdisjoint(of), frozenset({"product_type"}),
                 "a kind of {}", "属于 {} 类"),
    "above": _row(operator.gt, NUMBERS, "above {}", "大于 {}", settled_by_lower_bound=True),
    "at_least": _row(operator.ge, NUMBERS, "at least {}", "不小于 {}", settled_by_lower_bound=True),
    "at_most": _row(operator.le, NUMBERS, "at most {}", "不大于 {}", settled_by_lower_bound=False),
    "below": _row(operator.lt, NUMBERS, "below {}", "小于 {}", settled_by_lower_bound=False),
    "after": _row(operator.gt, DATES, "after {}", "晚于 {}", flips_after=True),
    "from": _row(operator.ge, DATES, "on or after {}", "不早于 {}"),
    "until": _row(operator.le, DATES, "on or before {}", "不晚于 {}", flips_after=True),
    "before": _row(operator.lt, DATES, "before {}", "早于 {}"),
    "includes_any": _row(lambda values, of: not of.isdisjoint(values), LISTS,
                         "includes any of {}", "包含 {} 之一"),
    "excludes_all": _row(lambda values, of: of.isdisjoint(values), LISTS,
                         "includes none of {}", "不包含 {}"),
    "matches": _row(lambda value, of: re.fullmatch(of, value) is not None, frozenset({"text"}),
                    "has the form {}", "符合格式 {}"),
    "all_match": _row(lambda values, of: all(re.fullmatch(of, value) for value in values), LISTS,
                      "all have the form {}", "均符合格式 {}"),
    "given": _row(lambda value, wanted: (value is not False) is wanted,
                  SINGLE | LISTS | DATES, "done", "已完成",
                  settled_by_lower_bound=True),
}  # fmt: skip


class Period(NamedTuple):
    """A length of time as laws count it."""

    days: int = 0
    months: int = 0

    def after(self, start: date) -> date:
        """Return the day this period after `start`; 31 January plus a month is 28 February."""
        month = start.month - 1 + self.months
        year, month = start.year + month // 12, month % 12 + 1
        last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        return date(year, month, min(start.day, last.day)) + timedelta(days=self.days)


NO_TIME = Period()


class FactPlus(NamedTuple):
    """An operand that is another fact, for dates with a period added."""

    fact: str
    plus: Period = NO_TIME


class Condition(Protocol):
    """Anything that can be asked of a situation."""

    def ask(self, situation: Situation, presumed: Truth = None) -> Answer:
        """Answer for `situation`; a test of a missing fact answers `presumed`."""
        ...


class Test(NamedTuple):
    """One fact against one operand; built by `test`."""

    fact: str
    operator: str
    operand: Any
    kind: str
    phrase: Text
    unknown: Answer | None
    """The answer where the fact is missing; None where the fact it is compared to may be as well."""
    presumed: tuple[Answer, Answer]
    """The answers where it is missing and presumed to be no, and yes."""

    def ask(self, situation: Situation, presumed: Truth = None) -> Answer:
        """Answer for `situation`; unknown if the fact, or the fact it is compared to, is."""
        value = situation.facts.get(self.fact)
        if value is None:
            if presumed is None or not situation.presume:
                return self.unknown or self._missing(self.fact, situation, presumed)
            return self.presumed[presumed]
        how = OPERATORS[self.operator]
        if isinstance(value, bool) and self.kind != "boolean" and self.operator != "given":
            if value:  # said to be done, without the value this test is about
                return self._missing(self.fact, situation, presumed)
            return Answer(False, (Reason(self.fact, value, self.phrase, answer=False),))
        operand = self.operand
        if isinstance(operand, FactPlus):
            operand = situation.facts.get(operand.fact)
            if not self._known(operand):
                return self._missing(self.operand.fact, situation, presumed)
            if self.operand.plus is not NO_TIME:
                operand = self.operand.plus.after(operand)
        if self.operator == "given" and self.kind == "text":
            value = value is not False  # that it is stated decides, not what it says
        truth = how.holds(situation.types if self.kind == "product_type" else value, operand)
        if self.fact in situation.lower_bounds and truth is not how.settled_by_lower_bound:
            return self._missing(self.fact, situation, presumed)
        changes = self._changes(situation, value, operand, how) if self.kind == "date" else None
        phrase = self.phrase if operand is self.operand else _resolved(self.phrase, operand)
        return Answer(truth, (Reason(self.fact, value, phrase, truth),), (), (), changes)

    def _missing(self, fact: str, situation: Situation, presumed: Truth) -> Answer:
        """Answer where `fact`, this test's own or the one it compares with, is not known."""
        if presumed is not None and situation.presume:
            return Answer(presumed, (Reason(fact, None, self.phrase, presumed, presumed=True),))
        answer = _unknown(fact, situation.facts.get(fact), self.phrase)
        other = self.operand.fact if isinstance(self.operand, FactPlus) else fact
        if other == fact or self._known(situation.facts.get(other)):
            return answer
        return _undecided((answer, _unknown(other, None, self.phrase)), deciding=True)

    def _known(self, operand: Any) -> bool:
        """Return whether a fact has a value to compare with: "done" alone is none."""
        return operand is not None and (self.kind == "boolean" or not isinstance(operand, bool))

    def _changes(
        self, situation: Situation, value: Any, operand: Any, how: Operator
    ) -> date | None:
        """Return the day after `as_of` on which time alone turns this comparison of dates."""
        if not isinstance(operand, date):
            return None
        left = self.fact in situation.moving
        right = isinstance(self.operand, FactPlus) and self.operand.fact in situation.moving
        if left is right:
            return None  # both stand still, or both move together
        if left:
            turn = operand + timedelta(days=how.flips_after)
            return turn if turn > situation.as_of else None
        now, plus = how.holds(value, operand), self.operand.plus
        # The day on which `day + plus` passes `value`: near `value - plus`, months being uneven.
        near = value - (plus.after(value) - value)
        days = (near + timedelta(days=shift) for shift in range(-4, 6))
        later = (day for day in days if day > situation.as_of)
        return next((day for day in later if how.holds(value, plus.after(day)) is not now), None)


def _resolved(phrase: Text, operand: Any) -> Text:
    """Return a phrase that names another fact, with that fact's value behind it."""
    shown = ", ".join(sorted(operand)) if isinstance(operand, frozenset) else operand
    return Text(f"{phrase.en} ({shown})", f"{phrase.zh}（{shown}）")


def test(fact: str, operator: str, operand: Any, kind: str, phrase: Text) -> Test:
    """Return the test of `fact`, of this kind, by the operator of this name."""
    no, yes = (
        Answer(truth, (Reason(fact, None, phrase, truth, presumed=True),))
        for truth in (False, True)
    )
    unknown = None if isinstance(operand, FactPlus) else _unknown(fact, None, phrase)
    return Test(fact, operator, operand, kind, phrase, unknown, (no, yes))


def _unknown(fact: str, value: Any, phrase: Text) -> Answer:
    """Answer unknown for want of `fact`; what a catalogue entry does not state, nobody can add."""
    reasons = () if value is None else (Reason(fact, value, phrase, None),)
    if not fact.startswith("entry."):
        return Answer(None, reasons, missing=(fact,))
    name = fact.removeprefix("entry.").replace("_", " ")
    text = Text(
        f"No {name} of the catalogue entry is known for this product.",
        f"该产品适用的目录条目 {name} 未知。",
    )
    return Answer(None, reasons, unclear=(text,))


class AllOf(NamedTuple):
    """And: a "no" decides."""

    parts: tuple[Condition, ...]

    def ask(self, situation: Situation, presumed: Truth = None) -> Answer:
        """Answer for `situation`."""
        return _combine(self.parts, situation, presumed, deciding=False)


class AnyOf(NamedTuple):
    """Or: a "yes" decides."""

    parts: tuple[Condition, ...]

    def ask(self, situation: Situation, presumed: Truth = None) -> Answer:
        """Answer for `situation`."""
        return _combine(self.parts, situation, presumed, deciding=True)


class Not(NamedTuple):
    """The opposite; unknown stays unknown."""

    part: Condition

    def ask(self, situation: Situation, presumed: Truth = None) -> Answer:
        """Answer for `situation`."""
        answer = self.part.ask(situation, None if presumed is None else not presumed)
        if answer.truth is None:
            return answer
        return Answer(not answer.truth, answer.reasons, changes=answer.changes)


class Stated(NamedTuple):
    """A condition that counts only where it is stated: what is missing is presumed against it."""

    part: Condition

    def ask(self, situation: Situation, presumed: Truth = None) -> Answer:  # noqa: ARG002
        """Answer for `situation`; the presumption of an outer exception does not reach inside."""
        return self.part.ask(situation, presumed=False)


class Unclear(NamedTuple):
    """A question the law itself leaves open."""

    reason: Text

    def ask(self, situation: Situation, presumed: Truth = None) -> Answer:  # noqa: ARG002
        """Answer unknown, for this reason; no presumption settles it."""
        return Answer(None, unclear=(self.reason,))


class InCatalogue(NamedTuple):
    """Whether the product matches an entry of the pack's catalogue."""

    wanted: bool

    def ask(self, situation: Situation, presumed: Truth = None) -> Answer:  # noqa: ARG002
        """Answer for `situation`, with the reasons of the entries."""
        answer = situation.in_catalogue
        if self.wanted or answer.truth is None:
            return answer
        return Answer(not answer.truth, answer.reasons, changes=answer.changes)


def parts_in(condition: Condition | None) -> Iterator[Condition]:
    """Yield a condition and its parts, and theirs."""
    match condition:
        case None:
            return
        case AllOf() | AnyOf():
            for part in condition.parts:
                yield from parts_in(part)
        case Not() | Stated():
            yield from parts_in(condition.part)
    yield condition


def tests_in(condition: Condition | None) -> Iterator[Test]:
    """Yield the tests of a condition, of its parts too, as they are written."""
    return (part for part in parts_in(condition) if isinstance(part, Test))


def either(answers: Sequence[Answer]) -> Answer:
    """Return the "or" of `answers`, which are not empty."""
    for answer in answers:
        if answer.truth:
            return answer
    return _undecided(answers, deciding=True)


def _combine(
    parts: tuple[Condition, ...], situation: Situation, presumed: Truth, *, deciding: bool
) -> Answer:
    """Ask the parts in turn until one answers `deciding`; else join what they all say."""
    answers = []
    for part in parts:
        answer = part.ask(situation, presumed)
        if answer.truth is deciding:
            return answer
        answers.append(answer)
    return _undecided(answers, deciding=deciding)


def _undecided(answers: Sequence[Answer], *, deciding: bool) -> Answer:
    """Join answers of which none decides: unknown if one of them is."""
    if len(answers) == 1:
        return answers[0]
    truth: Truth = not deciding
    reasons: list[Reason] = []
    missing: dict[str, None] = {}
    unclear: dict[Text, None] = {}
    changes: date | None = None
    for said, because, wanting, open_, turns in answers:
        reasons += because
        if said is None:
            truth = None
            for fact in wanting:
                missing[fact] = None
            for text in open_:
                unclear[text] = None
        if turns is not None and (changes is None or turns < changes):
            changes = turns
    return Answer(truth, tuple(reasons), tuple(missing), tuple(unclear), changes)
