"""Descriptors that include what a family of products shares: whose facts win, and where they stand."""

from pathlib import Path

import pytest

from cncheck.load.includes import MAX_INCLUDED
from cncheck.load.products import Found, read_paths
from cncheck.model import Rules

FAMILY = """\
product_type: household_refrigerator
rated_voltage_ac_v: 220
materials:
  - {part: housing, substances: {Pb: 5}}
evidence:
  rohs: {mark: green_e}
  energy_label: {grade: 3, laboratory: own}
"""


@pytest.fixture
def read(tmp_path: Path, rules: Rules, monkeypatch: pytest.MonkeyPatch):
    """Write files, and read some of them or the whole folder."""
    monkeypatch.chdir(tmp_path)

    def read(files: dict[str, str], *paths: str) -> Found:
        for name, text in {"families/fridge.yaml": FAMILY, **files}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return read_paths(paths or ["."], rules, lambda _: b"", placed=True)

    return read


def test_what_is_included_is_stated_and_ones_own_facts_win(read) -> None:
    found = read({"a.yaml": "include: families/fridge.yaml\nid: A\nrated_voltage_ac_v: 110\n"
                  "evidence: {energy_label: {grade: 1}}\n"}, "a.yaml")  # fmt: skip
    (product,) = found.products
    assert not found.errors
    assert product.facts["product_type"] == "household_refrigerator"
    assert product.facts["rated_voltage_ac_v"] == 110
    assert product.facts["evidence.energy_label.grade"] == 1
    assert product.facts["evidence.energy_label.laboratory"] == "own"
    assert product.facts["evidence.rohs.mark"] == "green_e"


def test_materials_of_all_files_are_one_list(read) -> None:
    wire = "materials: [{part: wire, substances: {Pb: 1500}}]\n"
    found = read({"a.yaml": f"include: families/fridge.yaml\nid: A\n{wire}"}, "a.yaml")
    (product,) = found.products
    assert product.facts["materials.Pb"] == 1500
    assert product.origins["materials.Pb"].label == "wire"


def test_a_fact_stands_in_the_file_that_states_it(read) -> None:
    (product,) = read(
        {"a.yaml": "id: A\ninclude: families/fridge.yaml\nevidence: {rohs: {}}\n"}, "a.yaml"
    ).products
    places = {name: (Path(p.file).as_posix(), p.line) for name, p in product.places.items()}
    assert places["id"] == ("a.yaml", 1)
    assert places["evidence.rohs.mark"] == ("families/fridge.yaml", 6)
    assert places["evidence.energy_label"] == ("families/fridge.yaml", 7)
    assert places["materials.Pb"] == ("families/fridge.yaml", 4)
    assert places["evidence"] == ("a.yaml", 3)


def test_a_bad_value_is_told_where_it_stands_and_once(read) -> None:
    include = "include: families/bad.yaml\n"
    found = read({"families/bad.yaml": "product_type: monitor\nscreen_diagonal_mm: wide\n",
                  "a.yaml": f"{include}id: A\n", "b.yaml": f"{include}id: B\n"}, "a.yaml", "b.yaml")  # fmt: skip
    (problem,) = found.errors
    assert (Path(problem.file).as_posix(), problem.line) == ("families/bad.yaml", 2)


def test_what_others_include_is_no_descriptor_and_is_not_skipped(read) -> None:
    found = read({"a.yaml": "include: families/fridge.yaml\nid: A\n"})
    assert [product.id for product in found.products] == ["A"]
    assert not found.errors
    assert not found.skipped


def test_a_file_named_as_a_descriptor_is_read_as_one(read) -> None:
    found = read(
        {"a.yaml": "include: families/fridge.yaml\nid: A\n"}, "a.yaml", "families/fridge.yaml"
    )
    assert [problem.message for problem in found.errors if "`id` is missing" in problem.message]


def test_included_files_may_include_others_and_the_nearer_one_wins(read) -> None:
    found = read({"families/all.yaml": "rated_voltage_ac_v: 1\nsold_online: true\n",
                  "families/monitor.yaml": "include: all.yaml\nproduct_type: monitor\nrated_voltage_ac_v: 2\n",
                  "a.yaml": "include: families/monitor.yaml\nid: A\n"}, "a.yaml")  # fmt: skip
    facts = found.products[0].facts
    assert (facts["rated_voltage_ac_v"], facts["sold_online"]) == (2, True)


def test_a_circle_of_includes_ends(read) -> None:
    found = read({"families/one.yaml": "include: two.yaml\nproduct_type: monitor\n",
                  "families/two.yaml": "include: one.yaml\nsold_online: true\n",
                  "a.yaml": "include: families/one.yaml\nid: A\n"}, "a.yaml")  # fmt: skip
    assert found.products[0].facts["sold_online"] is True


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("id: A\ninclude: families/fridges.yaml\n", 2, "Did you mean fridge.yaml"),
        ("id: A\ninclude: families/list.yaml\n", 2, "one mapping of facts"),
        ("id: A\ninclude: families/broken.yaml\n", 2, "not valid YAML"),
        ("id: A\ninclude: 3\n", 2, "a file or a list of files"),
        ("id: A\ninclude: /etc/passwd\n", 2, "relative to this one"),
        ("id: A\ninclude: families/own.yaml\n", 1, "`id` belongs to one product"),
    ],
)
def test_an_include_that_cannot_be_used_is_told_with_its_mend(
    read, text: str, line: int, words: str
) -> None:
    found = read({"families/list.yaml": "- a\n", "families/broken.yaml": "a: [\n",
                  "families/own.yaml": "id: B\n", "a.yaml": text}, "a.yaml")  # fmt: skip
    assert any(words in p.message and p.line == line for p in found.errors)
    assert not found.products


def test_there_is_an_end_to_what_is_included(read) -> None:
    many = {f"families/{i}.yaml": f"include: {i + 1}.yaml\n" for i in range(MAX_INCLUDED + 5)}
    found = read(
        {**many, "a.yaml": "include: families/0.yaml\nid: A\nproduct_type: monitor\n"}, "a.yaml"
    )
    assert any("files are included" in problem.message for problem in found.errors)


@pytest.mark.parametrize(
    ("family", "words"),
    [
        ("materials: {part: cord, substances: {DEHP: 5000}}\n", "`materials` is a list"),
        ("evidence: [a]\n", "`evidence` is a mapping"),
        ("evidence: {rohs: x}\n", "`evidence.rohs` is a mapping"),
    ],
)
def test_what_is_included_in_a_wrong_shape_is_no_silence(read, family: str, words: str) -> None:
    own = "materials: [{part: housing, substances: {Pb: 5}}]\nevidence: {rohs: {mark: green_e}}\n"
    found = read({"families/f.yaml": family,
                  "a.yaml": f"include: families/f.yaml\nid: A\nproduct_type: monitor\n{own}"}, "a.yaml")  # fmt: skip
    assert [p.message for p in found.errors if words in p.message]
    assert not found.products
