"""Type a stated value as its fact wants it, or say how to write it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from numbers import Real
from typing import Any

from cncheck.model import Fact, Rules
from cncheck.problems import LONGEST_QUOTE, did_you_mean, nearest, one_line

_LONGEST_TEXT = 2000
LARGEST_COUNT = 2**53  # above it, numbers of a computer are no longer whole
LARGEST_NUMBER = 1.7e308
_FEW = 12  # words that a message lists all
_YEARS = range(1900, 2200)
_DAY_FIRST_OR_MONTH_FIRST = r"\d{1,2}[./-]\d{1,2}[./-]\d{4}"

DONE = {
    **dict.fromkeys(("true", "yes", "done", "ja", "是", "√", "✓"), True),
    **dict.fromkeys(
        ("false", "no", "not done", "not yet", "nein", "否", "×", "没有", "未备案"), False
    ),
}
"""Words that say of evidence that it is done, or is not, as true and false do."""
NOTHING_SAID = frozenset(
    ("-", "--", "?", "n/a", "na", "nil", "none", "null", "tbd", "todo", "unknown",
     "n.a.", "tba", "tbc", "k.a.", "k. a.", "keine angabe", "unbekannt", "不详", "未知", "待定", "暂无",
     "—", "–", "/", "...", "…")
)  # fmt: skip
"""Cells of a list that say nothing."""
SHOWS_NOTHING = NOTHING_SAID | {"0", "n", "pending", "planned", "nan", "不适用", "无"}
"""What is no evidence of anything."""


def said_done(fact: Fact, word: str) -> bool | None:
    """Return whether `word` says of evidence that it is done, or is not; None where it says else."""
    if not fact.name.startswith("evidence.") or fact.kind == "boolean" or word in fact.values:
        return None
    return DONE.get(word.strip().lower())


def typed(fact: Fact, value: Any, rules: Rules) -> Any:
    """Return `value` as `fact` wants it; raise ValueError saying how to write it otherwise."""
    if fact.name.startswith("evidence."):
        if isinstance(value, bool):
            return value  # done, or not done, whatever the evidence is
        done = said_done(fact, value) if isinstance(value, str) else None
        if done is not None:
            return done
    return _TYPED[fact.kind](fact, value, rules)


def _text(fact: Fact, value: Any, _rules: Rules) -> str:
    if isinstance(value, str):
        word = value.strip()
        if len(word) > _LONGEST_TEXT:
            message = f"`{fact.name}` has {len(word)} characters, more than {_LONGEST_TEXT}."
            raise ValueError(f"{message} Is a quote missing? Else shorten it.")
        if one_line(word) != word:
            message = f"`{fact.name}` holds a line break, a tab or another control character."
            raise ValueError(f"{message} Write it in one line.")
        if (
            fact.kind == "text"
            and fact.name.startswith("evidence.")
            and word
            and (word.lower() in SHOWS_NOTHING or not any(map(str.isalnum, word)))
        ):
            message = f"`{fact.name}` says {shown(word)}, which shows nothing."
            raise ValueError(f"{message} Write false if it is not done, or leave the key out.")
        if word:
            return word
        raise ValueError(f"`{fact.name}` is empty. Give it a text, or leave the key out.")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    how = "Write one text" if isinstance(value, (list, tuple, dict)) else "Write it in quotes"
    how = "Take it out" if value is None else how
    raise ValueError(f"`{fact.name}` is text, but {shown(value)} is not. {how}.")


def number(fact: Fact, value: Any, _rules: Rules | None = None) -> float:
    """Return `value` if it is a finite number within the fact's limits; else ValueError."""
    unit = f" in {fact.unit}" if fact.unit else ""
    if isinstance(value, bool) or not isinstance(value, (Real, Decimal)):
        hint = " Write the figure alone, without quotes, unit or thousands separator."
        raise ValueError(f"`{fact.name}` is a number{unit}, but {shown(value)} is not.{hint}")
    figure: float = value if isinstance(value, int) else float(value)
    if abs(figure) > LARGEST_NUMBER or not math.isfinite(figure):
        raise ValueError(
            f"`{fact.name}` is a number{unit}; {shown(value)} is none. Leave the key out if you do not know."
        )
    if fact.minimum is not None and figure < fact.minimum:
        raise ValueError(_beyond(fact, "below", fact.minimum, figure))
    if fact.maximum is not None and figure > fact.maximum:
        raise ValueError(_beyond(fact, "above", fact.maximum, figure))
    return figure


def _beyond(fact: Fact, side: str, limit: float, value: float) -> str:
    unit = f" {fact.unit}" if fact.unit else ""
    message = f"`{fact.name}` cannot be {side} {Decimal(str(limit)):f}{unit}, but it is {value:g}."
    return f"{message} Is it in another unit?" if fact.unit and value else message


def _integer(fact: Fact, value: Any, rules: Rules) -> int:
    count = number(fact, value, rules)
    if abs(count) > LARGEST_COUNT:
        raise ValueError(f"`{fact.name}` cannot be {count:g}: nothing is counted so far.")
    if count != int(count):
        raise ValueError(f"`{fact.name}` is a whole number, but it is {count:g}.")
    return int(count)


def _boolean(fact: Fact, value: Any, _rules: Rules) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError(
        f"`{fact.name}` is true or false, but it is {shown(value)}. Write true or false."
    )


def _date(fact: Fact, value: Any, _rules: Rules) -> date:
    if isinstance(value, datetime) and value == datetime.combine(value, time(), value.tzinfo):
        return value.date()
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str):
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            try:
                day = date.fromisoformat(value)
            except ValueError:
                message = f"`{fact.name}`: there is no day {value}. Write year-month-day."
                raise ValueError(message) from None
            if day.year not in _YEARS:
                raise ValueError(f"`{fact.name}` is {value}: check the year.")
            return day
        if re.fullmatch(_DAY_FIRST_OR_MONTH_FIRST, value):
            hint = "Write year-month-day, such as 2026-01-31."
            raise ValueError(f"`{fact.name}`: {value} can be read in two ways. {hint}")
    raise ValueError(
        f"`{fact.name}` is a date, but {shown(value)} is not. Write it like 2026-01-31."
    )


def _choice(fact: Fact, value: Any, rules: Rules) -> str:
    word = _text(fact, value, rules)
    if fact.values and word not in fact.values:
        hint = did_you_mean(word, fact.values)
        if not hint or len(fact.values) <= _FEW:
            hint += f" Write one of: {', '.join(fact.values)}."
        raise ValueError(f"`{fact.name}` cannot be {shown(word)}.{hint}")
    return word


def _choices(fact: Fact, value: Any, rules: Rules) -> tuple[str, ...]:
    return tuple(_choice(fact, item, rules) for item in _items(value))


def _roles(fact: Fact, value: Any, rules: Rules) -> tuple[str, ...]:
    roles = tuple(_text(fact, item, rules) for item in _items(value))
    known = rules.vocabulary.roles
    for role in roles:
        if role not in known:
            words = {
                word.lower(): one.id
                for one in known.values()
                for word in (one.id, one.name.en, *one.synonyms)
            }
            ids = dict.fromkeys(words[word] for word in nearest(role.lower(), words))
            hint = f" Did you mean {', '.join(ids)}?" if ids else ""
            hint += f" Roles: {', '.join(known)}."
            raise ValueError(f"Unknown role {shown(role)}.{hint}")
    if not roles:
        raise ValueError("`roles` is empty. Name a role, or leave the key out.")
    return roles


def _items(value: Any) -> list[Any]:
    return (
        value if isinstance(value, list) else list(value) if isinstance(value, tuple) else [value]
    )


def _product_type(fact: Fact, value: Any, rules: Rules) -> str:
    word = _text(fact, value, rules)
    types = rules.vocabulary.types
    found = types.get(word)
    if found is None:
        raise ValueError(f"Unknown product type {shown(word)}.{_similar_types(word, rules)}")
    if found.group:
        members = [t.id for t in types.values() if word in t.wider and not t.group]
        first = ", ".join(members[:8])
        more = " `cncheck types WORD` finds others." if len(members) > 8 else ""  # noqa: PLR2004
        raise ValueError(f'"{word}" is too wide for a product. Pick one of: {first}.{more}')
    return word


def _similar_types(word: str, rules: Rules) -> str:
    from cncheck.load.search import search_types  # noqa: PLC0415  only for a wrong word

    ids = [type_.id for type_ in search_types(word, rules.vocabulary.types)][:3]
    if ids:
        return f" Did you mean {', '.join(ids)}?"
    return " `cncheck types WORD` searches them, in English and Chinese."


def shown(value: Any) -> str:
    """Return `value` as a message may quote it: short, text in quotes, of a list nothing."""
    if isinstance(value, (list, tuple, dict)):
        return "a mapping" if isinstance(value, dict) else "a list"
    if value is None:
        return "a blank"
    text = value if isinstance(value, str) else repr(value)
    text = text.lower() if isinstance(value, bool) else text
    text = text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 3] + "..."
    return f'"{text}"' if isinstance(value, str) else text


_TYPED: dict[str, Callable[[Fact, Any, Rules], Any]] = {
    "text": _text,
    "number": number,
    "integer": _integer,
    "boolean": _boolean,
    "date": _date,
    "choice": _choice,
    "choices": _choices,
    "product_type": _product_type,
    "roles": _roles,
}
