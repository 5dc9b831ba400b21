"""Make lists of products to measure with: `python benchmarks/lists.py --rows 1e6 OUT.csv OUT.parquet`.

Every cell is drawn from its row number alone, so the same rows come out each time, on every machine
and with every version of Polars, and a longer list begins with the shorter one. Columns are drawn
independently: a television has a cooling capacity as often as an air conditioner has, which is
harder on an engine than real lists are, whose blanks and values go together.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

import polars as pl

from cncheck.conditions import AllOf, AnyOf, Condition, Not, Stated, Test
from cncheck.load.rules import load_rules
from cncheck.model import Rules

ON_A_THRESHOLD = 0.1  # the share of numbers that are exactly a limit of the packs
_STEP = 0x9E3779B97F4A7C15

# Product types by how often they occur.
TYPES: dict[int, tuple[str, ...]] = {
    8: (
        "portable_computer", "television", "monitor", "mobile_phone", "other_electrical_product",
        "non_electrical_product", "computer_peripheral", "household_refrigerator",
    ),
    4: (
        "room_air_conditioner", "household_washing_machine", "printer", "desktop_computer", "tablet",
        "traction_battery_pack", "vehicle", "electric_fan", "led_bulb", "rice_cooker", "toy",
        "external_power_supply", "cable", "furniture", "headphones", "telephone",
    ),
    2: (
        "multifunction_printer", "copier", "projector", "camcorder", "microwave_oven", "air_purifier",
        "range_hood", "induction_cooker", "wine_cabinet", "washer_dryer", "all_in_one_computer",
        "electric_storage_water_heater", "led_downlight", "ventilating_fan", "battery_cell",
        "battery_module", "stationary_storage_battery", "e_bike_battery", "power_bank",
        "three_phase_induction_motor", "textile", "cement", "set_top_box", "robot_vacuum",
    ),
    1: (
        "fax_machine", "unitary_air_conditioner", "multi_split_air_conditioner", "heat_pump_water_heater",
        "gas_instantaneous_water_heater", "household_gas_stove", "power_transformer", "other_motor",
        "permanent_magnet_synchronous_motor", "centrifugal_pump", "pv_module", "pv_inverter",
        "long_process_steel", "short_process_steel", "electrolytic_aluminium", "second_life_battery",
        "motorcycle_battery_pack", "other_battery", "motorcycle", "projection_screen",
        "computer_case_fan", "server",
    ),
}  # fmt: skip


class Words(NamedTuple):
    """A column of words, each as likely as it occurs."""

    blank: float
    words: tuple[str, ...]


class Numbers(NamedTuple):
    """A column of numbers `low / parts` to `high / parts`."""

    blank: float
    low: int
    high: int
    parts: int


class Days(NamedTuple):
    """A column of dates."""

    blank: float
    first: date
    last: date


class Flags(NamedTuple):
    """A column of true and false."""

    blank: float
    true: float


class Numbered(NamedTuple):
    """A column of names with a number drawn below `several`; the row number where that is 0."""

    blank: float
    prefix: str
    several: int


Column = Words | Numbers | Days | Flags | Numbered

COLUMNS: dict[str, Column] = {
    "id": Numbered(0, "SKU-", 0),
    "name": Numbered(0.02, "Product series ", 50_000),
    "product_type": Words(0, tuple(t for often, ts in TYPES.items() for t in ts * often)),
    "produced_on": Days(0.3, date(2017, 1, 1), date(2028, 6, 30)),
    "sold_in_mainland_china": Flags(0.4, 0.9),
    "roles": Words(0.5, ("importer", "producer", "seller", "importer;online_seller",
                         "pack_manufacturer", "vehicle_manufacturer")),
    "enterprise": Numbered(0.1, "Enterprise ", 2000),
    "rated_energy_kwh": Numbers(0.4, 1, 1500, 10),
    "chemistry": Words(0.5, ("LFP", "LFP", "NCM", "NCM", "NCA", "LMFP", "Na_ion", "NiMH", "lead_acid")),
    "cooling_capacity_w": Numbers(0.4, 1000, 30_000, 1),
    "screen_diagonal_mm": Numbers(0.4, 250, 25_000, 10),
    "print_speed_pages_per_min": Numbers(0.5, 5, 120, 1),
    "rated_voltage_ac_v": Numbers(0.3, 12, 1500, 1),
    "rated_power_kw": Numbers(0.4, 1, 40_000, 100),
    "rated_input_power_w": Numbers(0.4, 50, 6000, 1),
    "total_volume_l": Numbers(0.5, 20, 1200, 1),
    "washing_capacity_kg": Numbers(0.5, 2, 60, 2),
    "intended_use": Words(0.6, ("household", "household", "household", "commercial", "industrial", "vehicle")),
    "part_of_product": Words(0.6, ("standalone", "standalone", "sold_separately", "part_of_other_product")),
    "materials.Pb": Numbers(0.5, 0, 1500, 1),
    "materials.DEHP": Numbers(0.6, 0, 1500, 1),
    "evidence.rohs.route": Words(0.6, ("certification", "supplier_declaration", "none")),
    "evidence.energy_label.filing_number": Numbered(0.6, "CEL-2026-", 1_000_000),
    "evidence.traction_battery.verification_report": Numbered(0.6, "VR-", 100_000),
}  # fmt: skip


def products(rows: int, rules: Rules) -> pl.LazyFrame:
    """Return `rows` products as a lazy frame of text, numbers, dates and booleans."""
    limits = thresholds(rules)
    frame = pl.select(row=pl.int_range(rows, dtype=pl.UInt64)).lazy()
    return frame.select(
        _cells(column, 3 * i, limits.get(name, [])).alias(name)
        for i, (name, column) in enumerate(COLUMNS.items())
    )


def thresholds(rules: Rules) -> dict[str, list[float]]:
    """Return the numbers that the conditions of the packs compare each fact with."""
    found: dict[str, set[float]] = {}
    for condition in _conditions(rules):
        for test in tests(condition):
            if test.kind in {"number", "integer"}:
                operands = test.operand if isinstance(test.operand, frozenset) else [test.operand]
                found.setdefault(test.fact, set()).update(
                    float(x) for x in operands if isinstance(x, (int, float)) and x is not True
                )
    return {fact: sorted(numbers) for fact, numbers in found.items()}


def _conditions(rules: Rules) -> Iterator[Condition]:
    for pack in rules.packs:
        yield pack.applies_if
        yield from (entry.condition for entry in pack.entries if entry.condition)
        for duty in pack.obligations:
            yield from (asked for asked in (duty.when, duty.met_if) if asked)


def tests(condition: Condition) -> Iterator[Test]:
    """Yield every test of a fact inside `condition`."""
    match condition:
        case Test():
            yield condition
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from tests(part)
        case Not(part) | Stated(part):
            yield from tests(part)


def _cells(column: Column, stream: int, limits: list[float]) -> pl.Expr:
    """Return the cells of a column; the draws number `stream` and the next two are its own."""
    value = _draw(stream)
    match column:
        case Words(_, words):
            cells = _pick(value, pl.Series(words))
        case Numbers(_, low, high, parts):
            cells = (value % _u64(high - low + 1) + _u64(low)).cast(pl.Float64)
            cells = (cells / parts).round(2)  # Polars multiplies by the inverse, which is not exact
            if limits:
                exactly = _pick(_draw(stream + 2), pl.Series(limits, dtype=pl.Float64))
                cells = pl.when(_happens(stream + 2, ON_A_THRESHOLD)).then(exactly).otherwise(cells)
        case Days(_, first, last):
            days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
            cells = _pick(value, pl.Series(days))
        case Flags(_, true):
            cells = _happens(stream, true)
        case Numbered(_, prefix, several):
            number = value % _u64(several) if several else pl.col("row")
            cells = pl.lit(prefix) + number.cast(pl.String).str.zfill(8)
    return cells if not column.blank else pl.when(~_happens(stream + 1, column.blank)).then(cells)


def _pick(draw: pl.Expr, values: pl.Series) -> pl.Expr:
    return (draw // _u64(1 << 20) % _u64(len(values))).map_batches(
        values.gather, return_dtype=values.dtype, is_elementwise=True
    )


def _happens(stream: int, chance: float) -> pl.Expr:
    return _draw(stream) % _u64(1 << 16) < _u64(round(chance * (1 << 16)))


def _draw(stream: int) -> pl.Expr:
    """Return 64 random bits for every row: SplitMix64 of its number, in the stream of this number."""
    bits = (pl.col("row") + _u64(stream << 40)) * _u64(_STEP)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        bits = (bits ^ bits // _u64(1 << shift)) * _u64(factor)
    return bits ^ bits // _u64(1 << 31)


def _u64(number: int) -> pl.Expr:
    return pl.lit(number, dtype=pl.UInt64)


def write(rows: int, *paths: str) -> None:
    """Write a list of `rows` products to each of `paths`, .csv or .parquet."""
    frame = products(rows, load_rules())
    for path in paths:
        if path.endswith(".csv"):
            frame.sink_csv(path)
        else:
            frame.sink_parquet(path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Make a list of products to measure with.")
    parser.add_argument("--rows", type=float, default=1e5, help="how many (1e5)")
    parser.add_argument("out", nargs="+", help="OUT.csv, OUT.parquet or both")
    arguments = parser.parse_args()
    write(int(arguments.rows), *arguments.out)
