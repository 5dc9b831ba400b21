"""Read product descriptors: check them, type their facts, reduce their lists of materials."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from cncheck.load.folders import files_below
from cncheck.load.includes import Shelf, Spot, Whole, with_included
from cncheck.load.materials import reduce_materials
from cncheck.load.values import typed
from cncheck.load.yamlfile import Places, read_documents, read_stream, read_text, shown_path
from cncheck.model import Origin, Place, Problem, Product, Rules
from cncheck.problems import MAX_TOLD, InputError, did_you_mean, key_shown, one_line

ENDINGS = (".yaml", ".yml", ".json")
MAX_PRODUCTS = 5000
"""Of one file: the report on so many takes some 300 MB."""
_A_SLIP = 80  # of 100: letters in common that make one key a misspelling of another
_PLACE = tuple[str | int, ...]
_OWN_FILES = ("cncheck-waivers", "cncheck-baseline", "cncheck.")


class Found(NamedTuple):
    """What a set of paths holds."""

    products: tuple[Product, ...]
    errors: tuple[Problem, ...]
    skipped: tuple[str, ...]
    """Files that hold no product descriptor."""
    read: tuple[str, ...] = ()
    """All files that were looked at, and those that they include."""


# ---- finding and reading files -------------------------------------------------------------------


def read_paths(
    paths: Iterable[str], rules: Rules, stdin: Callable[[int], bytes], *, placed: bool = False
) -> Found:
    """Return the products of `paths`: files, folders, or "-" for what `stdin` reads.

    One bad file does not hide the others: its problems are returned beside their products.
    With `placed`, the products know where their facts stand.
    """
    errors: list[Problem] = []
    shelf: Shelf = {}
    by_file: dict[str, tuple[Found, bool]] = {}
    for name, chosen in _files(paths, errors):
        file = "<stdin>" if name == "-" else shown_path(name)
        text = ""
        try:
            text = read_stream(stdin, file) if name == "-" else read_text(name)
            found = read_products(text, file, rules, shelf, chosen=chosen, placed=placed)
        except InputError as error:
            found = Found((), error.problems, ())
            if text and not chosen and not _may_describe_a_product(text):
                found = None
        by_file[name] = found or Found((), (), (file,)), chosen
    # What others include is no descriptor of its own, unless it was named as one.
    kept = [
        found for name, (found, chosen) in by_file.items()
        if chosen or os.path.realpath(name) not in shelf
    ]  # fmt: skip
    errors += dict.fromkeys(problem for found in kept for problem in found.errors)
    return Found(
        tuple(product for found in kept for product in found.products),
        tuple(problem._replace(message=one_line(problem.message)) for problem in errors),
        tuple(file for found in kept for file in found.skipped),
        (*by_file, *shelf),
    )


def _files(paths: Iterable[str], errors: list[Problem]) -> Iterator[tuple[str, bool]]:
    """Yield each file once, and whether it was named on the command line."""
    seen: set[str] = set()
    for path in paths:
        inside = os.path.isdir(path)
        for name in files_below(path, ENDINGS, _OWN_FILES, errors) if inside else [path]:
            key = os.path.abspath(name)
            if key not in seen:
                seen.add(key)
                yield name, not inside


def read_products(
    text: str, file: str, rules: Rules, shelf: Shelf | None = None, *,
    chosen: bool = True, placed: bool = False,
) -> Found | None:  # fmt: skip
    """Return the products a descriptor file holds.

    Args:
        text: what the file says: a descriptor, several documents, or a list of descriptors.
        file: its name, for messages.
        rules: the vocabulary that types the facts.
        shelf: filled with the files that descriptors include.
        chosen: the file was named by the user and must be a descriptor; otherwise a file that
            does not look like one gives None.
        placed: let the products know where their facts stand.

    Raises:
        InputError: the text is not well-formed.

    """
    places: Places | None = {} if placed else None
    documents = read_documents(text, file, places)
    rows: list[tuple[_PLACE, Any]] = []
    for i, document in enumerate(documents):
        if isinstance(document, list):
            rows += [((i, j), row) for j, row in enumerate(document)]
        elif document is not None:
            rows.append(((i,), document))
    skipped: tuple[str, ...] = ()
    if not chosen:
        found = [(place, row) for place, row in rows if _looks_like_a_product(row)]
        if not found:
            return None
        kept = {place for place, _ in found}
        skipped = tuple(f"{file}, item {i + 1}" for i, (at, _) in enumerate(rows) if at not in kept)
        rows = found
    if not rows:
        message = (
            "The file is empty: no product in it. A descriptor needs at least id and product_type."
        )
        return Found((), (Problem(message, file, 1, 1),), ())
    if len(rows) > MAX_PRODUCTS:
        message = (
            f"The file holds {len(rows)} products, more than {MAX_PRODUCTS}. Split it, or check it as a list:"
            " `cncheck batch` takes .csv, .xlsx, .parquet and .jsonl."
        )
        return Found((), (Problem(message, file, 1, 1),), ())
    shelf = {} if shelf is None else shelf
    products: list[Product] = []
    wrong: list[tuple[Spot, str]] = []
    for place, row in rows:
        if len(wrong) > MAX_TOLD:
            break
        spot = Spot(file, place)
        whole = with_included(row, spot, shelf) if isinstance(row, Mapping) else Whole(row, {})
        if whole.wrong:  # what a file that cannot be included would have said is not missing
            wrong += whole.wrong
            continue
        product, problems = read_product(whole.row, rules, file)
        wrong += [(_origin(path, whole, spot), message) for path, message in problems]
        if product is not None and places is not None:
            product = product._replace(places=_places(product, whole, spot, shelf, places))
        if product is not None:
            products.append(product)
    return Found(tuple(products), _located(wrong, text, file, shelf), skipped)


def _origin(path: _PLACE, whole: Whole, spot: Spot) -> Spot:
    """Return where a path of a descriptor stands: in its own file, or in one it includes."""
    for length in range(len(path), 0, -1):
        came = whole.came.get(path[:length])
        if came is not None:
            return Spot(came.file, (*came.path, *path[length:]))
    return Spot(spot.file, (*spot.path, *path))


def located(wrong: Iterable[tuple[_PLACE, str]], text: str, file: str) -> tuple[Problem, ...]:
    """Return the problems of one file with line and column."""
    return _located([(Spot(file, path), message) for path, message in wrong], text, file, {})


def _located(
    wrong: list[tuple[Spot, str]], text: str, file: str, shelf: Shelf
) -> tuple[Problem, ...]:
    """Return the problems with line and column, found by reading `text` once more."""
    if not wrong:
        return ()
    places: Places = {}
    read_documents(text, file, places)
    problems = [
        Problem(message, *_place(s, file, places, shelf)) for s, message in wrong[:MAX_TOLD]
    ]
    problems.sort(key=lambda p: (p.file != file, p.file, p.line or 0, p.column or 0))
    if len(wrong) > MAX_TOLD:
        message = f"Only the first {MAX_TOLD} problems of this file are told; what follows them was not read."
        problems.append(Problem(message, file))
    return tuple(problems)


def _place(spot: Spot, file: str, places: Places, shelf: Shelf) -> Place:
    """Return line and column of a spot; a missing key belongs to the mapping that lacks it."""
    if spot.file != file:
        places = shelf[os.path.realpath(spot.file)][1]
    path = spot.path
    while path and path not in places:
        path = path[:-1]
    return Place(shown_path(spot.file), *places.get(path, (1, 1)))


def _places(
    product: Product, whole: Whole, spot: Spot, shelf: Shelf, places: Places
) -> dict[str, Place]:
    """Return where the facts of a product stand, and each mapping of them."""
    row = whole.row
    paths: dict[str, _PLACE] = {"": (), **{key: (key,) for key in row}}
    for scheme, keys in (row.get("evidence") or {}).items():
        paths[f"evidence.{scheme}"] = ("evidence", scheme)
        paths |= {f"evidence.{scheme}.{key}": ("evidence", scheme, key) for key in keys or ()}
    paths |= {name: origin.path for name, origin in product.origins.items()}
    return {
        name: _place(_origin(inner, whole, spot), product.file, places, shelf)
        for name, inner in paths.items()
    }


def _may_describe_a_product(text: str) -> bool:
    """Return whether text that is not well-formed may be a broken descriptor, by its first keys.

    Folders hold templates and the like, whose names end in .yaml though they are none.
    """
    return re.search(r"prod\w*[ _-]?ty?p|\bid\b", text, re.IGNORECASE) is not None


def _looks_like_a_product(row: Any) -> bool:
    """Return whether `row` is a descriptor, or one with a slip in its first keys."""
    if not isinstance(row, dict):
        return False
    if isinstance(row.get("product_type"), str) and "id" in row:
        return True
    if "applies_if" in row or str(row.get("schema", "")).startswith("cncheck/"):
        return False  # a rule pack; a report
    if isinstance(row.get("product_type"), dict) and "type" in row["product_type"]:
        return False  # a vocabulary, which explains the word
    if "product_type" in row:
        return True
    may_be_another = "$schema" in row  # a JSON Schema, or something that follows another one
    if "id" in row and not may_be_another:
        return True
    keys = [key.lower() for key, value in row.items() if not isinstance(value, (dict, list))]
    words = {re.sub(r"[ _-]", "", key) for key in keys}
    if "id" in words and not may_be_another:
        return True
    from rapidfuzz import fuzz  # noqa: PLC0415  only for files that are no clear descriptors

    return any(fuzz.ratio("producttype", word) >= _A_SLIP for word in words)


# ---- one descriptor ------------------------------------------------------------------------------


def read_product(
    row: Any, rules: Rules, file: str = ""
) -> tuple[Product | None, list[tuple[_PLACE, str]]]:
    """Return the product a mapping describes, or None and every problem with its path."""
    if not isinstance(row, Mapping):
        return None, [((), "A product descriptor is a mapping of facts, such as `id: FRIDGE-1`.")]
    facts: dict[str, Any] = {}
    wrong: list[tuple[_PLACE, str]] = []
    reduced: dict[str, Any] = {}
    lower_bounds: frozenset[str] = frozenset()
    origins: dict[str, Origin] = {}
    for path, name, value in _flat(row, rules, wrong):
        if value is None:
            continue
        if name == "materials":
            reduced, lower_bounds, origins = reduce_materials(value, rules, wrong)
            continue
        try:
            facts[name] = typed(rules.facts[name], value, rules)
        except ValueError as error:
            wrong.append((path, str(error)))
    for name in reduced.keys() & facts.keys():
        message = f"`{name}` is stated twice: by itself and by `materials`. Keep one of them."
        wrong.append(((name,), message))
    facts |= reduced
    for key, how in (
        ("id", "id: FRIDGE-1"),
        ("product_type", "product_type: household_refrigerator"),
    ):
        if key not in facts and not any(path[:1] == (key,) for path, _ in wrong):
            place = (key,) if key in row else ()
            wrong.append((place, f"`{key}` is missing. Add it, for example `{how}`."))
    if wrong:
        return None, wrong
    name = facts.get("name", facts["id"])
    return Product(facts["id"], name, facts, file, lower_bounds, origins), []


def _flat(
    row: Mapping[str, Any], rules: Rules, wrong: list[tuple[_PLACE, str]]
) -> Iterator[tuple[_PLACE, str, Any]]:
    """Yield path, fact name and value of each key; `evidence` is a mapping of mappings."""
    for key, value in row.items():
        if len(wrong) > MAX_TOLD:
            return
        if key in rules.facts or key == "materials":
            yield (key,), key, value
        elif key == "$schema":
            continue  # for editors
        elif key == "evidence":
            yield from _evidence(value, rules, wrong)
        else:
            known = [name for name in rules.facts if "." not in name]
            hint = _longer_names(str(key), rules)
            hint = hint or did_you_mean(str(key), [*known, "materials", "evidence"])
            if value is None and ":" in str(key):
                hint = " Put a space after the colon."
            hint = hint or " `cncheck schema product` lists the keys."
            wrong.append(((key,), f"Unknown key {key_shown(str(key))}.{hint}"))


def _longer_names(key: str, rules: Rules) -> str:
    """Return a hint at the facts with dots in their names that `key` is the end or the beginning of."""
    if any(name.startswith(f"evidence.{key}.") for name in rules.facts):
        return f" It is a scheme: write {key} and its keys under `evidence`."
    ends = [
        name for name in rules.facts if name.startswith("evidence.") and name.endswith(f".{key}")
    ]
    if ends:
        return f" It is evidence: write it under `evidence` and its scheme, as {' or '.join(ends[:3])}."
    begun = next((name for name in rules.facts if name.startswith(f"{key}.")), "")
    if begun:
        return f" Write {begun} as one key, or state `materials`, from which it is worked out."
    return ""


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
            hint = (
                did_you_mean(str(scheme), sorted(schemes))
                or f" Schemes: {', '.join(sorted(schemes))}."
            )
            message = f"Unknown scheme {key_shown(str(scheme))} under evidence.{hint}"
            wrong.append((("evidence", scheme), message))
        elif not isinstance(keys, Mapping):
            if keys is not None:
                wrong.append((("evidence", scheme), f"`evidence.{scheme}` is a mapping of keys."))
        else:
            for key, value in keys.items():
                if len(wrong) > MAX_TOLD:
                    return
                name, path = f"evidence.{scheme}.{key}", ("evidence", scheme, key)
                if name in rules.facts:
                    yield path, name, value
                else:
                    short = [word.rpartition(".")[2] for word in known]
                    hint = did_you_mean(str(key), short) or f" Known keys: {', '.join(short)}."
                    message = f"Unknown key {key_shown(str(key))} under evidence.{scheme}.{hint}"
                    wrong.append((path, message))
