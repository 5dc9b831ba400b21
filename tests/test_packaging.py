"""What is installed elsewhere finds its rules, and the README tells the truth."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import cncheck
from cncheck import gate
from cncheck.load.rules import load_rules
from cncheck.problems import InputError

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(out),
        str(ROOT),
    ]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = out.glob("*.whl")
    return built


def test_the_wheel_brings_the_rules_the_schemas_and_no_tests(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    rules = {
        f"cncheck/rules/{path.relative_to(ROOT / 'rules')}"
        for path in (ROOT / "rules").rglob("*.yaml")
    }
    assert rules <= names
    assert {"cncheck/schemas/pack.schema.json", "cncheck/schemas/report.schema.json"} <= names
    assert not [name for name in names if name.startswith(("tests", "examples", "docs"))]


def test_the_wheel_works_elsewhere_with_its_own_rules(wheel: Path, tmp_path: Path) -> None:
    place = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(place)
    (tmp_path / "p.yaml").write_text("id: P\nproduct_type: monitor\n", encoding="utf-8")
    code = (
        "import sys; sys.path.insert(0, 'site'); import cncheck, cncheck.load.rules as r;"
        "assert 'site' in cncheck.__file__, cncheck.__file__; assert 'site' in r.rules_folder();"
        "from cncheck.commands.check import check; from cncheck.commands.rules import rules_test;"
        "sys.exit(check(['p.yaml'], as_of='2026-11-21') or rules_test())"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False, encoding="utf-8",
        env={**os.environ, "CNCHECK_CACHE_DIR": str(tmp_path / "cache")},
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert "CEL 014" in result.stdout
    assert "0 do not" in result.stdout


def test_a_folder_of_rules_that_nobody_may_write_to_is_fine(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    for path in (tmp_path / "cncheck" / "rules").rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    result = subprocess.run(
        [sys.executable, "-m", "cncheck", "rules", "lint"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "CNCHECK_CACHE_DIR": "/dev/null"},
    )  # fmt: skip
    assert result.returncode == 0, result.stderr


# ---- the README -----------------------------------------------------------------------------------


def _sessions() -> list[tuple[str, list[str]]]:
    """The commands shown with their output: what follows `$`, and the lines up to the next one."""
    found: list[tuple[str, list[str]]] = []
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


@pytest.mark.parametrize(
    ("command", "shown"), _sessions(), ids=[command for command, _ in _sessions()]
)
def test_the_readme_shows_what_the_command_prints(command: str, shown: list[str]) -> None:
    words = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', command)]
    assert words[0] == "cncheck"
    result = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )
    pattern = ".*".join(re.escape(part) for part in "\n".join(shown).split("..."))
    assert re.match(pattern, result.stdout, re.DOTALL), result.stdout


def test_the_readme_needs_two_commands_to_start() -> None:
    start = README.split("## Start", 1)[1].split("\n## ", 1)[0]
    assert len(re.findall(r"```sh\n", start)) == 2


@pytest.mark.parametrize(
    "link", sorted(set(re.findall(r"\]\(([^)#]+)\)", README)) - {""}), ids=lambda link: link
)
def test_the_readme_links_to_what_is_there(link: str) -> None:
    assert (ROOT / link).exists()


def test_the_readme_names_every_pack_with_its_review_date() -> None:
    for pack in load_rules().packs:
        assert f"`{pack.id}`" in README
        assert pack.reviewed in README


def test_the_readme_and_the_code_agree_on_the_exit_codes() -> None:
    rows = {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}
    codes = {
        gate.PASSED, gate.TRIPPED, gate.BAD_INPUT, gate.NOTHING, gate.UNDETERMINED, gate.BAD_PACK, gate.CRASHED,
    }  # fmt: skip
    assert rows == codes


# ---- the library ----------------------------------------------------------------------------------


def test_a_mapping_is_checked_from_python() -> None:
    product = {"id": "P", "product_type": "traction_battery_pack", "rated_energy_kwh": 2.0}
    report = cncheck.check(product, as_of="2026-11-21")
    verdicts = {finding.pack.id: finding.verdict for finding in report.products[0].findings}
    assert verdicts["traction_battery"] == "does_not_apply"


def test_a_path_is_checked_from_python() -> None:
    report = cncheck.check(ROOT / "examples" / "fridge.yaml", as_of="2026-11-21")
    assert [one.product.id for one in report.products] == ["FRIDGE-538L"]


def test_a_mapping_that_is_no_product_is_refused_from_python() -> None:
    with pytest.raises(InputError, match="product_type"):
        cncheck.check({"id": "P"})
