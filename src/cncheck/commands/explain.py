"""The command `explain`: one duty, or the duties of one pack."""

from __future__ import annotations

from collections.abc import Sequence

from cncheck.cases import cases_of, example_of
from cncheck.commands.common import guarded, known, show
from cncheck.commands.rules import folder_of
from cncheck.gate import PASSED
from cncheck.load.rules import load_rules, rules_folder
from cncheck.model import Problem, Rules
from cncheck.problems import InputError, did_you_mean
from cncheck.report.duty import duty_sheet
from cncheck.report.scheme import scheme_sheet
from cncheck.report.sheet import Sheet, lines


def explain(name: str, folders: Sequence[str] = (), lang: str = "en") -> int:
    """Print what the duty `name` is and how to meet it; of a pack, which duties it has."""

    def run() -> int:
        known(lang, ("en", "zh"), "language")
        rules = load_rules(folders)
        show(lines(_sheet(name, rules, [rules_folder(), *map(folder_of, folders)], lang)))
        return PASSED

    return guarded(run)


def _sheet(name: str, rules: Rules, folders: Sequence[str], lang: str) -> Sheet:
    for pack in rules.packs:
        if pack.id == name:
            return scheme_sheet(pack, rules, lang)
        for duty in pack.obligations:
            if duty.id == name:
                example = example_of(duty.id, cases_of(pack.id, folders), rules)
                return duty_sheet(duty, pack, rules, example, lang)
    duties = [duty.id for pack in rules.packs for duty in pack.obligations]
    names = duties if "/" in name else [*(pack.id for pack in rules.packs), *duties]
    hint = did_you_mean(name, names) or (
        " `cncheck rules list` names the packs, and `cncheck explain PACK` their obligations."
    )
    raise InputError([Problem(f'Unknown obligation "{name}".{hint}')])
