"""What users see and what their pipelines rely on: outputs, exit codes, both ways in."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from cncheck import __main__ as entry
from cncheck.load.yamlfile import read_documents

ROOT = Path(__file__).parent.parent
GOLDEN = Path(__file__).parent / "golden"
DAY = ("--as-of", "2026-11-21")
posix_links = pytest.mark.skipif(os.name != "posix", reason="needs symbolic links")
EXAMPLES = sorted(f"examples/{path.name}" for path in (ROOT / "examples").glob("*.yaml"))


def cncheck(
    *arguments: str, stdin: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cncheck", *arguments],
        cwd=ROOT, input=stdin, capture_output=True, text=True, encoding="utf-8", check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
    )  # fmt: skip


def report(*arguments: str, stdin: str = "") -> dict[str, Any]:
    result = cncheck(*arguments, "--format", "json", stdin=stdin)
    assert "Traceback" not in result.stderr
    return json.loads(result.stdout)


def descriptor(**facts: Any) -> str:
    return json.dumps({"id": "P", **facts})


# ---- golden files --------------------------------------------------------------------------------

GOLDEN_RUNS = {
    "ev_pack.txt": ("examples/ev_pack.yaml", *DAY),
    "ev_pack_mandatory.txt": ("examples/ev_pack.yaml", "--as-of", "2027-02-01"),
    "ev_pack.json": ("examples/ev_pack.yaml", *DAY, "--format", "json"),
    "fridge_explained.txt": ("examples/fridge.yaml", *DAY, "--explain"),
    "fridge_all.txt": ("examples/fridge.yaml", *DAY, "--all"),
    "laptop_too_small.txt": ("examples/laptop_10in.yaml", *DAY),
    "camcorder_zh.txt": ("examples/camcorder.yaml", *DAY, "--lang", "zh"),
    "toaster.txt": ("examples/toaster_with_materials.yaml", *DAY, "--only", "rohs"),
    "vehicle.txt": ("examples/electric_car.yaml", *DAY),
    "sectors.txt": (
        *(
            f"examples/{name}.yaml"
            for name in (
                "ev_pack_ncm",
                "fridge",
                "laptop_12in",
                "led_street_light",
                "wall_box",
                "sofa",
                "float_glass",
                "tyre",
                "steel_coil",
                "refurbished_phone",
            )
        ),
        *DAY,
    ),
    "unknown_energy.txt": (
        "examples/ev_pack_unknown_energy.yaml",
        *DAY,
        "--only",
        "traction_battery",
    ),
    "rules_list.txt": ("rules", "list"),
    "rules_show.txt": ("rules", "show", "traction_battery"),
    "rules_show_zh.txt": ("rules", "show", "traction_battery", "--lang", "zh"),
    "types.txt": ("types", "空调"),
    "help.txt": ("--help",),
    "check_help.txt": ("check", "--help"),
}


def stable(text: str) -> str:
    """Hashes of packs change with every word of theirs; the rest must not."""
    return re.sub(r'"sha256": "[0-9a-f]{64}"', '"sha256": "..."', text)


@pytest.mark.parametrize("name", GOLDEN_RUNS)
def test_the_output_is_the_one_kept_in_golden(name: str) -> None:
    result = cncheck(*GOLDEN_RUNS[name], COLUMNS="100", TERM="dumb")
    assert not result.stderr
    path = GOLDEN / name
    if os.environ.get("CNCHECK_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(stable(result.stdout), encoding="utf-8")
    expected = path.read_text(encoding="utf-8")
    assert stable(result.stdout) == expected, (
        "if this is meant: make golden, and review the difference"
    )


def test_no_golden_file_is_left_over() -> None:
    kept = {
        path.name for path in GOLDEN.iterdir() if not path.name.startswith(("batch_", "pipeline."))
    }
    assert kept == set(GOLDEN_RUNS)


# ---- JSON ----------------------------------------------------------------------------------------


def test_the_report_on_every_example_is_valid_by_its_schema() -> None:
    schema = json.loads(cncheck("schema", "report").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    document = report("examples", *DAY)
    jsonschema.Draft202012Validator(schema).validate(document)
    assert [product["file"] for product in document["products"]] == EXAMPLES


def test_the_contract_of_the_report_holds_for_a_pack_in_the_pilot() -> None:
    document = report("examples/ev_pack.yaml", *DAY)
    (product,) = document["products"]
    schemes = {scheme["id"]: scheme for scheme in product["schemes"]}
    battery = schemes["traction_battery"]
    assert list(schemes) == [pack["id"] for pack in document["packs"]]
    assert (battery["verdict"], battery["phase"], battery["force"]) == ("applies", "pilot", "pilot")
    row = {"fact": "rated_energy_kwh", "value": 82, "test": "above 2", "answer": "yes"}
    assert row in battery["because"]
    duties = {duty["id"]: duty for duty in battery["obligations"]}
    step = duties["traction_battery/verification-report"]
    assert (step["status"], step["from"], step["due"]) == ("upcoming", "2027-01-01", None)
    assert battery["next_change"] == {
        "date": "2027-01-01",
        "what": "pilot -> mandatory",
        "violated": ["traction_battery/verification-report"],
    }
    assert {"fact": "sold_in_mainland_china", "value": True} in product["assumptions"]


def test_every_citation_is_in_the_register_of_sources() -> None:
    document = report("examples", *DAY)
    text = json.dumps(document["products"])
    cited = set(re.findall(r'"source": "([^"]+)"', text))
    assert cited == set(document["sources"])


def test_the_same_input_gives_the_same_bytes_whatever_the_hash_seed() -> None:
    runs = [cncheck("examples", *DAY, "--format", "json", PYTHONHASHSEED=seed) for seed in "129"]
    assert len({run.stdout for run in runs}) == 1


def test_what_is_presumed_is_listed_and_asked_for_instead_on_demand() -> None:
    stdin = descriptor(product_type="monitor")
    presumed = report("-", *DAY, "--only", "rohs", stdin=stdin)["products"][0]
    row = {"scheme": "rohs", "fact": "rated_voltage_ac_v", "test": "above 1000", "presumed": "no"}
    assert row in presumed["presumptions"]
    result = cncheck("-", *DAY, "--only", "rohs", "--no-presume", "--format", "json", stdin=stdin)
    asked = json.loads(result.stdout)["products"][0]
    assert asked["presumptions"] == []
    assert asked["schemes"][0]["verdict"] == "undetermined"
    assert "rated_voltage_ac_v" in asked["schemes"][0]["missing"]


# ---- the gate and the exit codes -------------------------------------------------------------------

OPEN = descriptor(product_type="traction_battery_pack", rated_energy_kwh=82, chemistry="LFP")
VIOLATED = descriptor(
    product_type="traction_battery_pack",
    rated_energy_kwh=82,
    evidence={"traction_battery": {"verification_report": False}},
)
UNDETERMINED = descriptor(product_type="traction_battery_pack")
LATER = ("--as-of", "2027-02-01", "--only", "traction_battery")
TODAY = (*DAY, "--only", "traction_battery")
LABEL = (*DAY, "--only", "pcf_pilot")

GATES = [
    ("an open duty does not trip the gate by default", OPEN, LATER, 0),
    ("a violated duty trips it", VIOLATED, LATER, 1),
    ("never means never", VIOLATED, (*LATER, "--fail-on", "never"), 0),
    ("an open duty trips it on demand", OPEN, (*LATER, "--fail-on", "open"), 1),
    ("open includes violated", VIOLATED, (*LATER, "--fail-on", "open"), 1),
    ("an undetermined scheme passes by default", UNDETERMINED, LATER, 0),
    ("only undetermined gives a code of its own", UNDETERMINED, (*LATER, "--fail-on", "undetermined"), 4),
    ("strict trips on an open duty", OPEN, (*LATER, "--strict"), 1),
    ("words may be joined by commas", OPEN, (*LATER, "--fail-on", "violated,open"), 1),
    ("words may be repeated", OPEN, (*LATER, "--fail-on", "violated", "--fail-on", "open"), 1),
    ("a pilot is not counted", OPEN, (*TODAY, "--fail-on", "open"), 0),
    ("what begins within 90 days trips due:90d", OPEN, (*TODAY, "--fail-on", "due:90d"), 1),
    ("what begins later does not trip due:30d", OPEN, (*TODAY, "--fail-on", "due:30d"), 0),
    ("a voluntary step is not counted", OPEN, (*LABEL, "--strict"), 0),
    ("a voluntary step is counted on demand", OPEN, (*LABEL, "--strict", "--force", "voluntary"), 1),
    ("nothing left to ask is code 3", OPEN, (*DAY, "--only", "rohs", "--skip", "rohs"), 3),
    ("an unknown pack is bad usage", OPEN, (*DAY, "--only", "rosh"), 2),
    ("an unknown word of the gate is bad usage", OPEN, (*DAY, "--fail-on", "voilated"), 2),
    ("a day that is none is bad usage", OPEN, ("--as-of", "2026-13-01"), 2),
    ("an unknown format is bad usage", OPEN, (*DAY, "--format", "jsn"), 2),
    ("an unknown option is bad usage", OPEN, ("--fail_on", "open"), 2),
    ("an unknown product type is bad input", descriptor(product_type="fridg"), DAY, 2),
]  # fmt: skip


@pytest.mark.parametrize(
    ("stdin", "options", "code"), [g[1:] for g in GATES], ids=[g[0] for g in GATES]
)
def test_exit_codes(stdin: str, options: tuple[str, ...], code: int) -> None:
    result = cncheck("-", *options, stdin=stdin)
    assert result.returncode == code, result.stdout + result.stderr
    assert "Traceback" not in result.stderr


def test_a_tripped_gate_says_on_what() -> None:
    document = report("-", *LATER, stdin=VIOLATED)
    assert document["gate"]["tripped"] is True
    assert document["gate"]["reasons"] == ["P: traction_battery/verification-report is violated"]


def test_a_passed_gate_still_says_how_much_is_open() -> None:
    result = cncheck("-", *LATER, stdin=OPEN)
    assert result.returncode == 0
    assert re.search(r"0 violated, \d+ open, \d+ undetermined", result.stdout)


def test_an_empty_folder_is_code_3(tmp_path: Path) -> None:
    result = cncheck(str(tmp_path), *DAY)
    assert result.returncode == 3
    assert "Nothing was evaluated" in result.stdout
    assert "passed" not in result.stdout


def test_bad_input_wins_over_the_gate_and_hides_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(VIOLATED, encoding="utf-8")
    (tmp_path / "b.yaml").write_text("id: [", encoding="utf-8")
    result = cncheck(str(tmp_path), *LATER)
    assert result.returncode == 2
    assert "b.yaml" in result.stdout
    assert "VIOLATED" in result.stdout


def test_files_that_hold_no_product_are_named_as_skipped(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services: {web: {image: nginx}}", encoding="utf-8")
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "x.yaml").write_text("id: x", encoding="utf-8")
    (tmp_path / "slip.yaml").write_text("id: S\nproduct-type: monitor", encoding="utf-8")
    (tmp_path / "good.yml").write_text(OPEN, encoding="utf-8")
    result = cncheck(str(tmp_path), *DAY, "--format", "json")
    document = json.loads(result.stdout)
    assert [Path(name).name for name in document["skipped"]] == ["compose.yaml"]
    assert [Path(error["file"]).name for error in document["errors"]] == ["slip.yaml"] * 2
    assert len(document["products"]) == 1


# ---- the two ways in ------------------------------------------------------------------------------


@pytest.mark.parametrize("format_", ["text", "json"])
@pytest.mark.parametrize(
    "path", ["examples/ev_pack.yaml", "examples/movie_dvd.yaml", "no/such/file.yaml"]
)
def test_the_short_way_and_the_framework_answer_alike(path: str, format_: str) -> None:
    arguments = (path, *DAY, "--format", format_)
    assert entry.plain_check(arguments) is not None
    assert entry.plain_check(("check", *arguments)) is None
    short, long = cncheck(*arguments), cncheck("check", *arguments)
    assert (short.returncode, short.stdout, short.stderr) == (
        long.returncode,
        long.stdout,
        long.stderr,
    )


@pytest.mark.parametrize(
    "arguments",
    [("rules", "list"), ("types",), ("--help",), ("--strict", "a.yaml"), ("a.yaml", "--format", "sarif"),
     ("a.yaml", "--format"), ("a.yaml", "--as-of", "2026-01-01", "--as-of", "2027-01-01"), ()],
)  # fmt: skip
def test_whatever_is_not_plain_goes_to_the_framework(arguments: tuple[str, ...]) -> None:
    assert entry.plain_check(arguments) is None


def test_a_plain_check_imports_neither_typer_nor_jsonschema_nor_rich() -> None:
    code = (
        "import sys; from cncheck.commands.check import check;"
        "check(['examples/ev_pack.yaml'], as_of='2026-11-21');"
        "print(sorted({'typer', 'rich', 'jsonschema', 'rapidfuzz', 'dataclasses'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert result.stdout.splitlines()[-1] == "[]"


# ---- output ---------------------------------------------------------------------------------------


def test_what_goes_into_a_pipe_is_neither_wrapped_nor_coloured() -> None:
    result = cncheck("examples/fridge.yaml", *DAY, COLUMNS="40", FORCE_COLOR="1")
    assert "\x1b[" not in result.stdout
    assert max(len(line) for line in result.stdout.splitlines()) > 200


@pytest.mark.skipif(sys.platform == "win32", reason="there is no pseudo-terminal")
def test_on_a_terminal_lines_are_wrapped_to_its_width_and_nothing_is_lost() -> None:
    import fcntl
    import pty
    import struct
    import termios

    here, there = pty.openpty()
    fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 72, 0, 0))
    command = [sys.executable, "-m", "cncheck", "examples/fridge.yaml", *DAY]
    environment = {**os.environ, "TERM": "xterm-256color"}
    environment.pop("COLUMNS", None)
    process = subprocess.Popen(command, cwd=ROOT, stdout=there, stderr=there, env=environment)
    os.close(there)
    shown = b""
    try:
        while chunk := os.read(here, 65536):
            shown += chunk
    except OSError:  # the other end is closed
        pass
    assert process.wait() == 0
    os.close(here)
    assert b"\x1b[" in shown
    lines = re.sub(r"\x1b\[[0-9;]*m", "", shown.decode("utf-8")).splitlines()
    assert max(map(len, lines)) <= 72
    plain = cncheck("examples/fridge.yaml", *DAY).stdout
    assert "".join(lines).replace(" ", "") == plain.replace("\n", "").replace(" ", "")


def test_a_file_is_written_beside_the_text(tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    result = cncheck("examples/fridge.yaml", *DAY, "--output", f"json={out}")
    assert result.stdout == cncheck("examples/fridge.yaml", *DAY).stdout
    assert json.loads(out.read_text(encoding="utf-8"))["schema"] == "cncheck/report/1"


def test_a_report_that_cannot_be_written_is_said_and_is_code_2(tmp_path: Path) -> None:
    result = cncheck(
        "examples/fridge.yaml", *DAY, "--output", f"json={tmp_path}/no/such/folder/r.json"
    )
    assert result.returncode == 2
    assert "Cannot write the report" in result.stderr


def test_chinese_comes_out_in_utf_8_whatever_the_locale() -> None:
    result = cncheck("examples/camcorder.yaml", *DAY, "--lang", "zh", LC_ALL="C", PYTHONUTF8="0")
    assert "不适用" in result.stdout


@pytest.mark.parametrize("query", ["空调", "air con"])
def test_a_type_is_found_in_either_language(query: str) -> None:
    result = cncheck("types", query)
    assert result.returncode == 0
    assert result.stdout.startswith("room_air_conditioner  ")


def test_a_type_that_is_not_found_is_code_3() -> None:
    assert cncheck("types", "xyzzy").returncode == 3


@pytest.mark.parametrize("which", ["product", "pack", "report"])
def test_every_schema_is_a_valid_schema(which: str) -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(cncheck("schema", which).stdout))


def test_every_example_is_valid_by_the_product_schema() -> None:
    validator = jsonschema.Draft202012Validator(json.loads(cncheck("schema", "product").stdout))
    for name in EXAMPLES:
        for document in read_documents((ROOT / name).read_text(encoding="utf-8"), name):
            validator.validate(document)


# ---- caches ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", ["", "{", "[]", '{"key": "x", "rules": {}}'])
def test_a_damaged_cache_is_ignored_and_mended(tmp_path: Path, content: str) -> None:
    first = cncheck("examples/fridge.yaml", *DAY, CNCHECK_CACHE_DIR=str(tmp_path))
    (kept,) = tmp_path.glob("*.json")
    kept.write_text(content, encoding="utf-8")
    again = cncheck("examples/fridge.yaml", *DAY, CNCHECK_CACHE_DIR=str(tmp_path))
    assert (again.stdout, again.returncode) == (first.stdout, first.returncode)
    assert len(kept.read_text(encoding="utf-8")) > len(content)


def test_a_cache_folder_that_cannot_be_made_does_no_harm() -> None:
    result = cncheck("examples/fridge.yaml", *DAY, CNCHECK_CACHE_DIR="/dev/null/x")
    assert result.returncode == 0
    assert not result.stderr


# ---- deadlines ------------------------------------------------------------------------------------

DUE = (*DAY, "--fail-on", "due:90d")


def test_a_duty_that_will_be_broken_soon_trips_due_though_it_is_met_today() -> None:
    old = {"rohs": {"assessment_basis": "GB/T 26572-2011", "assessed_on": "2025-06-01"}}
    stdin = descriptor(product_type="monitor", produced_on="2026-10-01", evidence=old)
    document = report("-", *DUE, "--only", "rohs", stdin=stdin)
    duties = {
        duty["id"]: duty["status"] for duty in document["products"][0]["schemes"][0]["obligations"]
    }
    assert duties["rohs/assessment-basis"] == "met"
    assert "P: rohs/assessment-basis falls due on 2027-01-01" in document["gate"]["reasons"]


def test_an_upcoming_duty_is_judged_ahead_by_what_is_stated() -> None:
    stated = {"platform_account": "CN-1", "verification_report": False}
    stdin = descriptor(
        product_type="traction_battery_pack",
        rated_energy_kwh=60,
        evidence={"traction_battery": stated},
    )
    document = report("-", *DUE, "--only", "traction_battery", stdin=stdin)
    duties = {duty["id"]: duty for duty in document["products"][0]["schemes"][0]["obligations"]}
    account, verified = (
        duties[f"traction_battery/{name}"] for name in ("platform-account", "verification-report")
    )
    data = duties["traction_battery/activity-data"]
    assert {duty["status"] for duty in (account, verified, data)} == {"upcoming"}
    assert [duty["prepared"] for duty in (account, verified, data)] == [True, False, None]
    assert data["missing"] == ["evidence.traction_battery.activity_data"]
    reasons = " ".join(document["gate"]["reasons"])
    assert "platform-account" not in reasons
    assert "verification-report falls due on 2027-01-01" in reasons


# ---- readers --------------------------------------------------------------------------------------


def test_the_text_says_what_tripped_the_gate() -> None:
    result = cncheck("-", *LATER, stdin=VIOLATED)
    assert "Gate: FAILED (exit code 1)" in result.stdout
    assert result.stdout.rstrip().endswith("P: traction_battery/verification-report is violated")


def test_duties_of_an_undetermined_scheme_are_counted_as_undetermined() -> None:
    result = cncheck("-", *LATER, stdin=UNDETERMINED)
    assert re.search(r"0 violated, 0 open, [1-9]\d* undetermined", result.stdout)


def test_several_products_get_an_overview_of_a_line_each() -> None:
    result = cncheck("examples/fridge.yaml", "examples/movie_dvd.yaml", *DAY)
    overview = result.stdout.split("Overview\n")[1].split("\n\n")[0].splitlines()
    first = (
        r"  FRIDGE-538L: APPLIES energy_label, rohs, \d+ not binding · UNDETERMINED \d+ not binding"
    )
    assert re.match(first, overview[0])
    assert overview[1] == "  FILM-DVD: APPLIES 1 not binding"


def test_when_nothing_could_be_read_the_errors_stand_alone() -> None:
    result = cncheck("-", *DAY, stdin=descriptor(product_type="fridg"))
    assert result.stdout.splitlines()[0].startswith("<stdin>:1:")
    assert "Gate: NOT PASSED (exit code 2)" in result.stdout
    assert "Not covered" not in result.stdout


@pytest.mark.parametrize(
    ("word", "command"), [("chekc", "check"), ("rule", "rules"), ("typs", "types")]
)
def test_a_misspelt_command_is_not_only_a_missing_file(word: str, command: str) -> None:
    result = cncheck(word)
    assert result.returncode == 2
    assert f"Did you mean {command}?" in result.stdout


def test_evidence_that_shows_nothing_is_refused() -> None:
    stdin = descriptor(product_type="monitor", evidence={"energy_label": {"filing_number": "TBD"}})
    result = cncheck("-", *DAY, stdin=stdin)
    assert result.returncode == 2
    assert "shows nothing" in result.stdout


@pytest.mark.parametrize(
    ("fact", "value"), [("screen_diagonal_mm", 14), ("rated_energy_kwh", 77000)]
)
def test_a_value_in_another_unit_is_refused(fact: str, value: float) -> None:
    result = cncheck("-", *DAY, stdin=descriptor(product_type="tablet", **{fact: value}))
    assert result.returncode == 2
    assert "another unit?" in result.stdout


def test_a_manufacturer_is_told_to_be_a_producer() -> None:
    result = cncheck("-", *DAY, stdin=descriptor(product_type="monitor", roles=["manufacturer"]))
    assert "Did you mean producer" in result.stdout


def test_a_folder_of_rules_holds_no_product() -> None:
    result = cncheck("rules/", *DAY, "--format", "json")
    document = json.loads(result.stdout)
    assert result.returncode == 3
    assert (document["products"], document["errors"]) == ([], [])
    assert "rules/vocabulary/facts.yaml" in document["skipped"]


@pytest.mark.parametrize(
    ("text", "skipped"),
    [
        ('{"type": "object", "properties": {}}', True),
        ("product: shop\ntype: web\n", True),
        ('{"$schema": "https://json-schema.org/draft-04", "id": "x"}', True),
        ('{"$id": "x", "@id": "y"}', True),
        ("ids: [1]\n", True),
        ("{{ if .Values }}\na: [\n", True),
        ("id: [\n", False),
        ("producttype: monitor\n", False),
        ("porduct_type: monitor\n", False),
        ("Product-Type: monitor\n", False),
        ("ID: X\n", False),
    ],
)
def test_in_a_folder_only_descriptors_and_near_misses_are_read(
    tmp_path: Path, text: str, skipped: bool
) -> None:
    (tmp_path / "x.yaml").write_text(text, encoding="utf-8")
    document = json.loads(cncheck(str(tmp_path), *DAY, "--format", "json").stdout)
    assert bool(document["skipped"]) is skipped
    assert bool(document["errors"]) is not skipped


def test_a_descriptor_may_name_its_schema_for_editors() -> None:
    stdin = descriptor(product_type="monitor", **{"$schema": "product.schema.json"})
    assert cncheck("-", *DAY, stdin=stdin).returncode == 0


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("examples/frige.yaml", "Did you mean fridge.yaml"),
        ("examples/xyzzy.toml", "Is the path right?"),
        ("no/such/folder/a.yaml", "no such folder either"),
    ],
)
def test_a_missing_file_is_told_with_what_may_be_meant(path: str, words: str) -> None:
    result = cncheck(path)
    assert result.returncode == 2
    assert words in result.stdout


# ---- what silence and odd words must not do ----------------------------------------------------------


def test_the_version_is_printed() -> None:
    result = cncheck("--version")
    assert (result.returncode, result.stdout.split()[0]) == (0, "cncheck")


def test_json_on_standard_input_is_json_whatever_it_is_called(tmp_path: Path) -> None:
    text = json.dumps({"id": "\U0001f600", "product_type": "monitor"})
    assert "\\ud83d" in text
    (tmp_path / "e.JSON").write_text(text, encoding="utf-8")
    assert report("-", *DAY, stdin=text)["products"][0]["id"] == "\U0001f600"
    assert report(str(tmp_path / "e.JSON"), *DAY)["products"][0]["id"] == "\U0001f600"


def test_an_output_that_names_no_file_is_refused() -> None:
    result = cncheck("examples/fridge.yaml", "--output", "json=-")
    assert result.returncode == 2
    assert "Standard output is --format json" in result.stderr


@pytest.mark.parametrize("word", ["False", "no", "No", "否", "not done"])
def test_evidence_that_is_said_not_to_be_done_is_violated_however_it_is_said(word: str) -> None:
    text = (
        "id: P\nproduct_type: traction_battery_pack\nrated_energy_kwh: 82\n"
        f"evidence: {{traction_battery: {{verification_report: {word}}}}}\n"
    )
    result = cncheck("-", "--as-of", "2027-11-25", "--only", "traction_battery", stdin=text)
    assert result.returncode == 1


@pytest.mark.parametrize("word", ["pending", "n.a.", "...", "无", "待定", "TBC", "'0'"])
def test_a_word_that_shows_nothing_is_no_evidence(word: str) -> None:
    text = (
        "id: P\nproduct_type: traction_battery_pack\n"
        f"evidence: {{traction_battery: {{verification_report: {word}}}}}\n"
    )
    result = cncheck("-", stdin=text)
    assert result.returncode == 2
    assert "which shows nothing" in result.stdout


def test_a_filler_of_zero_does_not_clear_a_pack() -> None:
    text = descriptor(product_type="traction_battery_pack", rated_energy_kwh=0)
    result = cncheck("-", stdin=text)
    assert result.returncode == 2
    assert "`rated_energy_kwh` cannot be below" in result.stdout


def test_a_verdict_that_rests_on_a_presumption_says_so() -> None:
    text = descriptor(product_type="other_battery", rated_energy_kwh=82)
    result = cncheck("-", *DAY, "--only", "traction_battery", stdin=text)
    assert "presumed not: intended_use equal to vehicle" in result.stdout
    assert "Not about this kind" not in result.stdout


def test_packs_that_are_left_out_are_named() -> None:
    text = descriptor(product_type="television")
    result = cncheck("-", *DAY, "--skip", "rohs", stdin=text)
    assert "packs left out of this run (rohs)" in result.stdout
    assert report("-", "--skip", "rohs", stdin=text)["not_covered"][0].endswith("(rohs)")


def test_a_date_that_comes_for_later_units_only_trips_no_gate() -> None:
    seal = {"Pb": 0, "Hg": 0, "Cd": 0, "CrVI": 0, "PBB": 0, "PBDE": 0, "DEHP": 5000}
    facts = {
        "product_type": "household_refrigerator",
        "materials": [{"part": "seal", "substances": seal}],
    }
    gate = ("-", "--as-of", "2025-12-15", "--only", "rohs", "--fail-on", "due:90d")
    assert cncheck(*gate, stdin=descriptor(**facts)).returncode == 1
    made = cncheck(*gate, stdin=descriptor(**facts, produced_on="2025-12-01"))
    assert made.returncode == 0
    assert "only for units made or imported from 2026-01-01" in made.stdout


def test_a_change_names_the_duties_that_it_breaks() -> None:
    evidence = {
        "rohs": {
            "table_language": "zh_hans",
            "table_columns": 10,
            "table_standard": "SJ/T 11364-2024",
        }
    }
    facts = {"product_type": "household_refrigerator", "evidence": evidence}
    result = report("-", *DAY, "--only", "rohs", stdin=descriptor(**facts))
    change = result["products"][0]["schemes"][0]["next_change"]
    assert change["violated"] == ["rohs/substance-table"]
    text = cncheck("-", *DAY, "--only", "rohs", stdin=descriptor(**facts)).stdout
    assert "rohs/substance-table -> VIOLATED" in text


def test_a_change_to_undetermined_says_what_will_be_missing() -> None:
    text = descriptor(product_type="washer_dryer")
    result = cncheck("-", *DAY, "--only", "energy_label", stdin=text)
    assert (
        "Next change 2027-04-01: APPLIES -> undetermined; missing: washing_capacity_kg"
        in result.stdout
    )


def test_evidence_that_is_done_in_an_unsaid_way_is_asked_for_by_its_way() -> None:
    text = descriptor(product_type="television", evidence={"rohs": {"route": True}})
    result = cncheck("-", *DAY, "--only", "rohs", stdin=text)
    assert "missing: route (true does not say which)" in result.stdout


def test_a_value_that_some_material_lacks_is_told_with_that_material() -> None:
    materials = [
        {"part": "a", "substances": {"Pb": 0}},
        {"part": "b", "substances": {"Hg": 0}},
    ]
    text = descriptor(product_type="television", materials=materials)
    result = cncheck("-", *DAY, "--only", "rohs", "--explain", stdin=text)
    assert "materials.Pb = 0 [a], but b does not state it" in result.stdout
    assert "not at most 1000" not in result.stdout
    assert "materials_complete = yes" in result.stdout


@posix_links
def test_a_folder_that_is_linked_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "x.yaml").write_text("id: X\nproduct_type: monitor\n", encoding="utf-8")
    (tmp_path / "products").mkdir()
    (tmp_path / "products" / "linked").symlink_to("../real")
    (tmp_path / "products" / "again").symlink_to("../real")
    (tmp_path / "products" / "loop").symlink_to("../products")
    found = report(str(tmp_path / "products"), *DAY)
    assert [product["id"] for product in found["products"]] == ["X"]


@pytest.mark.parametrize(
    "text",
    [
        '{"$schema": "../product.schema.json", "id": "X", "produc_type": "monitor"}',
        "id: D\nproduct_type: {is: monitor}",
        "schema: x\nproduct_type: monitor",
        "id: S2\nschema: cncheck\nprodct_type: monitor",
    ],
)
def test_what_is_nearly_a_descriptor_is_not_skipped(tmp_path: Path, text: str) -> None:
    (tmp_path / "p.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "good.yaml").write_text("id: X\nproduct_type: monitor\n", encoding="utf-8")
    result = cncheck(str(tmp_path), *DAY)
    assert result.returncode == 2
    assert "p.yaml" in result.stdout


def test_dates_of_other_libraries_are_dates() -> None:
    import datetime as dt

    import cncheck as package
    from cncheck.problems import InputError

    midnight = dt.datetime(2026, 1, 1)  # noqa: DTZ001
    facts = {"id": "P", "product_type": "television", "produced_on": midnight}
    assert (
        package.check(facts, as_of="2026-11-21").products[0].product.facts["produced_on"]
        == midnight.date()
    )
    with pytest.raises(InputError):
        package.check(facts | {"produced_on": midnight.replace(hour=12)})
    with pytest.raises(InputError):
        package.check(facts, as_of=midnight)
    with pytest.raises(InputError):
        package.check({"id": "P", "product_type": "television", "evidence": {"rohs": {2: 1}}})
    with pytest.raises(InputError):
        package.check({"id": "P", "product_type": "television", "rated_power_kw": 10**400})


@posix_links
def test_a_link_that_leads_nowhere_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").symlink_to("gone.yaml")
    result = cncheck(str(tmp_path / "broken.yaml"))
    assert result.returncode == 2
    assert "It is a link to gone.yaml: does that exist?" in result.stdout
