"""Find and read the settings of a project: cncheck.toml, or [tool.cncheck] in pyproject.toml."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from cncheck.gate import policy
from cncheck.load.yamlfile import read_text, shown_path
from cncheck.model import Problem
from cncheck.problems import InputError, did_you_mean

LANGUAGES = ("en", "zh")
OWN_FILE = "cncheck.toml"
_SHARED_FILE = "pyproject.toml"


class Setting(NamedTuple):
    """An option of the command line that a project can set for all its runs."""

    kind: str
    """One of the kinds below; a file is relative to the settings file."""
    default: Any
    help: str


SETTINGS: Mapping[str, Setting] = {
    "rules": Setting("files", (), "Folders whose packs add to or replace those of cncheck."),
    "only": Setting("words", (), "Ask these packs only."),
    "skip": Setting("words", (), "Leave these packs out."),
    "fail-on": Setting("tripping", ("violated",), "What trips the gate: violated, open, undetermined, due:90d."),
    "strict": Setting("flag", False, "Fail on violated, open and undetermined."),
    "force": Setting("forces", (), "Let duties of these forces count too: pilot, voluntary, recommended."),
    "no-presume": Setting("flag", False, "Ask for the facts of exceptions instead of presuming they do not hold."),
    "whole-portfolio": Setting("flag", False, "The products given are all (or with false, a part) of what there is."),
    "exit-zero": Setting("flag", False, "Leave with exit code 0 though the gate trips."),
    "lang": Setting("language", "en", "Language of the text report: en or zh."),
    "waivers": Setting("file", "", "The waiver file."),
    "baseline": Setting("file", "", "The baseline: only what is not in it trips the gate."),
}  # fmt: skip
"""What a settings file may say. What belongs to one run (the day, formats, output files) is not here."""


class Settings(NamedTuple):
    """What a project has set."""

    file: str
    """Empty where there is no settings file."""
    stated: Mapping[str, Any]

    def get(self, name: str) -> Any:
        """Return what is set for `name`, or its default."""
        return self.stated.get(name, SETTINGS[name].default)


def find_upward(paths: Iterable[str], names: Sequence[str]) -> Iterator[str]:
    """Yield the files of these names beside the inputs or above them, the nearest first.

    The search begins at the deepest folder that holds all of `paths` and ends with the folder that
    holds the repository (.git), or with the root.
    """
    try:
        starts = [os.path.abspath("." if path == "-" else path) for path in paths]
        starts = [path if os.path.isdir(path) else os.path.dirname(path) for path in starts]
        here = os.path.commonpath(starts)
    except ValueError:  # no input at all, or inputs on several drives
        here = os.getcwd()
    except OSError:  # the folder one is in was removed
        return
    while True:
        for name in names:
            file = os.path.join(here, name)
            if os.path.lexists(file):  # a broken link is a mistake to be told, not no file
                yield file
        above = os.path.dirname(here)
        if above == here or os.path.exists(os.path.join(here, ".git")):
            return
        here = above


def read_settings(paths: Iterable[str], named: str | None = None) -> Settings:
    """Return the settings for a check of `paths`: those of the file `named`, or of the nearest one.

    Args:
        paths: what is checked.
        named: a settings file; empty = none is to be used; None = search for one.

    Raises:
        InputError: the file cannot be read, or says something that is no setting.

    """
    candidates = (
        find_upward(paths, (OWN_FILE, _SHARED_FILE)) if named is None else filter(None, [named])
    )
    for file in candidates:
        text = read_text(file)
        shared = os.path.basename(file) == _SHARED_FILE
        table = _table(text, file, shared=shared) if "cncheck" in text or not shared else None
        if table is None and named is None:
            continue  # a pyproject.toml of other tools
        return Settings(os.path.relpath(file), _read(table or {}, text, file))
    return Settings("", {})


def _table(text: str, file: str, *, shared: bool) -> dict[str, Any] | None:
    """Return the settings as they are written; None where a shared file has none."""
    import tomllib  # noqa: PLC0415  only where there are settings

    shown_file = shown_path(file)
    try:
        raw = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        place = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        last = text.count("\n") + 1  # where it says "at end of document"
        where = (int(place[1]), int(place[2])) if place else (last, None)
        what = re.sub(r" \(at .*", "", str(error))
        raise InputError(
            [Problem(f"This is not valid TOML: {what}.", shown_file, *where)]
        ) from None
    if not shared:
        return raw
    tools = raw.get("tool", {})
    table = tools.get("cncheck") if isinstance(tools, dict) else None
    if table is None or isinstance(table, dict):
        return table
    raise InputError([Problem("`tool.cncheck` is a table of settings.", shown_file)])


def _read(table: Mapping[str, Any], text: str, file: str) -> dict[str, Any]:
    shown_file = shown_path(file)
    wrong: list[tuple[str, str]] = []
    stated: dict[str, Any] = {}
    for name, value in table.items():
        setting = SETTINGS.get(name)
        if setting is None:
            hint = did_you_mean(name, SETTINGS) or f" Settings: {', '.join(SETTINGS)}."
            wrong.append((name, f'"{name}" is no setting.{hint}'))
            continue
        try:
            stated[name] = _KINDS[setting.kind](value)
        except ValueError as error:
            wrong.append((name, f"`{name}` is {error}."))
            continue
        except InputError as error:
            wrong += [(name, problem.message) for problem in error.problems]
            continue
        if setting.kind in ("file", "files"):
            stated[name] = _beside(file, stated[name])
    if wrong:
        raise InputError(Problem(message, shown_file, _line(text, name)) for name, message in wrong)
    return stated


def _words(value: Any) -> tuple[str, ...]:
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ValueError('a text or a list of texts, such as ["violated", "due:90d"]')
    return tuple(words)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false, without quotes")
    return value


def _file(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("the name of a file, in quotes")
    return value


def _tripping(value: Any) -> tuple[str, ...]:
    words = _words(value)
    policy(words)
    return words


def _forces(value: Any) -> tuple[str, ...]:
    words = _words(value)
    policy((), words)
    return words


def _language(value: Any) -> str:
    if value not in LANGUAGES:
        raise ValueError(" or ".join(f'"{name}"' for name in LANGUAGES))
    return str(value)


_KINDS: Mapping[str, Callable[[Any], Any]] = {
    "words": _words, "files": _words, "flag": _flag, "file": _file, "tripping": _tripping,
    "forces": _forces, "language": _language,
}  # fmt: skip


def _beside(settings_file: str, value: Any) -> Any:
    """Return file names as the run needs them: what is written is relative to the settings file."""
    folder = os.path.dirname(settings_file)
    if isinstance(value, str):
        return os.path.relpath(os.path.join(folder, value))
    return tuple(os.path.relpath(os.path.join(folder, name)) for name in value)


def _line(text: str, name: str) -> int | None:
    """Return the first line that sets `name`; the TOML reader does not tell places."""
    found = re.search(rf'^[ \t]*"?{re.escape(name)}"?[ \t]*=', text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else None
