"""The settings in force: what the command line states over what the project has set; `config`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from cncheck.commands.common import guarded, say
from cncheck.gate import PASSED, STRICT, TRIPPED, UNDETERMINED, Policy, policy
from cncheck.load.settings import OWN_FILE, SETTINGS, Settings, find_upward, read_settings
from cncheck.waivers import WAIVER_FILE

_WHAT_TRIPS = ("fail-on", "strict")


def in_force(paths: Sequence[str], config: str | None, stated: Mapping[str, Any]) -> Settings:
    """Return the settings in force for a check of `paths`.

    Args:
        paths: what is checked; the nearest settings file above it holds.
        config: a settings file; empty = use none; None = look for one.
        stated: what the command line says, by the name of the option with "_" for "-"; None and
            empty lists say nothing. It wins.

    Raises:
        InputError: the settings file cannot be used.

    """
    settings = read_settings(paths, config)
    named = {name.replace("_", "-"): value for name, value in stated.items()}
    said = {name: value for name, value in named.items() if value not in (None, [], ())}
    ours = dict(settings.stated)
    if not said.keys().isdisjoint(_WHAT_TRIPS):  # together they are one answer: what trips the gate
        ours = {name: value for name, value in ours.items() if name not in _WHAT_TRIPS}
    return settings._replace(stated=ours | said)


def gate_policy(settings: Settings) -> Policy:
    """Return what trips the gate: the words of `--fail-on`, with those that `--strict` stands for.

    Whoever says that the products are a part of a portfolio does not ask what the whole has.

    Raises:
        InputError: a word is not known.

    """
    strict = settings.get("strict")
    words = settings.stated.get("fail-on", () if strict else settings.get("fail-on"))
    wanted = policy([*words, *(STRICT if strict else ())], settings.get("force"))
    return wanted._replace(enterprises=settings.stated.get("whole-portfolio") is not False)


def passing(code: int, settings: Settings) -> int:
    """Return the exit code, where a gate that tripped may be let pass by `--exit-zero`."""
    return PASSED if code in (TRIPPED, UNDETERMINED) and settings.get("exit-zero") else code


def waiver_file(settings: Settings, paths: Sequence[str]) -> str:
    """Return the waiver file that is set, or the nearest one above the input; empty = none."""
    if "waivers" in settings.stated:
        return str(settings.get("waivers"))
    found = next(find_upward(paths, (WAIVER_FILE,)), "")
    return os.path.relpath(found) if found else ""


def show_config(paths: Sequence[str], config: str | None = None) -> int:
    """Print the settings in force for a check of `paths`, as a settings file would say them."""

    def run() -> int:
        settings = in_force(paths, config, {})
        none = f"There is no {OWN_FILE}, and no [tool.cncheck] in pyproject.toml"
        say(f"# {f'From {settings.file}' if settings.file else none}.\n")
        for name, setting in SETTINGS.items():
            value, origin = settings.get(name), "" if name in settings.stated else "  # default"
            if name == "waivers" and origin:
                value = waiver_file(settings, paths)
                origin = "  # found" if value else origin
            say(f"\n# {setting.help}\n{name} = {_toml(value)}{origin}\n")
        return PASSED

    return guarded(run)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return f"[{', '.join(map(_toml, value))}]"
