"""Read product descriptors: check them, type their facts, reduce their lists of materials."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from cncheck.load.problems import InputError, did_you_mean, nearest
from cncheck.load.vocabulary import SUBSTANCES
from cncheck.load.yamlfile import Places, decode, read_documents, read_text
from cncheck.model import Fact, Problem, Product, Rules

ENDINGS = (".yaml", ".yml", ".json")
_PLACE = tuple[str | int, ...]
_MILLION = 1_000_000  # mg/kg: a material cannot hold more of anything
_MATERIAL_KEYS = ("part", "material", "substances", "exemption", "basis")
_HOMOGENEOUS = "homogeneous"
_BASES = (_HOMOGENEOUS, "component", "product")
_OWN_FILES = ("cncheck-", "cncheck.")
_DAY_FIRST_OR_MONTH_FIRST = r"\d{1,2}[./-]\d{1,2}[./-]\d{4}"


class Found(NamedTuple):
    """What a set of paths holds."""

    products: tuple[Product, ...]
    errors: tuple[Problem, ...]
    skipped: tuple[str, ...]
    """Files that hold no product descriptor."""


# ---- finding and reading files -------------------------------------------------------------------


def read_paths(paths: Iterable[str], rules: Rules, stdin: Callable[[], bytes]) -> Found:
    """Return the products of `paths`: files, folders, or "-" for what `stdin` returns.

    One bad file does not hide the others: its problems are returned beside their products.
    """
    products: list[Product] = []
    errors: list[Problem] = []
    skipped: list[str] = []
    for name, chosen in _files(paths, errors):
        try:
            text = decode(stdin(), "<stdin>") if name == "-" else read_text(name)
            found = read_products(text, "<stdin>" if name == "-" else name, rules, chosen=chosen)
        except InputError as error:
            errors.extend(error.problems)
            continue
        if found is None:
            skipped.append(name)
            continue
        products.extend(found.products)
        errors.extend(found.errors)
    return Found(tuple(products), tuple(errors), tuple(skipped))


def _files(paths: Iterable[str], errors: list[Problem]) -> Iterator[tuple[str, bool]]:
    """Yield each file once, and whether it was named on the command line."""
    seen: set[str] = set()
    for path in paths:
        inside = os.path.isdir(path)  # noqa: PTH112  pathlib is slower over thousands of files
        for name in _walk(path, errors) if inside else [path]:
            key = os.path.abspath(name)  # noqa: PTH100
            if key not in seen:
                seen.add(key)
                yield name, not inside


def _walk(folder: str, errors: list[Problem]) -> Iterator[str]:
    def refuse(error: OSError) -> None:
        errors.append(Problem(f"Cannot read the folder: {error.strerror}.", error.filename))

    for here, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f != "node_modules")
        for file in sorted(files):
            if file.endswith(ENDINGS) and not file.startswith(_OWN_FILES):
                yield os.path.join(here, file)  # noqa: PTH118


def read_products(text: str, file: str, rules: Rules, *, chosen: bool = True) -> Found | None:
    """Return the products a descriptor file holds.

    Args:
        text: what the file says: a descriptor, several documents, or a list of descriptors.
        file: its name, for messages.
        rules: the vocabulary that types the facts.
        chosen: the file was named by the user and must be a descriptor; otherwise a file that
            does not look like one gives None.

    Raises:
        InputError: the text is not well-formed.

    """
    documents = read_documents(text, file)
    rows: list[tuple[_PLACE, Any]] = []
    for i, document in enumerate(documents):
        if isinstance(document, list):
            rows += [((i, j), row) for j, row in enumerate(document)]
        elif document is not None:
            rows.append(((i,), document))
    if not chosen:
        rows = [(place, row) for place, row in rows if _looks_like_a_product(row)]
        if not rows:
            return None
    if not rows:
        message = "The file is empty: no product in it. A descriptor needs at least id and product_type."
        return Found((), (Problem(message, file),), ())
    products: list[Product] = []
    wrong: list[tuple[_PLACE, str]] = []
    for place, row in rows:
        product, problems = read_product(row, rules, file)
        wrong += [((*place, *path), message) for path, message in problems]
        if product is not None:
            products.append(product)
    return Found(tuple(products), located(wrong, text, file), ())


def located(wrong: list[tuple[_PLACE, str]], text: str, file: str) -> tuple[Problem, ...]:
    """Return the problems with line and column, found by reading `text` once more."""
    if not wrong:
        return ()
    places: Places = {}
    read_documents(text, file, places)
    problems = []
    for path, message in wrong:
        at = path
        while at and at not in places:  # a missing key belongs to the mapping that lacks it
            at = at[:-1]
        problems.append(Problem(message, file, *places.get(at, (1, 1))))
    return tuple(sorted(problems, key=lambda p: (p.line or 0, p.column or 0)))


def _looks_like_a_product(row: Any) -> bool:
    """Return whether `row` is a descriptor, or one with a slip in its first keys."""
    if not isinstance(row, dict) or "applies_if" in row or "schema" in row:
        return False  # not a mapping; a rule pack; a report
    if "product_type" in row or "id" in row:
        return True
    plain = {re.sub(r"[^a-z]", "", str(key).lower()) for key in row}
    return bool(plain & {"producttype", "id"} or nearest("product_type", row, limit=1))


# ---- one descriptor ------------------------------------------------------------------------------


def read_product(
    row: Any, rules: Rules, file: str = ""
) -> tuple[Product | None, list[tuple[_PLACE, str]]]:
    """Return the product a mapping describes, or None and every problem with its path."""
    if not isinstance(row, Mapping):
        return None, [((), "A product descriptor is a mapping of facts, such as `id: FRIDGE-1`.")]
    facts: dict[str, Any] = {}
    wrong: list[tuple[_PLACE, str]] = []
    lower_bounds: frozenset[str] = frozenset()
    origins: dict[str, str] = {}
    for path, name, value in _flat(row, rules, wrong):
        if value is None:
            continue
        if name == "materials":
            reduced, lower_bounds, origins = _materials(value, rules, wrong)
            facts = reduced | facts
            continue
        try:
            facts[name] = _typed(rules.facts[name], value, rules)
        except ValueError as error:
            wrong.append((path, str(error)))
    for key, how in (("id", "id: FRIDGE-1"), ("product_type", "product_type: household_refrigerator")):
        if key not in facts and not any(path[:1] == (key,) for path, _ in wrong):
            wrong.append(((), f"`{key}` is missing. Add it, for example `{how}`."))
    if wrong:
        return None, wrong
    name = facts.get("name", facts["id"])
    return Product(facts["id"], name, facts, file, lower_bounds, origins), []


def _flat(
    row: Mapping[str, Any], rules: Rules, wrong: list[tuple[_PLACE, str]]
) -> Iterator[tuple[_PLACE, str, Any]]:
    """Yield path, fact name and value of each key; `evidence` is a mapping of mappings."""
    for key, value in row.items():
        if key in rules.facts or key == "materials":
            yield (key,), key, value
        elif key == "evidence":
            yield from _evidence(value, rules, wrong)
        else:
            known = [name for name in rules.facts if "." not in name]
            hint = did_you_mean(str(key), [*known, "materials", "evidence"])
            wrong.append(((key,), f'Unknown key "{key}".{hint or " `cncheck schema product` lists the keys."}'))


def _evidence(
    groups: Any, rules: Rules, wrong: list[tuple[_PLACE, str]]
) -> Iterator[tuple[_PLACE, str, Any]]:
    if not isinstance(groups, Mapping):
        wrong.append((("evidence",), "`evidence` is a mapping: the id of a scheme, then its keys."))
        return
    for scheme, keys in groups.items():
        known = [name for name in rules.facts if name.startswith(f"evidence.{scheme}.")]
        if not known and scheme not in {pack.id for pack in rules.packs}:
            schemes = {name.split(".")[1] for name in rules.facts if name.startswith("evidence.")}
            hint = did_you_mean(scheme, sorted(schemes)) or f" Schemes: {', '.join(sorted(schemes))}."
            wrong.append((("evidence", scheme), f'Unknown scheme "{scheme}" under evidence.{hint}'))
        elif not isinstance(keys, Mapping):
            if keys is not None:
                wrong.append((("evidence", scheme), f"`evidence.{scheme}` is a mapping of keys."))
        else:
            for key, value in keys.items():
                name, path = f"evidence.{scheme}.{key}", ("evidence", scheme, key)
                if name in rules.facts:
                    yield path, name, value
                else:
                    short = [word.rpartition(".")[2] for word in known]
                    hint = did_you_mean(key, short) or f" Known keys: {', '.join(short)}."
                    wrong.append((path, f'Unknown key "{key}" under evidence.{scheme}.{hint}'))


# ---- typing by the vocabulary --------------------------------------------------------------------


def _typed(fact: Fact, value: Any, rules: Rules) -> Any:
    """Return `value` as `fact` wants it; raise ValueError saying how to write it otherwise."""
    if isinstance(value, bool) and fact.name.startswith("evidence."):
        return value  # done, or not done, whatever the evidence is
    return _TYPED[fact.kind](fact, value, rules)


def _text(fact: Fact, value: Any, _rules: Rules) -> str:
    if isinstance(value, str):
        if value.strip():
            return value.strip()
        raise ValueError(f"`{fact.name}` is empty. Give it a text, or leave the key out.")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise ValueError(f'`{fact.name}` is text, but {_shown(value)} is not. Write it in quotes.')


def _number(fact: Fact, value: Any, _rules: Rules) -> float:
    unit = f" in {fact.unit}" if fact.unit else ""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        hint = " Write the figure alone, without quotes, unit or thousands separator."
        raise ValueError(f"`{fact.name}` is a number{unit}, but {_shown(value)} is not.{hint}")
    if not math.isfinite(value):
        raise ValueError(f"`{fact.name}` is a number{unit}; {value} is none.")
    if fact.minimum is not None and value < fact.minimum:
        raise ValueError(f"`{fact.name}` cannot be below {fact.minimum:g}, but it is {value:g}.")
    return value


def _integer(fact: Fact, value: Any, rules: Rules) -> int:
    number = _number(fact, value, rules)
    if number != int(number):
        raise ValueError(f"`{fact.name}` is a whole number, but it is {number:g}.")
    return int(number)


def _boolean(fact: Fact, value: Any, _rules: Rules) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError(f"`{fact.name}` is true or false, but it is {_shown(value)}. Write true or false.")


def _date(fact: Fact, value: Any, _rules: Rules) -> date:
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                raise ValueError(f"`{fact.name}`: there is no day {value}.") from None
        if re.fullmatch(_DAY_FIRST_OR_MONTH_FIRST, value):
            hint = "Write year-month-day, such as 2026-01-31."
            raise ValueError(f"`{fact.name}`: {value} can be read in two ways. {hint}")
    raise ValueError(f"`{fact.name}` is a date, but {_shown(value)} is not. Write it like 2026-01-31.")


def _choice(fact: Fact, value: Any, rules: Rules) -> str:
    word = _text(fact, value, rules)
    if fact.values and word not in fact.values:
        hint = did_you_mean(word, fact.values) or f" Write one of: {', '.join(fact.values)}."
        raise ValueError(f'`{fact.name}` cannot be "{word}".{hint}')
    return word


def _choices(fact: Fact, value: Any, rules: Rules) -> tuple[str, ...]:
    return tuple(_choice(fact, item, rules) for item in _items(value))


def _roles(fact: Fact, value: Any, rules: Rules) -> tuple[str, ...]:
    roles = tuple(_text(fact, item, rules) for item in _items(value))
    known = rules.vocabulary.roles
    for role in roles:
        if role not in known:
            hint = did_you_mean(role, known) or f" Roles: {', '.join(known)}."
            raise ValueError(f'Unknown role "{role}".{hint}')
    if not roles:
        raise ValueError("`roles` is empty. Name a role, or leave the key out.")
    return roles


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else list(value) if isinstance(value, tuple) else [value]


def _product_type(fact: Fact, value: Any, rules: Rules) -> str:
    word = _text(fact, value, rules)
    types = rules.vocabulary.types
    found = types.get(word)
    if found is None:
        raise ValueError(f'Unknown product type "{word}".{_similar_types(word, rules)}')
    if found.group:
        members = [t.id for t in types.values() if word in t.wider and not t.group]
        shown = ", ".join(members[:8]) + (", ..." if len(members) > 8 else "")  # noqa: PLR2004
        raise ValueError(f'"{word}" is too wide for a product. Pick one of: {shown}.')
    return word


def _similar_types(word: str, rules: Rules) -> str:
    from cncheck.load.search import search_types  # noqa: PLC0415  only for a wrong word

    ids = [type_.id for type_ in search_types(word, rules.vocabulary.types)][:3]
    if ids:
        return f" Did you mean {', '.join(ids)}?"
    return " `cncheck types WORD` searches them, in English and Chinese."


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    text = text if len(text) <= 40 else text[:37] + "..."  # noqa: PLR2004
    return f'"{text}"' if isinstance(value, str) else text


_TYPED: dict[str, Callable[[Fact, Any, Rules], Any]] = {
    "text": _text,
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "date": _date,
    "choice": _choice,
    "choices": _choices,
    "product_type": _product_type,
    "roles": _roles,
}


# ---- homogeneous materials -----------------------------------------------------------------------

_AMOUNT = Fact("", "number", None, "mg/kg", minimum=0)  # type: ignore[arg-type]


def _materials(
    rows: Any, rules: Rules, wrong: list[tuple[_PLACE, str]]
) -> tuple[dict[str, Any], frozenset[str], dict[str, str]]:
    """Reduce homogeneous materials to the worst mass fraction of each substance.

    Returns:
        the facts `materials.<substance>`, and `materials_not_exempt.<substance>` where the
        vocabulary has it (materials that claim an exemption left out), in mg/kg; those of them that
        are lower bounds because some material does not state the substance, or is not homogeneous;
        and the part each value comes from.

    """
    if not isinstance(rows, list):
        wrong.append((("materials",), "`materials` is a list: one item for each homogeneous material."))
        return {}, frozenset(), {}
    materials = [m for i, row in enumerate(rows) if (m := _material(i, row, wrong)) is not None]
    facts: dict[str, Any] = {}
    lower_bounds: set[str] = set()
    origins: dict[str, str] = {}
    homogeneous = [m for m in materials if m["basis"] == _HOMOGENEOUS]
    for group, members in (
        ("materials", homogeneous),
        ("materials_not_exempt", [m for m in homogeneous if not m["exemption"]]),
    ):
        for substance in SUBSTANCES:
            name = f"{group}.{substance}"
            if name not in rules.facts or not homogeneous:
                continue
            stated = [m for m in members if substance in m["substances"]]
            if not stated and members:
                continue
            worst = max(stated, key=lambda m: m["substances"][substance], default=None)
            facts[name] = worst["substances"][substance] if worst else 0
            if worst:
                origins[name] = worst["label"]
            if len(stated) < len(members) or len(homogeneous) < len(materials):
                lower_bounds.add(name)
    claimed = tuple(dict.fromkeys(m["exemption"] for m in materials if m["exemption"]))
    if claimed:
        facts["exemptions_claimed"] = claimed
    return facts, frozenset(lower_bounds), origins


def _material(i: int, row: Any, wrong: list[tuple[_PLACE, str]]) -> dict[str, Any] | None:
    """Return one material with typed values, or None after noting what is wrong with it."""
    path: _PLACE = ("materials", i)
    before = len(wrong)
    if not isinstance(row, dict):
        wrong.append((path, "A material is a mapping, such as {part: wire, material: PVC, substances: {Pb: 20}}."))
        return None
    for key in row:
        if key not in _MATERIAL_KEYS:
            hint = did_you_mean(key, _MATERIAL_KEYS) or f" Known keys: {', '.join(_MATERIAL_KEYS)}."
            wrong.append(((*path, key), f'Unknown key "{key}" in a material.{hint}'))
    basis = row.get("basis") or _HOMOGENEOUS
    if basis not in _BASES:
        wrong.append(((*path, "basis"), f'`basis` cannot be "{basis}". Write one of: {", ".join(_BASES)}.'))
    exemption = row.get("exemption")
    if exemption is not None and (isinstance(exemption, (bool, float)) or not isinstance(exemption, (str, int))):
        message = f'`exemption` is the item number as text. Write it in quotes: "{exemption}".'
        wrong.append(((*path, "exemption"), message))
    substances = row.get("substances") or {}
    if not isinstance(substances, dict):
        wrong.append(((*path, "substances"), "`substances` is a mapping, such as {Pb: 20} in mg/kg."))
        return None
    amounts: dict[str, float] = {}
    for key, value in substances.items():
        place = (*path, "substances", key)
        if key not in SUBSTANCES:
            hint = did_you_mean(key, SUBSTANCES) or f" Substances: {', '.join(SUBSTANCES)}."
            wrong.append((place, f'Unknown substance "{key}".{hint}'))
        elif value is not None:
            try:
                amounts[key] = _number(_AMOUNT, value, None)  # type: ignore[arg-type]
            except ValueError:
                message = f"{key} is a mass fraction in mg/kg, 0 or more, but it is {_shown(value)} (0.1 % is 1000)."
                wrong.append((place, message))
                continue
            if amounts[key] > _MILLION:
                wrong.append((place, f"{key}: {value:g} mg/kg is more than the whole material."))
    label = " / ".join(str(row[key]) for key in ("part", "material") if row.get(key) is not None)
    if len(wrong) > before:
        return None
    return {
        "label": label or f"material {i + 1}", "substances": amounts, "basis": basis,
        "exemption": None if exemption is None else str(exemption).strip(),
    }  # fmt: skip
