"""Load the rules: find the files, check their form once, and build the packs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from cncheck import __version__
from cncheck.conditions import Text
from cncheck.load import cache
from cncheck.load.language import BadWording, text
from cncheck.load.packs import pack, wording_problems
from cncheck.load.vocabulary import vocabulary
from cncheck.load.yamlfile import Places, decode, read_documents, read_text
from cncheck.model import Fact, Problem, Rules, Vocabulary
from cncheck.problems import InputError, PackError, did_you_mean

_HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_LISTS = ("not_covered",)
_VOCABULARY = "vocabulary"


def rules_folder() -> str:
    """Return the folder of the rules that come with cncheck: in the wheel, or in a checkout."""
    packaged = os.path.join(_HERE, "rules")
    return (
        packaged
        if os.path.isdir(packaged)
        else os.path.normpath(os.path.join(_HERE, "..", "..", "rules"))
    )


def load_rules(extra: Sequence[str] = (), *, fresh: bool = False) -> Rules:
    """Return the rules that come with cncheck, and those of the `extra` folders.

    A pack of an extra folder replaces the pack with the same id, or is added after the others; words
    of its `vocabulary/` are added or replaced likewise.

    Args:
        extra: folders of further rules.
        fresh: read and check the files even if that was done before.

    Raises:
        InputError: an extra folder does not exist or holds no pack.
        PackError: a pack or the vocabulary is not well-formed.

    """
    return built(written(extra, fresh=fresh))


def written(extra: Sequence[str] = (), *, fresh: bool = False) -> dict[str, Any]:
    """Return what `load_rules` builds from, checked, as plain data that can travel.

    Raises:
        InputError: an extra folder does not exist or holds no pack.
        PackError: a pack or the vocabulary is not well-formed.

    """
    files = _files([rules_folder(), *extra])
    key = cache.key(_made_by(), files)
    known = None if fresh else cache.recall(key)
    if known is None:
        known = _read(files)
        cache.keep(key, known)
    return known


def _made_by() -> str:
    """Return what identifies the code that checks rules: a copy it made serves no other code."""
    here = os.path.dirname(os.path.abspath(__file__))
    with os.scandir(here) as entries:
        newest = max(entry.stat().st_mtime_ns for entry in entries if entry.is_file())
    return f"{__version__} {newest}"


def select(rules: Rules, only: Iterable[str] = (), skip: Iterable[str] = ()) -> Rules:
    """Return `rules` with only the named packs, and without the skipped ones.

    Raises:
        InputError: a name is no pack.

    """
    only, skip = tuple(only), tuple(skip)
    known = [pack.id for pack in rules.packs]
    unknown = [name for name in (*only, *skip) if name not in known]
    if unknown:
        raise InputError(
            Problem(f'Unknown pack "{name}".{did_you_mean(name, known) or " `cncheck rules list` names them."}')
            for name in unknown
        )  # fmt: skip
    packs = tuple(p for p in rules.packs if (not only or p.id in only) and p.id not in skip)
    if len(packs) == len(rules.packs):
        return rules
    kept = {pack.id for pack in packs}
    left_out = ", ".join(name for name in known if name not in kept)
    told = Text(f"packs left out of this run ({left_out})", f"本次未选用的规则包（{left_out}）")
    return rules._replace(packs=packs, not_covered=(told, *rules.not_covered))


def _files(folders: Sequence[str]) -> dict[str, bytes]:
    """Return the content of every rule file, packs and vocabulary, in reading order."""
    found: dict[str, bytes] = {}
    for folder in folders:
        alone = os.path.isfile(folder)
        home = os.path.dirname(folder) if alone else folder
        packs = [folder] if alone and folder.endswith(".yaml") else _yaml_files(folder)
        paths = [*packs, *_yaml_files(os.path.join(home, _VOCABULARY))]
        if not packs and (alone or not paths):
            message = "There is no rule pack (*.yaml) here. Does the folder exist?"
            raise InputError([Problem(message, folder or '""')])
        for path in paths:
            try:
                with open(path, "rb") as file:
                    found[path] = file.read()
            except OSError as error:
                raise InputError([Problem(f"Cannot read: {error.strerror}.", path)]) from None
    return found


def _yaml_files(folder: str) -> list[str]:
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    return [os.path.join(folder, name) for name in names if name.endswith(".yaml")]


def _in_vocabulary(path: str) -> bool:
    return os.path.basename(os.path.dirname(path)) == _VOCABULARY


def _stem(path: str) -> str:
    return os.path.basename(path).removesuffix(".yaml")


def _read(files: Mapping[str, bytes]) -> dict[str, Any]:
    """Return the files as plain data, checked for form and wording.

    The shape is {"vocabulary": {stem: {word: row}}, "packs": {id: {"file", "sha256", "raw"}}}.

    Raises:
        PackError: with every problem of every file.

    """
    import hashlib  # noqa: PLC0415  only after a change

    words: dict[str, Any] = {}
    packs: dict[str, Any] = {}
    problems: list[Problem] = []
    for path, data in files.items():
        try:
            documents = read_documents(decode(data, path), path)
        except InputError as error:
            problems.extend(error.problems)
            continue
        raw: Any = documents[0] if len(documents) == 1 else None
        stem = _stem(path)
        if _in_vocabulary(path):
            if not isinstance(raw, list if stem in _LISTS else dict):
                what = "list" if stem in _LISTS else "mapping"
                problems.append(Problem(f"A vocabulary file is one document: a {what}.", path, 1))
            elif stem in _LISTS:
                words[stem] = words.get(stem, []) + raw
            else:
                words[stem] = words.get(stem, {}) | raw
            continue
        if not isinstance(raw, dict):
            problems.append(Problem("A rule pack is one document: a mapping.", path, 1))
            continue
        wrong = form_problems(raw, "pack")
        if not wrong and raw["id"] != stem:
            wrong = [(("id",), f'The pack is called "{raw["id"]}" but its file {stem}.yaml.')]
        problems.extend(_located(wrong, path))
        if not wrong:
            packs[raw["id"]] = {
                "file": path,
                "sha256": hashlib.sha256(data).hexdigest(),
                "raw": raw,
            }
    if not problems:
        for at, message in form_problems(words, "vocabulary"):
            file = next((p for p in files if at and _in_vocabulary(p) and _stem(p) == at[0]), "")
            problems.extend(_located([(at[1:], message)], file) if file else [Problem(message)])
    if not problems:
        known = _vocabulary(words)
        for one in packs.values():
            problems.extend(_located(wording_problems(one["raw"], known), one["file"]))
    if problems:
        raise PackError(problems)
    return {"vocabulary": words, "packs": packs}


def form_problems(raw: Any, schema: str) -> list[tuple[tuple[str | int, ...], str]]:
    """Return path and message of everything in `raw` that its JSON Schema does not allow."""
    import json  # noqa: PLC0415

    from jsonschema import Draft202012Validator  # noqa: PLC0415  80 ms, and only after a change
    from jsonschema.exceptions import best_match  # noqa: PLC0415

    with open(os.path.join(_HERE, "schemas", f"{schema}.schema.json"), encoding="utf-8") as file:
        validator = Draft202012Validator(json.load(file))
    found: list[tuple[tuple[str | int, ...], str]] = []
    for error in validator.iter_errors(raw):
        found += _told(best_match([error]) or error)
    return sorted(found, key=lambda row: [str(step) for step in row[0]])


def _told(error: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield path and message of what a schema refuses, in words for those who write packs."""
    path, value, rule = tuple(error.absolute_path), error.instance, error.validator
    if rule == "additionalProperties":
        known = error.schema["properties"]
        for key in value:
            if key not in known:
                yield (*path, key), f'Unknown key "{key}".{did_you_mean(key, known)}'
    elif rule == "required":
        for key in error.validator_value:
            if key not in value and f"'{key}'" in error.message:
                yield path, f"`{key}` is missing."
    elif rule == "pattern" and error.validator_value.startswith("^\\d{4}-\\d{2}-"):
        yield path, f'"{value}" is no day; write 2026-01-31.'
    elif rule == "type" and error.validator_value == "object":
        yield path, f"A mapping is expected, but this is {value!r:.60}."
    else:
        yield path, f"{error.message[:200]}."


def _located(wrong: Iterable[tuple[tuple[str | int, ...], str]], path: str) -> list[Problem]:
    wrong = list(wrong)
    if not wrong:
        return []
    places: Places = {}
    read_documents(read_text(path), path, places)
    problems = []
    for at, message in wrong:
        place: tuple[str | int, ...] = (0, *at)
        while place and place not in places:
            place = place[:-1]
        shown = ".".join(str(step) for step in at)
        problems.append(
            Problem(f"{shown}: {message}" if shown else message, path, *places.get(place, (1, 1)))
        )
    return problems


def _vocabulary(words: Mapping[str, Any]) -> Vocabulary:
    try:
        return vocabulary(words)
    except BadWording as error:
        at = ".".join(str(step) for step in error.path)
        raise PackError([Problem(f"vocabulary: {at}: {error.message}")]) from None


def built(data: Mapping[str, Any]) -> Rules:
    """Return the rules that `written` read and checked."""
    words = _vocabulary(data["vocabulary"])
    packs = [pack(one["raw"], one["sha256"], words) for one in data["packs"].values()]
    facts: dict[str, Fact] = dict(words.facts)
    for one in packs:
        facts |= one.evidence
    return Rules(
        words, tuple(packs), facts,
        tuple(fact for fact in words.facts.values() if fact.assume is not None),
        tuple(text(row) for row in data["vocabulary"]["not_covered"]),
    )  # fmt: skip
