"""Real lists, turned into descriptors from what they say and nothing more, get sensible answers.

The data are not part of the project: set CNCHECK_REAL_DATA to a folder that holds them.
"""

import csv
import json
import os
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cncheck.evaluate import evaluate
from cncheck.load.products import read_product, read_products
from cncheck.load.search import search_types
from cncheck.model import Finding, Rules

DATA = Path(os.environ.get("CNCHECK_REAL_DATA", "not-set"))
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="CNCHECK_REAL_DATA names no folder")
DAY = date(2026, 11, 21)


def ask(rules: Rules, **facts: Any) -> dict[str, Finding]:
    product, problems = read_product(facts, rules)
    assert product is not None, problems
    return {finding.pack.id: finding for finding in evaluate(product, rules, DAY).findings}


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_pack_of_every_electric_car_is_judged_by_its_gross_energy(rules: Rules) -> None:
    seen: Counter[str] = Counter()
    for i, row in enumerate(_rows("open-ev-data/vehicles.csv")):
        facts: dict[str, Any] = {"id": f"P-{i}", "product_type": "traction_battery_pack"}
        if row["pack_kwh_gross"]:
            facts["rated_energy_kwh"] = float(row["pack_kwh_gross"])
        battery = ask(rules, **facts)["traction_battery"]
        seen[battery.verdict] += 1
        if not row["pack_kwh_gross"]:
            assert (battery.verdict, battery.missing) == ("undetermined", ("rated_energy_kwh",))
        else:
            above = float(row["pack_kwh_gross"]) > 2
            assert battery.verdict == ("applies" if above else "does_not_apply")
    assert seen["applies"] > 100
    assert seen["undetermined"] > 0


def test_a_whole_car_or_motorcycle_is_never_out_of_the_battery_scheme(rules: Rules) -> None:
    cars = json.loads((DATA / "chargeprice-ev" / "ev-data.json").read_text(encoding="utf-8"))[
        "data"
    ]
    types = {"car": "vehicle", "motorbike": "motorcycle"}
    for i, car in enumerate(cars):
        found = ask(rules, id=f"C-{i}", product_type=types[car["vehicle_type"]])
        assert found["traction_battery"].verdict == "undetermined"
        assert found["traction_battery"].unclear


RETAIL = [  # words in the product's name, what it is, verdict and code of the energy label
    ("Refrigerator", "household_refrigerator", "applies", "CEL 001"),
    ("Water Heater", "electric_storage_water_heater", "applies", "CEL 012"),
    ("Microwave", "microwave_oven", "applies", "CEL 023"),
    ("Projector", "projector", "applies", "CEL 035"),
    ("Laptop", "portable_computer", "applies", "CEL 027"),
    ("Desktop PC", "desktop_computer", "applies", "CEL 027"),
    ("Printer", "printer", "applies", "CEL 015"),
    ("Washer", "household_washing_machine", "applies", "CEL 003"),
    ("Air conditioner", "room_air_conditioner", "undetermined", None),
    ("Camera", "digital_camera", "does_not_apply", None),
    ("DVD", "recorded_media", "does_not_apply", None),
]


@pytest.mark.parametrize(
    ("word", "kind", "verdict", "code"), RETAIL, ids=[row[0] for row in RETAIL]
)
def test_retail_products_get_the_label_they_need(
    rules: Rules, word: str, kind: str, verdict: str, code: str | None
) -> None:
    rows = [
        r
        for r in _rows("contoso-products/products.csv")
        if word.lower() in r["ProductName"].lower()
    ]
    assert rows, word
    for row in rows:
        label = ask(rules, id=row["ProductCode"], name=row["ProductName"], product_type=kind)[
            "energy_label"
        ]
        assert label.verdict == verdict
        assert [match.entry.code for match in label.matched] == ([code] if code else [])


def test_the_categories_of_a_retailer_are_found_among_the_types(rules: Rules) -> None:
    words = {row["SubCategory"].strip() for row in _rows("contoso-products/products.csv")}
    lost = sorted(word for word in words if not search_types(word, rules.vocabulary.types))
    assert not lost


def test_a_battery_passport_is_told_what_is_wrong_with_it_as_a_descriptor(rules: Rules) -> None:
    for path in sorted(DATA.glob("batterypass/**/*-sample.json")):
        found = read_products(path.read_text(encoding="utf-8"), path.name, rules)
        assert found is not None
        assert not found.products
        assert any("product_type" in error.message for error in found.errors)
        assert all(error.line for error in found.errors)
