"""Write a project of 200 product descriptors, as a maker of several families would keep them.

    python benchmarks/products.py FOLDER

Refrigerators, laptops, televisions, air conditioners, LED products and battery packs, with their
facts, materials and evidence; beside them the settings and the waivers. All of it is made up, and
the same on every run. docs/ci.md works with it for a day, and gate.py measures with it.
"""

from __future__ import annotations

import itertools
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SCHEMA = "# yaml-language-server: $schema=../product.schema.json\n"
SETTINGS = """\
fail-on = ["violated", "open", "undetermined", "due:30d"]
"""
WAIVERS = """\
# What may pass the gate, why, who said so, and until when.
waivers:
  - product: BP-*
    scheme: rohs
    reason: whether a battery sold by itself falls under China RoHS is not settled; the authority was asked
    approved_by: compliance board
    expires: 2027-06-30
  - product: NB-13.3-*
    obligation: rohs/assessment-conversion
    reason: the laboratory tests the phthalates in December
    approved_by: product compliance
    expires: 2026-12-31
  - product: TV-55-A
    obligation: energy_label/filing
    reason: the label centre has the papers, the number is to come
    approved_by: product compliance
    expires: 2026-12-15
"""
_CLEAN = {"Pb": 5, "Hg": 0, "Cd": 2, "CrVI": 0, "PBB": 0, "PBDE": 0}
_PHTHALATES = {"DEHP": 30, "BBP": 0, "DBP": 20, "DIBP": 0}
_PARTS = (
    ("housing", "ABS", {}),
    ("power cord, sheath", "PVC", {"DEHP": 240, "DBP": 60}),
    ("circuit board, solder joints", "lead-free solder", {"Pb": 400}),
)
_TERMINAL = ("terminals", "brass", {"Pb": 31000})
_EXEMPTION = "6.3"
_TABLE = {
    "mark_place": "product", "table_language": "zh_hans", "table_columns": 10,
    "table_standard": "SJ/T 11364-2024",
}  # fmt: skip
_GREEN = {"mark": "green_e", **_TABLE, "table_shows_x": False}
_ORANGE = {
    "mark": "orange_number", "use_period_years": 10, "manufacture_date_shown": "on_product",
    **_TABLE, "table_shows_x": True,
}  # fmt: skip
_ASSESSED = {
    "route": "supplier_declaration", "assessment_basis": "GB/T 26572-2011+A1",
    "assessed_on": "2026-02-16", "test_methods": ["GB/T 39560"], "platform_filed": True,
    "conformity_mark": "declaration_mark",
}  # fmt: skip
_BATTERY = {
    "platform_account": "CN-0417", "data_quality_control": True, "activity_data": True,
    "stages": ["materials", "manufacturing", "distribution", "recycling"],
    "functional_unit": "per_kwh_delivered", "pilot_declaration": True,
    "accounting_standard": "20243775-T-339",
}  # fmt: skip
_LIFECYCLE = {
    "labelled_levels": ["cell", "module", "pack"], "reported_on": "2026-10-30",
    "dismantling_information": True, "service_points_published": True,
    "handed_over_to_compliant_users": True,
}  # fmt: skip


def label(number: int, grade: int, standard: str) -> dict[str, Any]:
    """Return the evidence of an energy label that is in order."""
    return {
        "grade": grade, "test_report": f"TR-26-{number:04}", "laboratory": "third_party",
        "label_location": "product", "label_in_manual": True, "standard_on_label": standard,
        "filing_number": f"2026-{number:05}",
    }  # fmt: skip


def families() -> Iterator[dict[str, Any]]:
    """Yield the descriptors."""
    numbers = itertools.count(1)
    variants = "ABCD"
    for litres, variant in itertools.product(range(180, 580, 40), variants):
        number, facts = next(numbers), {"total_volume_l": litres}
        evidence = label(number, 1 + number % 3, "GB 12021.2-2025")
        name = f"Refrigerator {litres} l, {variant}"
        yield _appliance(f"FR-{litres}-{variant}", name, "household_refrigerator", facts, evidence)
    for inches, variant in itertools.product((12.5, 13.3, 14, 15.6, 16, 17.3), "ABCDEF"):
        number, facts = next(numbers), {"screen_diagonal_mm": round(inches * 25.4, 1)}
        evidence = label(number, 1 + number % 2, "GB 28380-2025")
        name = f"Laptop {inches} inch, {variant}"
        laptop = _appliance(f"NB-{inches}-{variant}", name, "portable_computer", facts, evidence)
        if inches == 13.3:  # assessed before the phthalates came
            laptop["evidence"]["rohs"] |= {
                "assessment_basis": "GB/T 26572-2011", "assessed_on": "2025-09-08",
            }  # fmt: skip
        yield laptop
    for inches, variant in itertools.product((32, 43, 50, 55, 65, 75, 85, 98), variants):
        number, facts = next(numbers), {"screen_diagonal_mm": round(inches * 25.4, 1)}
        evidence = label(number, 1 + number % 4, "GB 24850-2020")
        if (inches, variant) == (55, "A"):
            del evidence["filing_number"]
        name = f"Television {inches} inch, {variant}"
        yield _appliance(f"TV-{inches}-{variant}", name, "television", facts, evidence)
    for watts, variant in itertools.product(
        (2600, 3200, 3500, 5000, 6000, 7200, 9000, 12000), "ABCDE"
    ):
        number, facts = next(numbers), {"cooling_capacity_w": watts}
        evidence = label(number, 1 + number % 3, "GB 21455-2019")
        name = f"Air conditioner {watts / 1000} kW, {variant}"
        yield _appliance(f"AC-{watts}-{variant}", name, "room_air_conditioner", facts, evidence)
    for watts, variant in itertools.product((4, 7, 9, 12, 15, 18, 24), variants):
        number, facts = next(numbers), {"lamp_power_w": watts, "beam_angle_deg": 110}
        evidence = label(number, 1 + number % 3, "GB 30255-2019")
        name = f"LED downlight {watts} W, {variant}"
        yield _appliance(f"LED-{watts}-{variant}", name, "led_downlight", facts, evidence)
    for kwh, (kind, chemistry) in itertools.product(
        (18.4, 41.8, 55.1, 62, 71.4, 78.5, 82, 96.6, 101, 108, 120, 150),
        (("L", "LFP"), ("N", "NCM")),
    ):
        number, declared = next(numbers), {**_BATTERY, "footprint_kg_per_kwh": 0.062}
        if (kwh, kind) != (150, "N"):
            declared["verification_report"] = f"VR-26-{number:04}"
        yield {
            "id": f"BP-{kwh}-{kind}",
            "name": f"Traction battery pack {kwh} kWh, {chemistry}",
            "product_type": "traction_battery_pack",
            "produced_on": _day(number),
            "roles": ["pack_manufacturer"],
            "enterprise": "ACME",
            "rated_energy_kwh": kwh,
            "chemistry": chemistry,
            "evidence": {
                "traction_battery": declared,
                "battery_lifecycle": {"gbt34014_code": f"04QPE{number:019}", **_LIFECYCLE},
            },
        }


def _appliance(
    id_: str, name: str, kind: str, facts: dict[str, Any], labelled: dict[str, Any]
) -> dict[str, Any]:
    number = int(labelled["test_report"].rpartition("-")[2])
    in_catalogue, brass = kind != "led_downlight", number % 3 == 0
    materials: list[dict[str, Any]] = [
        {"part": part, "material": material, "substances": {**_CLEAN, **_PHTHALATES, **more}}
        for part, material, more in (*_PARTS, *([_TERMINAL] if brass else []))
    ]
    if brass:
        materials[-1]["exemption"] = _EXEMPTION
    assessed = _ASSESSED if in_catalogue else {}
    return {
        "id": id_,
        "name": name,
        "product_type": kind,
        "produced_on": _day(number),
        "roles": ["producer"],
        "sold_online": False,
        **facts,
        "materials": materials,
        "evidence": {
            "energy_label": labelled, "rohs": {**assessed, **(_ORANGE if brass else _GREEN)},
        },
    }  # fmt: skip


def _day(number: int) -> str:
    return f"2026-{7 + number % 4:02}-{1 + number % 28:02}"


def text(product: dict[str, Any]) -> str:
    """Return a descriptor as one would write it: a key to a line, a material to a line."""
    lines = [SCHEMA.rstrip("\n")]
    for key, value in product.items():
        if key == "materials":
            lines += ["materials:", *(f"  - {_flow(row)}" for row in value)]
        elif key == "evidence":
            lines.append("evidence:")
            for scheme, keys in value.items():
                lines += [f"  {scheme}:", *(f"    {k}: {_flow(v)}" for k, v in keys.items())]
        else:
            lines.append(f"{key}: {_flow(value)}")
    return "\n".join(lines) + "\n"


def _flow(value: Any) -> str:
    match value:
        case dict():
            return f"{{{', '.join(f'{key}: {_flow(one)}' for key, one in value.items())}}}"
        case list():
            return f"[{', '.join(map(_flow, value))}]"
        case str() if "," in value or re.fullmatch(r"[\d.]+|\d+-\d+", value):
            return json.dumps(value)
        case bool():
            return str(value).lower()
    return str(value)


def make(folder: Path) -> list[Path]:
    """Write the project into `folder`; return its descriptors."""
    products = folder / "products"
    products.mkdir(parents=True, exist_ok=True)
    (folder / "cncheck.toml").write_text(SETTINGS, encoding="utf-8")
    (folder / "cncheck-waivers.yaml").write_text(WAIVERS, encoding="utf-8")
    files = []
    for product in families():
        files.append(products / f"{product['id'].lower()}.yaml")
        files[-1].write_text(text(product), encoding="utf-8")
    return files


if __name__ == "__main__":
    print(len(make(Path(sys.argv[1]))), "descriptors")
