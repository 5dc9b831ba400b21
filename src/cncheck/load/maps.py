"""Read a map: what the columns and values of a foreign list say about which facts.

    columns:
      MATNR: id                                       # a column that is a fact
      SubCategory:
        fact: product_type
        values:                                       # what its cells mean
          NB-01: portable_computer
          TV: {is: television, with: {marketed_as: television}}
        otherwise: other_electrical_product           # what every other cell means
      Energy_Wh: {fact: rated_energy_kwh, times: 0.001}
      Erzeugt am: {fact: produced_on, written: DD.MM.YYYY}
      Title: [name, {fact: product_type, values: {Slot fan: computer_case_fan}}]    # several facts
    constants: {sold_in_mainland_china: true}         # for every row, whatever it says
    defaults: {produced_on: 2026-11-21}               # where the row says nothing

`load.mapped` tells which of these a row goes by.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from cncheck.load.products import located
from cncheck.load.rules import form_problems
from cncheck.load.values import shown, typed
from cncheck.load.written import FORMS
from cncheck.load.yamlfile import Places, read_documents, read_text, shown_path
from cncheck.model import Fact, Problem, Rules
from cncheck.problems import InputError, did_you_mean

_PLACE = tuple[str | int, ...]
_Wrong = list[tuple[_PLACE, str]]


class Meaning(NamedTuple):
    """What a cell means."""

    text: str | None
    """The value of the column's fact; None = nothing is said."""
    facts: Mapping[str, str | None]
    """The facts that follow from it, unless the row says otherwise."""


class Column(NamedTuple):
    """A column of a foreign list, and a fact it states."""

    name: str
    fact: str
    values: Mapping[str, Meaning] | None
    """What its cells mean; None = what they say."""
    otherwise: Meaning | None
    written: str | None
    """The form of its numbers or days, a key of `FORMS`; None = as cncheck reads them."""
    times: Decimal
    line: int
    column: int


class ListMap(NamedTuple):
    """How a foreign list is to be read; all values as a cell would write them."""

    file: str
    columns: tuple[Column, ...]
    constants: Mapping[str, str]
    defaults: Mapping[str, str]
    facts: Mapping[str, Fact]
    """All facts by name: a column so called needs no map."""


# ---- reading a map -------------------------------------------------------------------------------


def read_map(path: str, rules: Rules) -> ListMap:
    """Return the map in the YAML file at `path`.

    Raises:
        InputError: the file cannot be read, or is no map; with every problem and its place.

    """
    return parse_map(read_text(path), shown_path(path), rules)


def parse_map(text: str, file: str, rules: Rules) -> ListMap:
    """Return the map that `text` writes; `file` is its name, for messages. See `read_map`."""
    places: Places = {}
    documents = read_documents(text, file, places)
    raw: Any = documents[0] if len(documents) == 1 else None
    if not isinstance(raw, dict):
        message = "A map is one mapping, with `columns` at least. `cncheck map LIST` proposes one."
        raise InputError([Problem(message, file, 1, 1)])
    wrong: _Wrong = [((0, *path), _named(path, said)) for path, said in form_problems(raw, "map")]
    if wrong:
        raise InputError(located(wrong, text, file))
    columns = tuple(_columns(raw.get("columns") or {}, rules, places, wrong))
    constants = _facts((0, "constants"), raw.get("constants") or {}, rules, wrong)
    defaults = _facts((0, "defaults"), raw.get("defaults") or {}, rules, wrong)
    for part, names in (("columns", {c.fact for c in columns}), ("defaults", set(defaults))):
        for name in names & constants.keys():
            message = f"`{name}` stands under `constants` and `{part}`. Keep one of them."
            wrong.append(((0, "constants", name), message))
    if wrong:
        raise InputError(located(wrong, text, file))
    stated, filled = (
        {name: value for name, value in facts.items() if value is not None}
        for facts in (constants, defaults)
    )
    return ListMap(file, columns, stated, filled, rules.facts)


def _named(path: _PLACE, message: str) -> str:
    keys = [step for step in path if isinstance(step, str)]
    return f"`{keys[-1]}`: {message}" if keys else message


def _columns(
    raw: Mapping[str, Any], rules: Rules, places: Places, wrong: _Wrong
) -> Iterator[Column]:
    seen: dict[str, str] = {}
    for key, row in raw.items():
        path: _PLACE = (0, "columns", key)
        if seen.setdefault(key.strip(), key) != key:
            wrong.append((path, f"The column {shown(key.strip())} stands twice. Keep one of them."))
        stated: set[str] = set()
        for at, one in _statements(path, row):
            body: dict[str, Any] = {"fact": one} if isinstance(one, str) else one
            name = body["fact"]
            if name in stated:
                message = f"The column states `{name}` twice. Keep one of them."
                wrong.append((at, message))
            elif name not in rules.facts:
                wrong.append((at, _unknown_fact(name, rules)))
            else:
                yield _column(at, key.strip(), body, rules, wrong, places[path])
            stated.add(name)


def _statements(path: _PLACE, row: Any) -> Iterator[tuple[_PLACE, Any]]:
    """Yield what a column states, one fact or several, with its place."""
    if isinstance(row, list):
        yield from (((*path, i), one) for i, one in enumerate(row))
    else:
        yield path, row


def _column(
    path: _PLACE, header: str, body: Mapping[str, Any], rules: Rules, wrong: _Wrong,
    place: tuple[int, int],
) -> Column:  # fmt: skip
    name = body["fact"]
    kind = rules.facts[name].kind
    if "times" in body and kind not in ("number", "integer"):
        message = f"`times` is for numbers, but `{name}` is none ({kind})."
        wrong.append(((*path, "times"), message))
    form = body.get("written")
    if form is not None and kind not in FORMS[form].kinds:
        fitting = [name for name, other in FORMS.items() if kind in other.kinds]
        hint = f"Write it as {', '.join(fitting)}." if fitting else "Leave it out."
        message = f"{form} is no way to write `{name}` ({kind}). {hint}"
        wrong.append(((*path, "written"), message))
    for key in ("times", "written"):
        if key in body and "otherwise" in body:
            message = f"`otherwise` leaves nothing to read by `{key}`. Keep one of them."
            wrong.append(((*path, key), message))
    return Column(
        header,
        name,
        _values((*path, "values"), body["values"] or {}, name, rules, wrong)
        if "values" in body
        else None,
        _meaning((*path, "otherwise"), body["otherwise"], name, rules, wrong)
        if "otherwise" in body
        else None,
        form,
        Decimal(repr(body.get("times", 1))),
        *place,
    )


def _values(
    path: _PLACE, raw: Mapping[str, Any], fact: str, rules: Rules, wrong: _Wrong
) -> dict[str, Meaning]:
    found: dict[str, Meaning] = {}
    for key, row in raw.items():
        cell = key.strip()
        if not cell:
            message = "A blank cell says nothing. Use `defaults` to fill it."
            wrong.append(((*path, key), message))
        if cell in found:
            message = f"The value {shown(cell)} stands twice. Keep one of them."
            wrong.append(((*path, key), message))
        found[cell] = _meaning((*path, key), row, fact, rules, wrong)
    return found


def _meaning(path: _PLACE, row: Any, fact: str, rules: Rules, wrong: _Wrong) -> Meaning:
    body = row if isinstance(row, dict) else {"is": row}
    given = body.get("with", {})
    if fact in given:
        message = f"`with` cannot name `{fact}`: that is what `is` says."
        wrong.append(((*path, "with", fact), message))
    return Meaning(
        _text(path, fact, body["is"], rules, wrong),
        _facts((*path, "with"), given, rules, wrong),
    )


def _facts(
    path: _PLACE, raw: Mapping[str, Any], rules: Rules, wrong: _Wrong
) -> dict[str, str | None]:
    return {name: _text((*path, name), name, value, rules, wrong) for name, value in raw.items()}


def _text(path: _PLACE, name: str, value: Any, rules: Rules, wrong: _Wrong) -> str | None:
    """Return `value` as a cell of the fact's column would write it, if the fact can have it."""
    if name not in rules.facts:
        wrong.append((path, _unknown_fact(name, rules)))
    elif value is not None:
        try:
            return _written(typed(rules.facts[name], value, rules))
        except ValueError as error:
            wrong.append((path, str(error)))
    return None


def _unknown_fact(name: str, rules: Rules) -> str:
    hint = did_you_mean(name, rules.facts) or " `cncheck schema product` lists them."
    return f"Unknown fact {shown(name)}.{hint}"


def _written(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case date():
            return value.isoformat()
        case tuple():
            return ";".join(value)
    return str(value)
