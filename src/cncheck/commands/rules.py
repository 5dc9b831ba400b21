"""The commands that look at the rules: packs, product types, schemas."""

from __future__ import annotations

import os
from collections.abc import Sequence

from cncheck.commands.common import complain, guarded, known, say
from cncheck.gate import NOTHING, PASSED
from cncheck.load.rules import load_rules, rules_folder, select
from cncheck.model import Problem


def rules_list(folders: Sequence[str] = ()) -> int:
    """Print the packs there are, a line each."""

    def run() -> int:
        for pack in load_rules(folders).packs:
            forces = ", ".join(dict.fromkeys(p.force for p in pack.phases)) or pack.force
            counts = f"{len(pack.entries)} entries, {len(pack.obligations)} obligations"
            say(
                f"{pack.id}  {pack.version}  reviewed {pack.reviewed}  {forces}  {counts}\n"
                f"    {pack.title.en} / {pack.title.zh}\n"
            )
        return PASSED

    return guarded(run)


def rules_show(name: str, folders: Sequence[str] = (), lang: str = "en") -> int:
    """Print one pack whole, with citations."""

    def run() -> int:
        from cncheck.report.packtext import show_pack  # noqa: PLC0415

        known(lang, ("en", "zh"), "language")
        rules = load_rules(folders)
        chosen = select(rules, [name])
        say(show_pack(chosen.packs[0], chosen, lang))
        return PASSED

    return guarded(run)


def rules_lint(paths: Sequence[str] = ()) -> int:
    """Check that packs are well-formed: those that come with cncheck, and files or folders of one's own."""

    def run() -> int:
        folders = [folder_of(path) if _is_inside(path) else path for path in paths]
        rules = load_rules(folders, fresh=True)
        say(f"{len(rules.packs)} packs are well-formed: {', '.join(p.id for p in rules.packs)}\n")
        return PASSED

    return guarded(run)


def rules_test(paths: Sequence[str] = ()) -> int:
    """Run the cases of the packs; exit 1 if one does not hold."""

    def run() -> int:
        from cncheck.cases import case_files, read_cases, run_case  # noqa: PLC0415

        rules = load_rules([folder_of(path) for path in paths])
        folders = [folder_of(path) for path in paths] or [rules_folder()]
        files = [file for folder in folders for file in case_files(folder)]
        held = failed = 0
        for file in files:
            for case in read_cases(file):
                mismatches = run_case(case, rules)
                held, failed = held + (not mismatches), failed + bool(mismatches)
                if mismatches:
                    say(f"{case.file}:{case.line}: {case.name}\n")
                for mismatch in mismatches:
                    say(
                        f"    {mismatch.what}: expected {mismatch.expected}, got {mismatch.actual}\n"
                    )
        say(f"{held} cases hold, {failed} do not.\n")
        if held + failed == 0:
            return NOTHING
        return 1 if failed else PASSED

    return guarded(run)


def folder_of(path: str) -> str:
    """Return the rules folder that `path` means: the folder itself, or the one of a file in it."""
    if not os.path.isfile(path):
        return path
    folder = os.path.dirname(os.path.abspath(path))
    return os.path.dirname(folder) if _is_inside(path) else folder


def _is_inside(path: str) -> bool:
    """Return whether `path` is a file beside the packs: of cases, or of the vocabulary."""
    folder = os.path.basename(os.path.dirname(os.path.abspath(path)))
    return os.path.isfile(path) and folder in ("cases", "vocabulary")


# ---- types and schemas -----------------------------------------------------------------------------


def types(query: str = "", folders: Sequence[str] = ()) -> int:
    """Print the product types that `query` may mean, or all; exit 3 if there is none."""

    def run() -> int:
        from cncheck.load.search import search_types  # noqa: PLC0415

        rules = load_rules(folders)
        kinds = rules.vocabulary.types
        found = search_types(query, kinds) if query else list(kinds.values())
        for type_ in found:
            also = f"  (also: {', '.join(type_.synonyms)})" if query and type_.synonyms else ""
            heading = "  [heading: pick a narrower type]" if type_.group else ""
            say(f"{type_.id}  {type_.name.en} / {type_.name.zh}{heading}{also}\n")
        if not found:
            complain(
                [
                    Problem(
                        f'No product type is like "{query}". Try another word, in English or Chinese.'
                    )
                ]
            )
            return NOTHING
        return PASSED

    return guarded(run)


def schema(which: str) -> int:
    """Print a JSON Schema: of a product descriptor, a pack or the report."""

    def run() -> int:
        from cncheck.schemas import SCHEMAS  # noqa: PLC0415

        known(which, SCHEMAS, "schema")
        say(SCHEMAS[which]())
        return PASSED

    return guarded(run)
