"""What is pasted into pipelines: the action, the GitLab job, the hooks, and all that docs/ci.md says."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from cncheck.load.settings import read_settings
from cncheck.load.waivers import read_waivers
from cncheck.problems import InputError
from cncheck.report import WRITERS

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
DOCS = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
GITLAB = "templates/cncheck.gitlab-ci.yml"
REQUIRED = os.environ.get("CNCHECK_PIPELINES") == "required"
"""Also run what installs cncheck, which takes a registry of packages."""

needs_bash = pytest.mark.skipif(
    not sys.platform.startswith("linux") or not shutil.which("bash"), reason="needs bash and sed"
)
needs_registry = pytest.mark.skipif(
    not REQUIRED, reason="installs packages: set CNCHECK_PIPELINES=required"
)

GOOD = "id: MONITOR-1\nproduct_type: monitor\nsold_in_mainland_china: false\n"
BAD = """\
id: FRIDGE-1
product_type: household_refrigerator
produced_on: 2026-11-01
evidence:
  energy_label: {grade: 6}
"""
PACK = "id: PACK-1\nproduct_type: traction_battery_pack\n"
TYPO = "id: CASE-2\nproduct_tpye: monitor\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a product that passes."""
    (tmp_path / "products").mkdir()
    add(tmp_path, "good.yaml", GOOD)
    return tmp_path


def add(project: Path, name: str, text: str) -> None:
    (project / "products" / name).write_text(text, encoding="utf-8")


def bash(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `script` as the runners of GitHub do, with this cncheck on the path."""
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False,
        env={**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", **variables},
    )  # fmt: skip


# ---- the action of GitHub --------------------------------------------------------------------------


class Ran:
    """What the steps of the action did."""

    def __init__(self) -> None:
        self.outputs: dict[str, dict[str, str]] = {}
        self.log = ""
        self.summary = ""
        self.uploads = False
        self.failed = False


def run_action(folder: Path, *, installing: bool = False, **inputs: str) -> Ran:
    """Run the steps of action.yml in `folder`, as a runner does.

    Without `installing`, what is installed here is used instead.
    """
    given = {name: one["default"] for name, one in ACTION["inputs"].items()} | inputs
    temp = folder / "runner"
    temp.mkdir(exist_ok=True)
    ran = Ran()
    summary = temp / "summary"

    def filled(text: str) -> str:
        return re.sub(r"\$\{\{ *(.*?) *\}\}", lambda found: looked_up(found[1]), text)

    def looked_up(name: str) -> str:
        if name.startswith("inputs."):
            return given[name.removeprefix("inputs.")]
        _, step, _, key = name.split(".")
        return ran.outputs.get(step, {}).get(key, "")

    def holds(condition: str) -> bool:
        return all(
            (looked_up(left) == right) is (sign == "==")
            for left, sign, right in re.findall(r"(\S+) (==|!=) '(.*?)'", condition)
        )

    for step in ACTION["runs"]["steps"]:
        if not holds(step.get("if", "")):
            continue
        if "uses" in step:
            ran.uploads |= "upload-sarif" in step["uses"]
            continue
        if step["id"] == "install" and not installing:
            ran.outputs["install"] = {"bin": str(BIN)}
            continue
        output = temp / f"output-{step['id']}"
        output.touch()
        result = bash(
            step["run"], folder,
            **{name: filled(str(value)) for name, value in step.get("env", {}).items()},
            GITHUB_OUTPUT=str(output), GITHUB_STEP_SUMMARY=str(summary),
            GITHUB_ACTION_PATH=str(ROOT), RUNNER_TEMP=str(temp),
        )  # fmt: skip
        ran.log += result.stdout + result.stderr
        pairs = (line.split("=", 1) for line in output.read_text("utf-8").splitlines())
        ran.outputs[step["id"]] = dict(pairs)
        if result.returncode:
            ran.failed = True
            break
    ran.summary = summary.read_text(encoding="utf-8") if summary.exists() else ""
    return ran


@needs_bash
def test_the_action_passes_what_is_in_order(project: Path) -> None:
    ran = run_action(project, paths="products", sarif="out.sarif", upload="true")
    assert ran.outputs["check"] == {"exit-code": "0", "sarif": "out.sarif"}
    assert ran.uploads
    assert not ran.failed
    assert "Gate: passed" in ran.summary


@needs_bash
def test_the_action_annotates_what_is_violated_and_fails_after_the_upload(project: Path) -> None:
    add(project, "bad.yaml", BAD)
    ran = run_action(project, paths="products", sarif="out.sarif", upload="true")
    assert ran.outputs["check"] == {"exit-code": "1", "sarif": "out.sarif"}
    assert "::error file=products/bad.yaml,line=5" in ran.log
    assert ran.uploads
    assert ran.failed
    assert json.loads((project / "out.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
    assert "FRIDGE-1" in ran.summary


@needs_bash
def test_the_action_uploads_nothing_of_a_run_that_could_not_read_its_input(project: Path) -> None:
    add(project, "typo.yaml", TYPO)
    ran = run_action(project, paths="products", sarif="out.sarif", upload="true")
    assert ran.outputs["check"] == {"exit-code": "2", "sarif": ""}
    assert not ran.uploads
    assert ran.failed
    assert "::notice title=cncheck::Exit code 2: the SARIF log is not uploaded" in ran.log


@needs_bash
def test_the_action_uploads_where_something_is_only_undetermined(project: Path) -> None:
    add(project, "pack.yaml", PACK)
    inputs = {"fail-on": "undetermined", "sarif": "out.sarif", "upload": "true"}
    ran = run_action(project, paths="products", **inputs)
    assert ran.outputs["check"]["exit-code"] == "4"
    assert ran.uploads
    assert ran.failed


@needs_bash
def test_the_action_takes_several_paths_a_day_and_options(project: Path) -> None:
    (project / "more of them").mkdir()
    (project / "more of them" / "bad.yaml").write_text(BAD, encoding="utf-8")
    ran = run_action(
        project, paths="products\nmore of them\n", args="--exit-zero\n  --lang zh",
        **{"as-of": "2026-11-21"},
    )  # fmt: skip
    assert ran.outputs["check"] == {"exit-code": "0", "sarif": ""}
    assert "more of them/bad.yaml" in ran.log
    assert "违反" in ran.log
    assert not ran.failed


@needs_bash
def test_the_action_says_that_it_found_nothing(tmp_path: Path) -> None:
    assert run_action(tmp_path).outputs["check"]["exit-code"] == "3"


@needs_bash
@needs_registry
def test_the_action_installs_cncheck_from_its_own_path(project: Path) -> None:
    ran = run_action(project, installing=True, paths="products")
    assert ran.outputs["check"]["exit-code"] == "0", ran.log
    assert str(project) in ran.outputs["install"]["bin"]


# ---- the job of GitLab -----------------------------------------------------------------------------


@needs_bash
@pytest.mark.parametrize(("text", "code"), [(BAD, 1), (TYPO, 2)])
def test_the_gitlab_job_writes_its_reports_and_leaves_with_the_code(
    project: Path, text: str, code: int
) -> None:
    add(project, "one.yaml", text)
    whole = yaml.safe_load((ROOT / GITLAB).read_text(encoding="utf-8"))
    job = whole["cncheck"]
    result = bash("\n".join(job["script"]), project, **whole["variables"])
    assert result.returncode == code
    reports = job["artifacts"]["reports"]
    issues = json.loads((project / reports["codequality"]).read_text(encoding="utf-8"))
    assert {issue["location"]["path"] for issue in issues} >= {"products/one.yaml"}
    assert "<testsuites>" in (project / reports["junit"]).read_text(encoding="utf-8")


# ---- the forms of others ---------------------------------------------------------------------------


FILES = {
    text.split("\n", 1)[0].removeprefix("# "): text
    for text in re.findall(r"```(?:yaml|toml)\n(.*?)```", DOCS, re.DOTALL)
}


@pytest.mark.parametrize(
    ("form", "file"),
    [
        ("vendor.github-actions", "action.yml"),
        ("vendor.gitlab-ci", GITLAB),
        ("vendor.github-workflows", ".github/workflows/cncheck.yml"),
        ("vendor.gitlab-ci", ".gitlab-ci.yml"),
    ],
)
def test_what_is_for_others_has_their_form(form: str, file: str, tmp_path: Path) -> None:
    checker = shutil.which("check-jsonschema", path=BIN)
    if checker is None:
        pytest.skip("check-jsonschema is not installed")
    path = ROOT / file
    if file in FILES:
        path = tmp_path / "shown.yml"
        path.write_text(FILES[file], encoding="utf-8")
    command = [checker, "--builtin-schema", form, str(path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_docs_name_the_inputs_and_outputs_of_the_action() -> None:
    part = DOCS.split("## GitHub", 1)[1].split("\n## ", 1)[0]
    for name in (*ACTION["inputs"], *ACTION["outputs"]):
        assert f"`{name}`" in part


def test_the_docs_name_every_format() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", DOCS.split("## Formats", 1)[1], re.MULTILINE)
    assert set(rows) == set(WRITERS)


def test_the_settings_and_waivers_of_the_docs_are_read(tmp_path: Path) -> None:
    for name in ("cncheck.toml", "cncheck-waivers.yaml"):
        (tmp_path / name).write_text(FILES[name], encoding="utf-8")
    assert read_settings([], str(tmp_path / "cncheck.toml")).stated
    assert read_waivers(str(tmp_path / "cncheck-waivers.yaml"))


@needs_bash
def test_the_plain_shell_step_fails_on_what_is_violated(project: Path) -> None:
    add(project, "bad.yaml", BAD)
    result = bash(_plain_step(), project)
    assert result.returncode == 1
    assert "FRIDGE-1" in result.stdout
    assert (project / "report.json").exists()


@needs_bash
def test_the_plain_shell_step_passes_what_is_only_undetermined(project: Path) -> None:
    add(project, "pack.yaml", PACK)
    (project / "cncheck.toml").write_text('fail-on = "undetermined"\n', encoding="utf-8")
    result = bash(_plain_step(), project)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "see report.json" in result.stdout


def _plain_step() -> str:
    return DOCS.split("## A plain shell", 1)[1].split("```sh\n", 1)[1].split("```", 1)[0]


@needs_bash
def test_the_stage_for_jenkins_writes_what_its_steps_after_read(project: Path) -> None:
    stage = DOCS.split("## Jenkins", 1)[1].split("\n## ", 1)[0]
    (command,) = re.findall(r"\.cncheck/bin/(cncheck .*)", stage)
    assert bash(command, project).returncode == 0
    for name in re.findall(r"(?:testResults|pattern): '(.*?)'", stage):
        assert (project / name).exists()


# ---- the worked example ----------------------------------------------------------------------------


def sessions(part: str) -> list[tuple[str, str]]:
    """The commands of a part of the docs, each with what follows it up to the next one."""
    text = DOCS.split(f"## {part}\n", 1)[1].split("\n## ", 1)[0]
    found: list[tuple[str, str]] = []
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        for line in block.splitlines(keepends=True):
            if line.startswith("$ "):
                found.append((line[2:].rstrip("\n"), ""))
            else:
                found[-1] = (found[-1][0], found[-1][1] + line)
    return found


def make_project(folder: Path) -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "products.py"), str(folder)]
    subprocess.run(command, check=True, capture_output=True)


def alike(shown: str, said: str) -> bool:
    """Whether `said` is what the docs show; "..." stands for anything."""
    parts = re.split(r"(?<!\.)\.{3}(?!\.)", shown.rstrip("\n"))
    pattern = ".*".join(map(re.escape, parts))
    return re.fullmatch(pattern, said.rstrip("\n"), re.DOTALL) is not None


@needs_bash
def test_the_day_with_200_products_is_as_the_docs_tell_it(tmp_path: Path) -> None:
    make_project(tmp_path)
    assert len(list((tmp_path / "products").iterdir())) == 200
    for command, shown in sessions("A day with 200 products"):
        result = bash(f"set +e; {command}", tmp_path)
        assert alike(shown, result.stdout + result.stderr), f"$ {command}\n{result.stdout}"


@pytest.fixture(scope="module")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps what it installs: once for all hooks."""
    return tmp_path_factory.mktemp("pre-commit")


@pytest.fixture
def repository(
    tmp_path: Path, environments: Path
) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """A git repository with the 200 products and the hooks of this one; runs commands in it."""
    checker = BIN / "pre-commit"
    if not checker.exists():
        pytest.skip("pre-commit is not installed")
    folder = tmp_path / "project"
    make_project(folder)
    revision = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()
    config = {
        "repos": [
            {
                "repo": str(ROOT),
                "rev": revision,
                "hooks": [{"id": "cncheck"}, {"id": "cncheck-rules"}],
            }
        ]
    }
    (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")

    def run(command: str) -> subprocess.CompletedProcess[str]:
        return bash(
            command, folder, PRE_COMMIT_HOME=str(environments), PIP_NO_COMPILE="1", GIT_CONFIG_GLOBAL="/dev/null",
            GIT_AUTHOR_NAME="a", GIT_AUTHOR_EMAIL="a@b", GIT_COMMITTER_NAME="a", GIT_COMMITTER_EMAIL="a@b",
        )  # fmt: skip

    assert run("git init -q . && pre-commit install && git add .").returncode == 0
    return run


def without_hints(text: str) -> str:
    return "".join(
        line for line in text.splitlines(keepends=True) if not re.match(r"\[\w+\]", line)
    )


@needs_bash
@needs_registry
def test_the_hooks_stop_a_commit_and_let_one_pass(
    repository: Callable[[str], subprocess.CompletedProcess[str]],
) -> None:
    first = repository("git commit -qm all")
    assert first.returncode == 0, first.stdout + first.stderr
    slip = "sed 's/FR-180-A/FR-600-A/; s/^total_volume_l: .*/total_volum_l: 600/' products/fr-180-a.yaml"
    repository(f"{slip} > products/fr-600-a.yaml")
    for command, shown in sessions("pre-commit"):
        result = repository(command)
        assert result.returncode == 1
        assert alike(shown, without_hints(result.stdout + result.stderr))
    repository("sed -i s/volum_l/volume_l/ products/fr-600-a.yaml")
    assert repository("git add . && git commit -qm fridge").returncode == 0
    repository("sed -i 's/grade: .*/grade: 6/' products/fr-180-b.yaml")
    broken = repository("git commit -qam worse")
    assert broken.returncode == 1
    assert "products/fr-180-b.yaml" in broken.stdout + broken.stderr
    assert "lets nothing pass" not in broken.stdout + broken.stderr


@needs_bash
@needs_registry
def test_the_hook_for_rules_runs_the_cases(
    repository: Callable[[str], subprocess.CompletedProcess[str]],
) -> None:
    repository(f"mkdir -p rules/cases && cp {ROOT}/rules/traction_battery.yaml rules")
    repository(f"cp {ROOT}/rules/cases/traction_battery.yaml rules/cases")
    assert repository("git add . && git commit -qm rules").returncode == 0
    repository("sed -i 's/{above: 2}/{above: 3}/' rules/traction_battery.yaml")
    broken = repository("git commit -qam wrong")
    assert broken.returncode == 1
    assert "expected" in broken.stdout + broken.stderr


# ---- single files ----------------------------------------------------------------------------------


def cncheck(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cncheck", *words],
        cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip


def test_a_part_of_a_portfolio_never_trips_the_gate_on_the_enterprise(project: Path) -> None:
    for i in range(3):
        pack = f"id: P-{i}\nproduct_type: traction_battery_pack\nrated_energy_kwh: 60\nchemistry: LFP\n"
        declared = "enterprise: ACME\nevidence: {traction_battery: {pilot_declaration: false}}\n"
        add(project, f"p{i}.yaml", pack + declared)
    (project / "cncheck.toml").write_text(
        'whole-portfolio = true\nforce = "pilot"\nstrict = true\n', "utf-8"
    )
    words = (
        "products",
        "--format",
        "compact",
        "--only",
        "traction_battery",
        "--as-of",
        "2026-11-21",
    )
    whole, part = cncheck(project, *words), cncheck(project, *words, "--part-portfolio")
    assert "traction_battery/five-representative-products" in whole.stdout
    assert whole.returncode == 4
    assert part.returncode == 0, part.stdout


def test_a_run_over_some_families_says_nothing_of_the_waivers_of_others(tmp_path: Path) -> None:
    make_project(tmp_path)
    families = tmp_path / "products" / "led"
    families.mkdir()
    for file in (tmp_path / "products").glob("led-*.yaml"):
        file.rename(families / file.name)
    words = ("--format", "compact", "--as-of", "2026-12-16", "--fail-on", "open")
    for some in ("products/led", "products/led/led-9-a.yaml"):
        assert "Waiver" not in cncheck(tmp_path, some, *words).stdout
    for all_ in ("products", "."):
        assert "EXPIRED on 2026-12-15" in cncheck(tmp_path, all_, *words).stdout


def test_a_waiver_for_what_lies_ahead_is_not_to_be_removed(project: Path) -> None:
    pack = "id: PACK-1\nproduct_type: traction_battery_pack\nproduced_on: 2026-11-01\n"
    add(project, "pack.yaml", f"{pack}sold_in_mainland_china: true\nrated_energy_kwh: 60\n")
    row = WAIVER | {"product": "PACK-1", "obligation": "traction_battery/verification-report"}
    (project / "cncheck-waivers.yaml").write_text(json.dumps({"waivers": [row]}), "utf-8")
    result = cncheck(project, "products", "--format", "compact", "--as-of", "2026-11-21")
    assert "lets nothing pass" not in result.stdout


def test_the_compact_format_has_a_line_for_each_thing_that_fails(project: Path) -> None:
    add(project, "bad.yaml", BAD)
    result = cncheck(project, "products", "--format", "compact", "--as-of", "2026-11-21")
    first, *_, last = result.stdout.splitlines()
    assert first.startswith(
        "products/bad.yaml:5:18: FRIDGE-1: Meet the minimum efficiency: VIOLATED"
    )
    assert last == "Gate: FAILED (exit code 1), set to fail on VIOLATED"
    everything = cncheck(project, "products", "--format", "compact", "--all")
    assert len(everything.stdout.splitlines()) > len(result.stdout.splitlines())


# ---- the schemas of a project's own files -----------------------------------------------------------

WAIVER = {
    "product": "P-1", "obligation": "rohs/mark", "reason": "why", "approved_by": "who", "expires": "2027-03-31",
}  # fmt: skip
WAIVERS: Mapping[str, tuple[Any, bool]] = {
    "one in order": ([WAIVER], True),
    "none": ([], True),
    "a number as id": ([WAIVER | {"product": 12}], True),
    "a duty of a pack of one's own": ([WAIVER | {"obligation": "own/duty"}], True),
    "an unknown key": ([WAIVER | {"until": "2027-03-31"}], False),
    "no reason": ([{key: WAIVER[key] for key in WAIVER if key != "reason"}], False),
    "a blank reason": ([WAIVER | {"reason": " "}], False),
    "a product and an enterprise": ([WAIVER | {"enterprise": "ACME"}], False),
    "neither duty nor scheme": (
        [{key: WAIVER[key] for key in WAIVER if key != "obligation"}],
        False,
    ),
    "a mapping": ({"P-1": WAIVER}, False),
}


def schema(name: str) -> jsonschema.Draft202012Validator:
    printed = cncheck(ROOT, "schema", name)
    document = json.loads(printed.stdout)
    jsonschema.Draft202012Validator.check_schema(document)
    return jsonschema.Draft202012Validator(document)


@pytest.fixture(scope="module")
def waivers_schema() -> jsonschema.Draft202012Validator:
    return schema("waivers")


@pytest.fixture(scope="module")
def config_schema() -> jsonschema.Draft202012Validator:
    return schema("config")


@pytest.mark.parametrize(("rows", "sound"), WAIVERS.values(), ids=WAIVERS)
def test_the_schema_of_waivers_and_the_door_agree(
    rows: Any, sound: bool, tmp_path: Path, waivers_schema: jsonschema.Draft202012Validator
) -> None:
    document = {"waivers": rows}
    assert waivers_schema.is_valid(document) is sound
    path = tmp_path / "cncheck-waivers.yaml"
    path.write_text(json.dumps(document), encoding="utf-8")
    if sound:
        read_waivers(str(path))
    else:
        with pytest.raises(InputError):
            read_waivers(str(path))


@pytest.mark.parametrize(
    ("text", "sound"),
    [
        ('fail-on = "violated, due:90d"', True),
        ('fail-on = ["open", "due:7d"]', True),
        ('fail-on = "opne"', False),
        ('fail-on = ["due:90"]', False),
        ('force = ["pilot", "voluntary"]', True),
        ('force = "all"', False),
        ("strict = true", True),
        ('strict = "true"', False),
        ('lang = "zh"', True),
        ('lang = "de"', False),
        ('only = ["rohs", "own_pack"]', True),
        ("only = [1]", False),
        ('waivers = "w.yaml"', True),
        ('waivers = ""', False),
        ('as-of = "2026-11-21"', False),
    ],
)
def test_the_schema_of_settings_and_the_door_agree(
    text: str, sound: bool, tmp_path: Path, config_schema: jsonschema.Draft202012Validator
) -> None:
    import tomllib

    assert config_schema.is_valid(tomllib.loads(text)) is sound
    path = tmp_path / "cncheck.toml"
    path.write_text(text, encoding="utf-8")
    if sound:
        read_settings([], str(path))
    else:
        with pytest.raises(InputError):
            read_settings([], str(path))
