"""What several test files need: the rules, and a look into conditions."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from cncheck.conditions import Condition, FactPlus
from cncheck.conditions import Test as FactTest  # pytest collects classes called Test
from cncheck.load.rules import load_rules
from cncheck.model import Entry, Obligation, Pack, Rules

sys.path.append(str(Path(__file__).parent))  # for `engines` and `drawing`, which tests share

# The same examples on every run and on every machine, however slow it is.
settings.register_profile(
    "steady", derandomize=True, deadline=None, database=None, max_examples=100
)
settings.load_profile("steady")


@pytest.fixture(scope="session")
def rules() -> Rules:
    """The rules that come with cncheck."""
    return load_rules()


@pytest.fixture(scope="session")
def tests_in() -> Callable[[Any], Iterator[FactTest]]:
    """Every test of a fact inside a condition, a duty, an entry or a pack."""
    return _tests


@pytest.fixture(scope="session")
def facts_in() -> Callable[[Any], frozenset[str]]:
    """Every fact that a condition, a duty, an entry or a pack looks at."""
    return _facts


def _tests(holder: Condition | Entry | Obligation | Pack | None) -> Iterator[FactTest]:
    match holder:
        case None:
            return
        case FactTest():
            yield holder
        case Entry():
            yield from _tests(holder.condition)
        case Obligation():
            yield from _tests(holder.when)
            yield from _tests(holder.met_if)
            yield from _tests(holder.portfolio and holder.portfolio.declared_if)
        case Pack():
            yield from _tests(holder.applies_if)
            for one in (*holder.entries, *holder.obligations):
                yield from _tests(one)
            for note in holder.notes:
                yield from _tests(note.when)
        case _:
            inside = getattr(holder, "parts", None) or (getattr(holder, "part", None),)
            for part in inside:
                yield from _tests(part)


def _facts(holder: Any) -> frozenset[str]:
    found = set()
    for test in _tests(holder):
        found.add(test.fact)
        if isinstance(test.operand, FactPlus):
            found.add(test.operand.fact)
    return frozenset(found)
