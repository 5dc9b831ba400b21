"""OpenFisca-Core: the nearest vectorised engine of law; one formula in numpy for each pack.

Words are its enumerations, of which one member says that nothing is stated; numbers are its floats
(32 bits), not-a-number where nothing is stated. Tests of words look up a table by code: the fastest
form found. Reading them from the list is not part of its own time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from openfisca_core.entities import build_entity
from openfisca_core.indexed_enums import Enum, EnumArray
from openfisca_core.periods import DateUnit
from openfisca_core.simulations import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable
from peers.rails import (
    APPLIES,
    DOES_NOT,
    UNDETERMINED,
    All,
    Atom,
    Job,
    Logic,
    Missing,
    plain,
    translate,
)

from cncheck.model import Rules

LACKS = "unknown, what is missing, reasons, duties; it uses one thread"
_NOTHING = "nothing_stated"
_COMPARE = {">": np.greater, ">=": np.greater_equal, "<=": np.less_equal, "<": np.less}


def prepare(rules: Rules, frame: pl.DataFrame, as_of: date) -> Job:
    """Return the job of judging every row of `frame`."""
    ready = plain(rules, frame, as_of)
    product = build_entity("product", "products", "Product", is_person=True)
    system = TaxBenefitSystem([product])
    inputs = {name: _Input(name, ready[name]) for name in ready.columns}
    for one in inputs.values():
        system.add_variable(one.variable(product))
    verdicts = translate(rules, ready)
    for pack, (yes, no) in verdicts.items():
        masks = _masks(yes, inputs), _masks(no, inputs)
        system.add_variable(_verdict(pack, *masks, inputs, product))
    day = as_of.isoformat()

    def feed() -> Any:
        simulation = SimulationBuilder().build_default_simulation(system, len(frame))
        columns = plain(rules, frame, as_of)
        for fact, one in inputs.items():
            simulation.set_input(one.name, day, one.array(columns[fact]))
        return simulation

    def judge(simulation: Any) -> dict[str, Any]:
        return {pack: simulation.calculate(f"verdict_{pack}", day) for pack in verdicts}

    def told(arrays: dict[str, Any]) -> dict[str, bytes]:
        return {pack: array.astype(np.uint8).tobytes() for pack, array in arrays.items()}

    return Job(feed, judge, told)


class _Input:
    """A column of the list as an input variable."""

    def __init__(self, fact: str, column: pl.Series) -> None:
        self.name = "input_" + fact.replace(".", "_").lower()
        self.words: list[Any] = []
        """The words of the column; the code of one is its place, and the last says nothing."""
        if not column.dtype.is_numeric():
            self.words = [*sorted(column.drop_nulls().unique()), _NOTHING]
            self.kind = Enum(self.name, {f"w{i}": str(word) for i, word in enumerate(self.words)})

    def variable(self, entity: Any) -> type[Variable]:
        how: dict[str, Any] = {"value_type": float}
        if self.words:
            nothing = list(self.kind)[-1]
            how = {"value_type": Enum, "possible_values": self.kind, "default_value": nothing}
        how |= {"entity": entity, "definition_period": DateUnit.ETERNITY}
        return type(self.name, (Variable,), how)

    def array(self, column: pl.Series) -> Any:
        if not self.words:
            return column.cast(pl.Float32).fill_null(float("nan")).to_numpy()
        last = len(self.words) - 1
        codes = column.replace_strict(
            self.words[:last], list(range(last)), default=last, return_dtype=pl.UInt8
        )
        return EnumArray(codes.to_numpy(), self.kind)

    def table(self, operand: tuple[Any, ...], *, among: bool) -> Any:
        """Return for every code whether its word is among the operand; nothing said never is."""
        stated = [(word in operand) is among for word in self.words[:-1]]
        return np.array([*stated, False])


Mask = Callable[[dict[str, Any]], Any]


def _masks(logic: Logic, inputs: dict[str, _Input]) -> Mask:
    """Return what makes the mask of rows for which `logic` holds, from the columns by name."""
    if isinstance(logic, bool):
        return lambda _: logic
    if isinstance(logic, (Atom, Missing)):
        return _atom(logic, inputs[logic.fact])
    parts = [_masks(part, inputs) for part in logic.parts]
    join = np.logical_and if isinstance(logic, All) else np.logical_or

    def joined(columns: dict[str, Any]) -> Any:
        mask = join(parts[0](columns), parts[1](columns))
        for part in parts[2:]:
            join(mask, part(columns), out=mask)
        return mask

    return joined


def _atom(atom: Atom | Missing, one: _Input) -> Mask:
    name = one.name
    if isinstance(atom, Missing):
        if not one.words:
            return lambda columns: np.isnan(columns[name])
        last = len(one.words) - 1
        return lambda columns: columns[name] == last
    if one.words:
        table = one.table(atom.operand, among=atom.relation == "in")
        return lambda columns: table[columns[name]]
    if atom.relation in _COMPARE:
        compare, operand = _COMPARE[atom.relation], np.float32(atom.operand)
        return lambda columns: compare(columns[name], operand)
    numbers = np.array(atom.operand, dtype=np.float32)
    if atom.relation == "in":
        return lambda columns: np.isin(columns[name], numbers)
    return lambda columns: ~np.isin(columns[name], numbers) & ~np.isnan(columns[name])


def _verdict(
    pack: str, yes: Mask, no: Mask, inputs: dict[str, _Input], entity: Any
) -> type[Variable]:
    def formula(products: Any, period: Any) -> Any:
        columns = {
            one.name: np.asarray(products(one.name, period)).view(np.ndarray)
            for one in inputs.values()
        }
        return np.where(yes(columns), APPLIES, np.where(no(columns), DOES_NOT, UNDETERMINED))

    how = {
        "value_type": int,
        "entity": entity,
        "definition_period": DateUnit.DAY,
        "formula": formula,
    }
    return type(f"verdict_{pack}", (Variable,), how)
