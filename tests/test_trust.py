"""What users trust cncheck with: no network, the same bytes, bounded work, and what they wrote down."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import hostile
from cncheck.commands.check import check
from cncheck.load.products import MAX_PRODUCTS
from cncheck.report import WRITERS

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
DAY = ("--as-of", "2026-11-21")
LIST = ("batch", "examples/maps/erp_export.csv", "--map", "examples/maps/erp_export.yaml", *DAY)
ENDINGS = (".csv", ".tsv", ".xlsx", ".parquet", ".jsonl")


def _run(
    arguments: Sequence[str | Path], code: str = "", stdin: bytes = b"", **environment: str
) -> subprocess.CompletedProcess[bytes]:
    start = f"{code}\nfrom cncheck.__main__ import main; main()"
    return subprocess.run(
        [sys.executable, "-c", start, *map(str, arguments)],
        cwd=ROOT, input=stdin, capture_output=True, check=False, env={**os.environ, **environment},
    )  # fmt: skip


# ---- no network --------------------------------------------------------------------------------------

OFFLINE = """
import sys
def refuse(event, arguments):
    if event.startswith(("socket.", "urllib.", "http.", "ftplib.", "smtplib.")):
        raise RuntimeError(f"cncheck reached for the network: {event}")
sys.addaudithook(refuse)
"""


def test_the_guard_against_the_network_is_a_guard() -> None:
    done = _run([], OFFLINE + "import socket; socket.socket()")
    assert b"reached for the network: socket" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        *((("examples", *DAY, "--format", name), 0) for name in WRITERS),
        (("rules", "lint"), 0),
        (("rules", "test"), 0),
        (("explain", "rohs/mark"), 0),
        (("types", "air con"), 0),
        (("schema", "product"), 0),
        (("map", "examples/maps/erp_export.csv"), 0),
        ((*LIST, "--format", "json", "--allow-row-errors"), 0),
    ],
    ids=lambda value: " ".join(value[:4]) if isinstance(value, tuple) else "",
)
def test_nothing_reaches_for_the_network(
    arguments: tuple[str, ...], code: int, tmp_path: Path
) -> None:
    done = _run((*arguments, *(("-o", tmp_path / "o.csv") if arguments[0] == "batch" else ())), OFFLINE,
                CNCHECK_CACHE_DIR=str(tmp_path / "cache"))  # fmt: skip
    assert done.returncode == code, done.stderr.decode()
    assert b"network" not in done.stderr


# ---- the same bytes ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WRITERS)
def test_a_report_is_the_same_in_every_process(name: str) -> None:
    runs = [
        _run(("examples", *DAY, "--explain", "--format", name), PYTHONHASHSEED=seed)
        for seed in "027"
    ]
    assert runs[0].stdout
    assert {run.stdout for run in runs} == {runs[0].stdout}
    assert {run.returncode for run in runs} == {0}


@pytest.mark.parametrize("long", [(), ("--long",)], ids=["wide", "long"])
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_list_is_the_same_in_every_process(
    ending: str, long: tuple[str, ...], tmp_path: Path
) -> None:
    written = []
    for seed in "07":
        out = tmp_path / f"{seed}{ending}"
        done = _run((*LIST, *long, "-o", out), PYTHONHASHSEED=seed)
        assert done.returncode == 2  # one row of the example cannot be read
        written.append((out.read_bytes(), done.stdout.replace(os.fsencode(out), b"OUT")))
    assert written[0] == written[1]


# ---- bounded work ------------------------------------------------------------------------------------


def test_five_hundred_hostile_descriptors_are_answered_or_refused() -> None:
    assert list(hostile.broken(0, 500)) == []


def test_hostile_descriptors_are_of_every_kind_and_the_same_on_every_run() -> None:
    drawn = [hostile.draw(number) for number in range(500)]
    assert {one.name.partition(".")[0] for one in drawn} == set(hostile.KINDS)
    assert drawn[:50] == [hostile.draw(number) for number in range(50)]


def test_a_broken_promise_is_found(tmp_path: Path) -> None:
    def crash() -> None:
        raise SystemExit(70)

    assert any(
        "exit code 70" in what for what in hostile._broken(hostile.draw(0), str(tmp_path), crash)
    )


MONSTERS = {
    "a list in 97 lists": (b"[" * 97 + b"1," * 2_000_000 + b"1" + b"]" * 97, "more keys and values"),
    "two million empty mappings": (b"[" + b"{}," * 2_000_000 + b"{}]", "more keys and values"),
    "a million documents": (b"---\n" * 1_000_000, "monster"),
    "many products": (
        b"[" + b'{"id":"a","product_type":"monitor"},' * MAX_PRODUCTS + b"{}]", "cncheck batch",
    ),
    "products of problems only": (
        b"[" + b'{"id":"a","product_type":"tellyvison"},' * (MAX_PRODUCTS - 1) + b"{}]", "was not read",
    ),
}  # fmt: skip


@pytest.mark.parametrize("ending", [".yaml", ".json"])
@pytest.mark.parametrize(("content", "words"), MONSTERS.values(), ids=MONSTERS)
def test_a_monster_is_refused_within_a_gibibyte(
    content: bytes, words: str, ending: str, tmp_path: Path
) -> None:
    file = tmp_path / f"monster{ending}"
    file.write_bytes(content)
    bounded = f"import resource; resource.setrlimit(resource.RLIMIT_AS, ({hostile.MEMORY},) * 2)"
    done = _run((file, *DAY), bounded)
    assert done.returncode == 2, done.stderr.decode()
    assert words in done.stdout.decode()


# ---- what is written down stays there -----------------------------------------------------------------

SECRET = "hunter2"  # noqa: S105
GOOD = "id: P\nproduct_type: traction_battery_pack\nrated_energy_kwh: 82\n"
LEAKS = {
    "the value of an unknown key": GOOD + f"pasword: {SECRET}\n",
    "a value that ran into its key": GOOD + f"pasword:{SECRET}: 1\n",
    "a value that ran into its key, in a mapping": f"{{id: P, product_type: monitor, pasword:{SECRET}}}\n",
    "what is inside an unknown key": GOOD + f"owner: {{mail: {SECRET}, {SECRET}: 1}}\n",
    "a comment": GOOD + f"# {SECRET}\npoles: many  # {SECRET}\n",
    "a line that is no YAML": GOOD + f"a: b: {SECRET}\n",
    "a quote that is not closed": GOOD + f'a: "{SECRET}\n',
    "a line that is no YAML, with a tab": GOOD + f"\t{SECRET}: 1\n",
    "a value that reads as a tag": GOOD + f"pasword: !{SECRET}\n",
    "a value that reads as an anchor": GOOD + f"pasword: &{SECRET}\n",
    "a value that reads as an alias": GOOD + f"pasword: *{SECRET}\n",
    "a value that begins as none may": GOOD + f"pasword: @{SECRET}\n",
    "a value that reads as a directive": f"%{SECRET}\n{GOOD}",
    "a free text that is done": GOOD + f"evidence: {{traction_battery: {{platform_account: {SECRET}}}}}\n",
    "a free text beside a mistake": GOOD + f"evidence: {{traction_battery: {{platform_account: {SECRET}}}}}\nx: 1\n",
    "a free text of two lines": GOOD + f'evidence: {{traction_battery: {{platform_account: "{SECRET}\\n"}}}}\n',
    "a list for a free text": GOOD + f"evidence: {{traction_battery: {{platform_account: [{SECRET}]}}}}\n",
    "a mapping for a number": GOOD.replace("82", f"{{{SECRET}: 1}}"),
    "an unknown key of the evidence": GOOD + f"evidence: {{traction_battery: {{acount: {SECRET}}}}}\n",
    "an unknown scheme of the evidence": GOOD + f"evidence: {{traction: {{acount: {SECRET}}}}}\n",
    "a text for the evidence": GOOD + f"evidence: {SECRET}\n",
    "an unknown key of a material": GOOD + f"materials: [{{part: wire, supplier: {SECRET}}}]\n",
    "a substance that ran into its figure": GOOD + f"materials: [{{substances: {{Pb:{SECRET}}}}}]\n",
    "a text for the materials": GOOD + f"materials: [{SECRET}]\n",
    "a document that is a text": f"{GOOD}---\n{SECRET}\n",
}  # fmt: skip


def _said(text: str, name: str, file: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit code, and all that a check of `text` writes in the format `name`."""
    file.write_text(text, encoding="utf-8")
    code = check([str(file)], format=name, as_of="2027-02-01", explain=True, all=True)
    return code, "".join(capsys.readouterr())


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("text", LEAKS.values(), ids=LEAKS)
def test_no_report_and_no_message_repeats(
    text: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = _said(text, name, tmp_path / "p.yaml", capsys)
    assert code in (0, 2)
    assert "p.yaml" in said
    assert SECRET not in said


@pytest.mark.parametrize("name", WRITERS)
def test_no_message_repeats_a_figure_under_an_unknown_key(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = _said(f"{GOOD}pin: 0047119\n", name, tmp_path / "p.yaml", capsys)
    assert code == 2
    assert "0047119" not in said


def test_json_that_is_none_is_not_repeated(tmp_path: Path) -> None:
    file = tmp_path / "p.json"
    file.write_text(f'{{"id": "P", "pasword": {SECRET}}}', encoding="utf-8")
    done = _run((file,))
    assert done.returncode == 2
    assert SECRET.encode() not in done.stdout + done.stderr


def test_a_crash_tells_where_and_not_what() -> None:
    broken = (
        "import cncheck.commands.check as command\n"
        f"def fail(*_, **__): raise KeyError('{SECRET}')\n"
        "command.read_paths = fail"
    )
    done = _run((EXAMPLES / "fridge.yaml",), broken, CNCHECK_DEBUG="")
    assert done.returncode == 70
    assert b"KeyError in <string>, line" in done.stderr
    assert SECRET.encode() not in done.stdout + done.stderr
