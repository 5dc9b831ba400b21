"""What is wrong with an input is told with its place and its mend, and hides nothing else."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from cncheck.commands.check import check as run_check
from cncheck.commands.rules import rules_lint
from cncheck.evaluate import evaluate
from cncheck.load import cache
from cncheck.load.products import read_products
from cncheck.load.yamlfile import MAX_BYTES, decode
from cncheck.model import Rules
from cncheck.problems import MAX_TOLD, InputError

HERE = Path(__file__).parent
DESCRIPTORS = HERE / "bad_descriptors"
PACKS = HERE / "bad_packs"
EXAMPLES = HERE.parent / "examples"
GOOD = "id: GOOD-1\nproduct_type: television\n"
DAY = "2026-11-21"

Answer = tuple[int, dict[str, Any], str]
Check = Callable[..., Answer]


def _expected(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((folder / "expected.yaml").read_text(encoding="utf-8"))
    return found


BAD_DESCRIPTORS = _expected(DESCRIPTORS)
BAD_PACKS = _expected(PACKS)


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    """Run a check in this process; return exit code, JSON report and standard error."""

    def run(*paths: Path | str, **options: Any) -> Answer:
        capsys.readouterr()
        code = run_check([str(path) for path in paths], format="json", as_of=DAY, **options)
        out, err = capsys.readouterr()
        return code, json.loads(out) if out else {}, err

    return run


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A sound descriptor in a folder of its own."""
    file = tmp_path / "good" / "good.yaml"
    file.parent.mkdir()
    file.write_text(GOOD, encoding="utf-8")
    return file


def _run(
    arguments: Sequence[str | Path], stdin: bytes = b"", **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Run cncheck as a user does."""
    return subprocess.run(
        [sys.executable, "-m", "cncheck", *map(str, arguments)],
        input=stdin, capture_output=True, check=False, env={**os.environ, **environment},
    )  # fmt: skip


def _ids(report: dict[str, Any]) -> list[str]:
    return [product["id"] for product in report["products"]]


def _messages(report: dict[str, Any]) -> str:
    return "\n".join(error["message"] for error in report["errors"])


# ---- files with one mistake ----------------------------------------------------------------------


def test_every_bad_file_has_its_expectation_and_every_expectation_its_file() -> None:
    for folder, expected in ((DESCRIPTORS, BAD_DESCRIPTORS), (PACKS, BAD_PACKS)):
        files = {file.name for file in folder.iterdir()} - {"expected.yaml", "valid.yaml"}
        assert files == set(expected)


@pytest.mark.parametrize("name", BAD_DESCRIPTORS)
def test_a_mistake_is_told_with_its_line_and_its_mend(name: str, good: Path, check: Check) -> None:
    code, report, told = check(DESCRIPTORS / name, good)
    wanted = BAD_DESCRIPTORS[name]
    assert code == 2
    assert [error["line"] for error in report["errors"]] == [row["line"] for row in wanted]
    for error, row in zip(report["errors"], wanted, strict=True):
        assert error["file"].endswith(name)
        for words in row["words"]:
            assert words in error["message"]
        assert f"{name}:{row['line']}:" in told
    assert _ids(report)[-1] == "GOOD-1"
    assert "Traceback" not in told


@pytest.mark.parametrize("name", BAD_PACKS)
def test_a_mistake_in_a_pack_is_told_with_its_line(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = rules_lint([str(PACKS / name)])
    out, told = capsys.readouterr()
    assert code == 5
    assert out == ""
    assert len(told.splitlines()) == 1
    assert f"{name}:{BAD_PACKS[name]['line']}:" in told
    for words in BAD_PACKS[name]["words"]:
        assert words in told


def test_the_pack_without_a_mistake_is_well_formed(capsys: pytest.CaptureFixture[str]) -> None:
    assert rules_lint([str(PACKS / "valid.yaml")]) == 0
    assert "valid" in capsys.readouterr().out


def test_the_pack_without_a_mistake_answers_beside_the_others(good: Path, check: Check) -> None:
    code, report, _ = check(good, rules=[str(PACKS / "valid.yaml")])
    assert code == 0
    schemes = {scheme["id"]: scheme for scheme in report["products"][0]["schemes"]}
    assert schemes["valid"]["missing"] == ["screen_diagonal_mm"]
    assert "rohs" in schemes


def test_a_check_with_a_bad_pack_evaluates_nothing(good: Path, check: Check) -> None:
    code, report, told = check(good, rules=[str(PACKS / "unknown_fact.yaml")])
    assert (code, report) == (5, {})
    assert "screen_diagonal_in" in told


def test_all_packs_of_a_folder_are_told_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("unknown_fact.yaml", "unknown_role.yaml"):
        (tmp_path / name).write_bytes((PACKS / name).read_bytes())
    assert rules_lint([str(tmp_path)]) == 5
    told = capsys.readouterr().err
    assert "unknown_fact.yaml" in told
    assert "unknown_role.yaml" in told


def test_a_vocabulary_of_the_wrong_shape_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "vocabulary").mkdir()
    (tmp_path / "vocabulary" / "facts.yaml").write_text("- a\n", encoding="utf-8")
    assert rules_lint([str(tmp_path)]) == 5
    assert "a mapping" in capsys.readouterr().err


# ---- too big, too deep, not there ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id: A\nname: " + "[" * 200_000 + "]" * 200_000, "deeper than 100 levels"),
        ("{a: " * 200_000, "deeper than 100 levels"),
        ("- " * 200_000, "deeper than 100 levels"),
        ("hello world\n" * 600_000, "is a mapping of facts"),
        (GOOD + "rated_energy_kwh: " + "9" * 1_000_000, "inf is none"),
        (GOOD + "name: " + "tele " * 200_000, "more than 2000"),
        (GOOD + "k" * 1000 + ": 1", 'Unknown key "kkkk'),
        ("#" * (MAX_BYTES + 1), "more than 8 MB"),
    ],
    ids=[
        "200000 lists in lists", "200000 mappings in mappings", "200000 lists in blocks",
        "7 MB of words", "a million digits", "a text of a million letters", "a long key", "9 MB",
    ],
)  # fmt: skip
def test_a_monstrous_file_is_refused_in_a_sentence(
    text: str, words: str, good: Path, check: Check
) -> None:
    file = good.parent.parent / "monster.yaml"
    file.write_text(text, encoding="utf-8")
    code, report, told = check(file, good)
    assert code == 2
    assert words in _messages(report)
    assert _ids(report) == ["GOOD-1"]
    assert len(told) < 1000


def test_json_as_deep_as_that_is_refused_likewise(tmp_path: Path, check: Check) -> None:
    file = tmp_path / "deep.json"
    file.write_text('{"id":' + "[" * 200_000 + "]" * 200_000 + "}", encoding="utf-8")
    code, report, _ = check(file)
    assert code == 2
    assert "deeper than 100 levels" in _messages(report)


def test_of_thousands_of_problems_in_a_file_the_first_are_told(
    tmp_path: Path, check: Check
) -> None:
    file = tmp_path / "many.yaml"
    file.write_text(GOOD + "".join(f"k{i}: 1\n" for i in range(5000)), encoding="utf-8")
    code, report, _ = check(file)
    assert code == 2
    assert len(report["errors"]) == MAX_TOLD + 1
    assert report["errors"][0]["line"] == 3
    assert f"Only the first {MAX_TOLD}" in report["errors"][-1]["message"]


def test_an_unreadable_file_is_told(
    good: Path, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = good.parent / "secret.yaml"
    secret.write_text(GOOD, encoding="utf-8")
    opened = open

    def refuse(path: Any, *arguments: Any, **options: Any) -> Any:  # root may read everything
        if path == str(secret):
            raise PermissionError(13, "Permission denied")
        return opened(path, *arguments, **options)

    monkeypatch.setattr("builtins.open", refuse)
    code, report, _ = check(good.parent)
    assert code == 2
    assert report["errors"][0]["file"] == str(secret)
    assert "Permission denied" in _messages(report)
    assert _ids(report) == ["GOOD-1"]


def test_a_broken_link_and_a_link_to_itself_are_told(good: Path, check: Check) -> None:
    (good.parent / "broken.yaml").symlink_to("nowhere.yaml")
    (good.parent / "loop.yaml").symlink_to("loop.yaml")
    code, report, _ = check(good.parent)
    assert code == 2
    assert [Path(error["file"]).name for error in report["errors"]] == ["broken.yaml", "loop.yaml"]
    assert _ids(report) == ["GOOD-1"]


def test_folders_that_contain_themselves_are_read_once(good: Path, check: Check) -> None:
    (good.parent / "again").symlink_to(good.parent, target_is_directory=True)
    code, report, _ = check(good.parent, good)
    assert code == 0
    assert _ids(report) == ["GOOD-1"]


def test_a_pipe_that_nobody_writes_to_is_passed_over(good: Path, check: Check) -> None:
    os.mkfifo(good.parent / "pipe.yaml")
    code, report, _ = check(good.parent)
    assert code == 0
    assert _ids(report) == ["GOOD-1"]


@pytest.mark.parametrize("content", [None, "name: not a product\nversion: 2\n"])
def test_a_folder_without_products_is_code_3(
    content: str | None, tmp_path: Path, check: Check
) -> None:
    if content:
        (tmp_path / "compose.yaml").write_text(content, encoding="utf-8")
    code, report, _ = check(tmp_path)
    assert code == 3
    assert len(report["skipped"]) == (1 if content else 0)


@pytest.mark.parametrize("path", ["", "nowhere.yaml", "nowhere"])
def test_a_path_that_does_not_exist_is_told_by_name(path: str, good: Path, check: Check) -> None:
    code, report, _ = check(path, good)
    assert code == 2
    assert report["errors"][0]["file"] == (path or '""')
    assert "No such file" in _messages(report)
    assert _ids(report) == ["GOOD-1"]


def test_strange_file_names_are_read_and_shown_in_one_line(tmp_path: Path, check: Check) -> None:
    names = [
        "a b.yaml",
        "空调.yaml",
        "two\nlines.yaml",
        "red\x1b[31m.yaml",
        os.fsdecode(b"\xff.yaml"),
    ]
    for name in names:
        (tmp_path / name).write_text("id: A\n", encoding="utf-8")
    code, report, told = check(tmp_path)
    assert code == 2
    shown = {Path(error["file"]).name for error in report["errors"]}
    assert shown == {
        "a b.yaml",
        "空调.yaml",
        "two\\nlines.yaml",
        "red\\x1b[31m.yaml",
        "\ufffd.yaml",
    }
    assert len(told.splitlines()) == len(names)
    assert "\x1b" not in told


def test_what_steers_a_terminal_never_reaches_it(tmp_path: Path, check: Check) -> None:
    file = tmp_path / "evil.yaml"
    file.write_text('id: "A\\e[2J"\n"k\\e[1m": 1\nproduct_type: "t\\nv"\n', encoding="utf-8")
    _, report, told = check(file)
    assert len(report["errors"]) == 3
    assert "\x1b" not in told
    assert len(told.splitlines()) == 3


# ---- options -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"only": ["roshs"]}, "Did you mean rohs"),
        ({"skip": ["zzz"]}, "cncheck rules list"),
        ({"rules": ["nowhere"]}, "no rule pack"),
        ({"rules": [str(EXAMPLES.parent / "README.md")]}, "no rule pack"),
        ({"fail_on": ["violatd"]}, "Did you mean violated"),
        ({"force": ["pilots"]}, "Did you mean pilot"),
        ({"lang": "de"}, "en, zh"),
        ({"output": ["json"]}, "--output json=report.json"),
        ({"output": ["jsn=x"]}, "Did you mean json"),
        ({"output": ["json=/nowhere/x.json"]}, "Cannot write the report"),
    ],
)
def test_an_option_that_is_wrong_is_told(
    options: dict[str, Any], words: str, good: Path, check: Check
) -> None:
    code, report, told = check(good, **options)
    assert (code, report) == (2, {})
    assert words in told


@pytest.mark.parametrize(
    "day", ["", "tomorrow", "20260131", "2026-W05-1", "2026-02-30", "31.1.2026", "0001-01-01"]
)
def test_a_day_is_written_year_month_day(day: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_check([str(EXAMPLES)], as_of=day) == 2
    out, told = capsys.readouterr()
    assert out == ""
    assert "2026-01-31" in told


def test_a_report_never_overwrites_its_input(good: Path, check: Check) -> None:
    for path in (good, good.parent):
        code, _, told = check(path, output=[f"json={good}"])
        assert code == 2
        assert "would overwrite" in told
    assert good.read_text(encoding="utf-8") == GOOD


def test_two_reports_do_not_share_a_file(good: Path, tmp_path: Path, check: Check) -> None:
    report = tmp_path / "report"
    report.write_text("old", encoding="utf-8")
    code, _, told = check(good, output=[f"json={report}", f"text={report}"])
    assert code == 2
    assert "would overwrite" in told


# ---- the process -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Usage"),
        (["--nonsense", "x.yaml"], "--nonsense"),
        (["x.yaml", "--as-of"], "requires an argument"),
        (["rules", "bogus"], "bogus"),
        (["schema", "x"], "product, pack, report"),
        (["-"], "The file is empty"),
    ],
)
def test_bad_usage_is_code_2(arguments: list[str], words: str) -> None:
    done = _run(arguments)
    assert done.returncode == 2
    assert words in (done.stdout + done.stderr).decode()
    assert b"Traceback" not in done.stderr


def test_the_locale_does_not_matter(good: Path) -> None:
    file = good.parent / "空调.yaml"
    file.write_text("id: A\nproduct_type: 空调\n", encoding="utf-8")
    done = _run(
        [file, "--lang", "zh"], LANG="C", LC_ALL="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0"
    )
    assert done.returncode == 2
    assert "空调.yaml:2:1" in done.stdout.decode()
    assert "room_air_conditioner" in done.stdout.decode()


def test_a_reader_that_goes_away_does_not_change_the_verdict() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "cncheck", str(EXAMPLES), "--as-of", "2027-03-01"]
    gone = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    heard = subprocess.run(command, capture_output=True, check=False)
    assert gone.stderr == b""
    assert gone.returncode == heard.returncode == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_told_and_is_no_verdict(good: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "cncheck", str(good)], stdout=full, stderr=subprocess.PIPE, check=False
        )  # fmt: skip
    assert done.returncode == 2
    assert b"Cannot write to standard output" in done.stderr


def test_closed_standard_streams_are_no_crash(good: Path) -> None:
    command = '"$0" -m cncheck "$1" <&- >&- 2>&-'
    done = subprocess.run(["sh", "-c", command, sys.executable, str(good)], check=False)
    assert done.returncode == 0


@pytest.mark.parametrize(
    "content", [b"", b"\x00\xff", b"[]", b'{"key": 1}', b'{"rules": {}}'],
    ids=["empty", "binary", "a list", "another key", "no key"],
)  # fmt: skip
def test_a_damaged_cache_is_as_none(
    content: bytes, good: Path, tmp_path: Path, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNCHECK_CACHE_DIR", str(tmp_path / "cache"))
    before = check(good)
    (kept,) = (tmp_path / "cache").iterdir()
    kept.write_bytes(content)
    assert check(good) == before


def test_a_cache_that_lost_its_rules_is_as_none(
    good: Path, tmp_path: Path, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNCHECK_CACHE_DIR", str(tmp_path / "cache"))
    before = check(good)
    (kept,) = (tmp_path / "cache").iterdir()
    kept.write_text(json.dumps({"key": kept.stem, "rules": {}}), encoding="utf-8")
    assert check(good) == before


def test_a_cache_folder_that_cannot_be_made_is_no_matter(
    good: Path, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNCHECK_CACHE_DIR", str(good / "cache"))
    assert check(good)[0] == 0


@pytest.mark.skipif(sys.platform != "linux", reason="the folder is another one elsewhere")
def test_a_user_without_a_home_gets_no_folder_called_tilde(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CNCHECK_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    monkeypatch.chdir(tmp_path)
    cache.keep("key", {})
    assert list(tmp_path.iterdir()) == []
    assert cache.recall("key") is None


# ---- at random -----------------------------------------------------------------------------------

_BITS = (
    b"NO", b".nan", b"-1", b"1e999", b"&a ", b"*a", b"!!str ", b"[", b"]", b"{", b"}", b": ", b"- ",
    b"\n", b"\t", b"\0", b"\xff", b"0510", b"\n---\n", b"2026-02-30", b"9999-12-31", b"null", b"true",
    b'"', b"'", b"|\n", b"? ", b"<<: ", b"#", b"%YAML 1.2\n", b"\xe7\xa9\xba\xe8\xb0\x83", b"\r", b"...\n",
    b"\xe2\x80\xa8", b'"\\e"', b"99999999999999999999", b"\xef\xbb\xbf",
)  # fmt: skip


def _mutated(text: bytes, by: random.Random, lines: list[bytes]) -> bytes:
    for _ in range(by.randint(1, 5)):
        start = by.randrange(len(text) + 1)
        end = min(len(text), start + by.randint(0, 12))
        match by.randrange(5):
            case 0:
                text = text[:start] + text[end:]
            case 1:
                text = text[:start] + by.choice(_BITS) + text[end:]
            case 2:
                text = text[:start] + by.choice(_BITS) + text[start:]
            case 3:
                text += b"\n" + by.choice(lines)
            case _:
                parts = text.split(b": ")
                at = by.randrange(len(parts))
                rest = parts[at].partition(b"\n")
                parts[at] = by.choice(_BITS) + rest[1] + rest[2]
                text = b": ".join(parts)
    return text


def test_two_thousand_spoilt_examples_are_answered_or_refused_with_a_line(rules: Rules) -> None:
    by = random.Random(20261121)  # noqa: S311
    texts = [file.read_bytes() for file in sorted(EXAMPLES.glob("*.yaml"))]
    lines = [line for text in texts for line in text.splitlines(keepends=True)]
    answered = refused = 0
    for _ in range(2000):
        spoilt = _mutated(by.choice(texts), by, lines)
        try:
            found = read_products(decode(spoilt, "spoilt.yaml"), "spoilt.yaml", rules)
        except InputError as error:
            problems = error.problems
        else:
            assert found is not None
            problems = found.errors
            for product in found.products:
                evaluate(product, rules, date(2026, 11, 21))
                answered += 1
        assert all(problem.line and problem.message for problem in problems)
        refused += bool(problems)
    assert answered > 100
    assert refused > 1000
