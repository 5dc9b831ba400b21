"""What pipelines read: SARIF, JUnit, GitHub, GitLab and Markdown, by golden files and official schemas."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import xmlschema

ROOT = Path(__file__).parent.parent
PIPELINE = Path(__file__).parent / "pipeline"
GOLDEN = Path(__file__).parent / "golden"
SCHEMAS = os.environ.get("CNCHECK_SCHEMAS")
official = pytest.mark.skipif(
    not SCHEMAS, reason="CNCHECK_SCHEMAS names no folder of official schemas"
)
DAY = (
    "--as-of",
    "2026-11-21",
    "--only",
    "energy_label",
    "--only",
    "rohs",
    "--only",
    "traction_battery",
)
GOLDEN_RUNS = {
    f"pipeline.{ending}": ("products", *DAY, "--baseline", "baseline.json", "--format", name)
    for name, ending in (
        ("sarif", "sarif"), ("junit", "xml"), ("github", "github.txt"), ("gitlab", "gitlab.json"),
        ("markdown", "md"),
    )
}  # fmt: skip


def run(*arguments: str, cwd: Path = PIPELINE, **environment: str) -> Any:
    return subprocess.run(
        [sys.executable, "-m", "cncheck", *arguments], cwd=cwd, capture_output=True, text=True,
        encoding="utf-8", check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), **environment},
    )  # fmt: skip


def written(format_: str, *arguments: str, cwd: Path = PIPELINE) -> str:
    result = run("products", *DAY, *arguments, "--format", format_, cwd=cwd)
    assert "Traceback" not in result.stderr
    return result.stdout


def sarif(*arguments: str, cwd: Path = PIPELINE) -> dict[str, Any]:
    (one,) = json.loads(written("sarif", *arguments, cwd=cwd))["runs"]
    return one


@pytest.fixture
def product(tmp_path: Path) -> Callable[..., Path]:
    """Write products/<name> beside no settings; return the folder to run in."""

    def write(text: str, name: str = "one.yaml") -> Path:
        (tmp_path / "products").mkdir(exist_ok=True)
        (tmp_path / "products" / name).write_text(text, encoding="utf-8")
        return tmp_path

    return write


# ---- golden files and schemas --------------------------------------------------------------------


@pytest.mark.parametrize("name", GOLDEN_RUNS)
def test_the_output_is_the_one_kept_in_golden(name: str) -> None:
    result = run(*GOLDEN_RUNS[name])
    assert result.returncode == 2  # one of the descriptors has a typo
    text = re.sub(r'"version": "0[^"]*"', '"version": "..."', result.stdout)
    if os.environ.get("CNCHECK_GOLDEN") == "write":
        (GOLDEN / name).write_text(text, encoding="utf-8")
    assert text == (GOLDEN / name).read_text(encoding="utf-8"), "if this is meant: make golden"


@official
@pytest.mark.parametrize("arguments", [(), ("--strict", "--all"), ("--baseline", "baseline.json")])
def test_sarif_is_valid_by_the_official_schema(arguments: tuple[str, ...]) -> None:
    path = Path(str(SCHEMAS)) / "sarif" / "sarif-schema-2.1.0.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    assert not [e.message for e in validator.iter_errors(json.loads(written("sarif", *arguments)))]


@official
@pytest.mark.parametrize("schema", ["JUnit.xsd", "junit-10.xsd"])
@pytest.mark.parametrize("arguments", [(), ("--strict",), ("--lang", "zh")])
def test_junit_is_valid_by_both_schemas(schema: str, arguments: tuple[str, ...]) -> None:
    rules = xmlschema.XMLSchema(Path(str(SCHEMAS)) / "junit" / schema)
    assert not [
        e.reason
        for e in rules.iter_errors(ET.ElementTree(ET.fromstring(written("junit", *arguments))))
    ]


# ---- places --------------------------------------------------------------------------------------


def places(one: dict[str, Any]) -> dict[str, tuple[str, int, int]]:
    found = {}
    for result in one["results"]:
        (location,) = result["locations"]
        where, region = location["physicalLocation"], location["physicalLocation"]["region"]
        key = f"{result.get('properties', {}).get('product', '')} {result['ruleId']}".strip()
        found[key] = (where["artifactLocation"]["uri"], region["startLine"], region["startColumn"])
    return found


@pytest.mark.parametrize(
    ("key", "where"),
    [
        ("FRIDGE-1 energy_label/label-on-product", ("products/fridge.yaml", 8, 5)),  # the evidence
        ("FRIDGE-1 energy_label/filing", ("products/fridge.yaml", 6, 3)),  # its group lacks the key
        ("FRIDGE-1 rohs/assessment-route", ("products/fridge.yaml", 5, 1)),  # no group of that pack
        ("FRIDGE-1 rohs/substance-limits", ("products/fridge.yaml", 1, 1)),  # no materials at all
        ("TOASTER-1 rohs/mark", ("products/toaster.yaml", 21, 7)),
        ("TOASTER-2 rohs/mark", ("products/toaster.yaml", 22, 3)),  # the second of a list
        ("cncheck/input", ("products/typo.yaml", 2, 1)),
    ],
)  # fmt: skip
def test_a_result_stands_at_the_key_that_decides_or_where_the_missing_one_belongs(
    key: str, where: tuple[str, int, int]
) -> None:
    assert places(sarif())[key] == where


def test_a_limit_that_is_broken_stands_at_the_substance_of_the_material(
    product: Callable[..., Path],
) -> None:
    folder = product(
        "id: TV\nproduct_type: television\nmaterials:\n  - part: housing\n    substances: {Pb: 5}\n"
        "  - part: wire\n    substances:\n      Hg: 1\n      Pb: 1500\n"
    )
    assert places(sarif(cwd=folder))["TV rohs/substance-limits"] == ("products/one.yaml", 9, 7)


def test_json_descriptors_have_places_too() -> None:
    pack = written("gitlab", "--force", "pilot", "--as-of", "2027-02-01")
    issue = next(
        i for i in json.loads(pack) if i["check_name"] == "traction_battery/verification-report"
    )
    assert issue["location"] == {"path": "products/pack.json", "lines": {"begin": 6}}


def test_a_run_that_prints_no_places_looks_for_none(monkeypatch: pytest.MonkeyPatch) -> None:
    from cncheck.load import products
    from cncheck.load.rules import load_rules

    asked = []
    read = products.read_documents

    def spy(text: str, file: str, places: Any = None) -> Any:
        asked.append(places)
        return read(text, file, places)

    monkeypatch.setattr(products, "read_documents", spy)
    path = str(PIPELINE / "products" / "fridge.yaml")
    found = products.read_paths([path], load_rules(), lambda _: b"")
    assert asked == [None]
    assert not found.products[0].places


# ---- SARIF ---------------------------------------------------------------------------------------


def test_each_duty_is_a_rule_with_help_a_citation_and_the_command_that_explains_it() -> None:
    rules = {rule["id"]: rule for rule in sarif()["tool"]["driver"]["rules"]}
    rule = rules["rohs/substance-limits"]
    assert "cncheck explain rohs/substance-limits" in rule["help"]["text"]
    assert "GB 26572-2025" in rule["help"]["text"]
    assert rule["helpUri"].startswith("https://")
    assert all(one["help"]["text"] and one["shortDescription"]["text"] for one in rules.values())


def test_the_level_follows_the_force_and_what_the_gate_fails_on() -> None:
    def levels(*arguments: str) -> dict[str, tuple[str, str]]:
        results = sarif(*arguments)["results"]
        return {
            f"{r.get('properties', {}).get('product')} {r['ruleId']}": (r["kind"], r["level"])
            for r in results
        }

    usual = levels("--fail-on", "violated")
    assert usual["FRIDGE-1 energy_label/label-on-product"] == ("fail", "error")
    assert usual["FRIDGE-1 energy_label/filing"] == ("fail", "warning")
    assert levels("--fail-on", "open")["FRIDGE-1 energy_label/filing"] == ("fail", "error")


def test_what_is_undetermined_is_left_out_or_open_and_of_no_level() -> None:
    assert "PACK-1 rohs" not in places(sarif())
    for option in ("--strict", "--all"):
        (found,) = (r for r in sarif(option)["results"] if r["ruleId"] == "rohs")
        assert (found["kind"], found["level"]) == ("open", "none") or found["level"] == "error"


def test_fingerprints_differ_and_stay_when_lines_move(product: Callable[..., Path]) -> None:
    text = "id: F\nproduct_type: household_refrigerator\n"

    def prints(folder: Path) -> dict[str, str]:
        return {
            r["ruleId"]: r["partialFingerprints"]["primaryLocationLineHash"]
            for r in sarif(cwd=folder)["results"]
        }

    before = prints(product(text))
    assert len(set(before.values())) == len(before) > 5
    assert prints(product(f"# a comment\n\n{text}evidence: {{}}\n")) == before
    both = sarif(cwd=product(text, "two.yaml"))["results"]
    assert len({r["partialFingerprints"]["primaryLocationLineHash"] for r in both}) == len(both)


def test_a_run_that_could_not_read_its_input_says_that_it_did_not_succeed() -> None:
    (invocation,) = sarif()["invocations"]
    assert invocation["executionSuccessful"] is False
    texts = [n["message"]["text"] for n in invocation["toolExecutionNotifications"]]
    assert any("EXPIRED" in text for text in texts)
    assert any("product_typ" in text for text in texts)


def test_waived_and_known_results_are_marked_as_such() -> None:
    found = {
        f"{r['properties']['product']} {r['ruleId']}": r
        for r in sarif("--baseline", "baseline.json")["results"]
        if "properties" in r
    }
    (suppression,) = found["FRIDGE-1 energy_label/label-on-product"]["suppressions"]
    assert "second supplier" in suppression["justification"]
    assert found["TOASTER-2 rohs/mark"]["baselineState"] == "unchanged"
    assert found["TOASTER-2 rohs/mark-place"]["baselineState"] == "new"


# ---- JUnit, GitHub, GitLab, Markdown -------------------------------------------------------------


def test_a_case_passes_only_where_the_duty_is_met() -> None:
    suites = ET.fromstring(written("junit"))
    outcomes = {
        (suite.get("name"), case.get("name")): [child.tag for child in case]
        for suite in suites
        for case in suite
        if case.tag == "testcase"
    }
    assert outcomes["FRIDGE-1", "energy_label/minimum-efficiency"] == []  # met by its grade
    assert outcomes["FRIDGE-1", "energy_label/label-on-product"] == ["skipped"]  # waived
    assert outcomes["FRIDGE-1", "energy_label/filing"] == ["failure"]
    assert outcomes["PACK-1", "rohs"] == ["skipped"]  # undetermined
    assert outcomes["input", "products/typo.yaml:2:1"] == ["error"]
    for suite in suites:
        counted = [case for case in suite if case.tag == "testcase"]
        assert int(str(suite.get("tests"))) == len(counted)
        assert int(str(suite.get("failures"))) == sum(
            case.find("failure") is not None for case in counted
        )


def test_a_run_over_nothing_is_no_green_suite(tmp_path: Path) -> None:
    (tmp_path / "products").mkdir()
    (suite,) = ET.fromstring(written("junit", cwd=tmp_path))
    assert suite.get("errors") == "1"


def test_github_gets_ten_annotations_the_worst_first_and_the_rest_in_the_summary(
    tmp_path: Path,
) -> None:
    summary = tmp_path / "summary.md"
    result = run("products", *DAY, "--format", "github", GITHUB_STEP_SUMMARY=str(summary))
    commands = [
        line for line in result.stdout.splitlines() if re.match(r"::(error|warning|notice)", line)
    ]
    assert len(commands) == 10
    assert "product_typ" in "".join(commands[:2])
    assert "title=rohs/mark::TOASTER-1" in commands[2]  # violated stands before open
    text = summary.read_text(encoding="utf-8")
    assert "FRIDGE-1" in text
    assert text.count("| ") > 20


def test_text_of_a_descriptor_cannot_become_a_workflow_command(
    product: Callable[..., Path],
) -> None:
    folder = product("id: '::error::gotcha'\nproduct_type: television\n", "::warning::x.yaml")
    ours = r"::(error|warning|notice) file=products/%3A%3Awarning|::group::|::endgroup::"
    lines = written("github", cwd=folder).splitlines()
    assert any("gotcha" in line for line in lines)
    assert all(re.match(ours, line) for line in lines if line.lstrip().startswith("::"))


def test_gitlab_gets_severities_and_fingerprints_that_are_all_different() -> None:
    issues = json.loads(written("gitlab", "--fail-on", "violated"))
    assert {"blocker", "critical", "major", "info"} == {issue["severity"] for issue in issues}
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)


def test_markdown_shows_what_a_descriptor_says_as_plain_text(product: Callable[..., Path]) -> None:
    folder = product(
        'id: "<img src=x> | *b* `c`"\nproduct_type: television\nevidence: {rohs: {mark: false}}\n'
    )
    text = written("markdown", cwd=folder)
    assert "<img" not in text.replace("\\<img", "")
    assert all(
        line.count("|") - line.count("\\|") == 4
        for line in text.splitlines()
        if line.startswith("|")
    )


def test_several_formats_are_written_in_one_run(tmp_path: Path) -> None:
    names = {
        "sarif": "a.sarif",
        "junit": "b.xml",
        "gitlab": "c.json",
        "markdown": "d.md",
        "json": "e.json",
    }
    outputs = [f"--output={name}={tmp_path / file}" for name, file in names.items()]
    result = run("products", *DAY, *outputs)
    assert "FRIDGE-1" in result.stdout
    for name, file in names.items():
        assert (tmp_path / file).read_text(encoding="utf-8") == written(name)


def test_products_that_share_an_id_keep_their_results_apart(product: Callable[..., Path]) -> None:
    done = "evidence: {energy_label: {label_location: %s}}\n"
    head = "id: F\nproduct_type: household_refrigerator\n"
    product(head + done % "product", "a.yaml")
    folder = product(head + done % "false", "b.yaml")
    first, second = ET.fromstring(written("junit", cwd=folder))

    def outcome(suite: ET.Element) -> list[str]:
        name = "energy_label/label-on-product"
        return [c.tag for case in suite if case.get("name") == name for c in case]

    assert (outcome(first), outcome(second)) == ([], ["failure"])


def test_a_log_of_github_takes_no_command_from_an_id(product: Callable[..., Path]) -> None:
    folder = product("id: '::stop-commands::x'\nproduct_type: household_refrigerator\n"
                     "evidence: {energy_label: {label_location: false}}\n")  # fmt: skip
    for line in written("github", cwd=folder).splitlines():
        assert not line.strip().startswith("::stop-commands")
