"""The table in docs/architecture.md is the structure of the code."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "cncheck"
PRINTERS = {"__main__", "cli", "commands", "commands.check", "commands.common", "commands.lists"}


def _documented() -> dict[str, set[str] | None]:
    """Module -> what it may import; None = everything."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w.]+)` \| [^|]+ \|([^|]*)\|$", text, re.MULTILINE)
    return {
        module: None if "everything" in allowed else set(re.findall(r"`([\w.]+)`", allowed))
        for module, allowed in rows
    }


def _name(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def _modules() -> dict[str, Path]:
    found = {}
    for path in SOURCE.rglob("*.py"):
        name = _name(path)
        if name not in ("__init__", "columns", "load"):
            found[name] = path
    return found


def _imports(path: Path) -> set[str]:
    """What of cncheck a module imports, at its head or inside a function."""
    modules = _modules()
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module] + [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        found |= {name.removeprefix("cncheck.") for name in names if name.startswith("cncheck.")}
    return (found & set(modules)) - {_name(path)}


def test_every_module_stands_in_the_table_and_every_row_is_a_module() -> None:
    assert set(_documented()) == set(_modules())


@pytest.mark.parametrize("module", sorted(_modules()))
def test_a_module_imports_only_what_the_table_allows(module: str) -> None:
    allowed = _documented()[module]
    if allowed is not None:
        assert _imports(_modules()[module]) <= allowed


def test_imports_run_one_way() -> None:
    order = list(_documented())
    for module, path in _modules().items():
        later = {name for name in _imports(path) if order.index(name) >= order.index(module)}
        assert later <= ({"cli"} if module == "__main__" else set()), module


@pytest.mark.parametrize("module", sorted(set(_modules()) - PRINTERS))
def test_only_the_command_line_prints_exits_or_reads_the_clock(module: str) -> None:
    text = _modules()[module].read_text(encoding="utf-8")
    assert not re.search(r"\bprint\(|\bsys\.(exit|stdout|stderr)\b|\.today\(\)|\.now\(", text)


def test_no_legal_number_stands_in_the_core() -> None:
    for module in ("conditions", "model", "evaluate", "gate"):
        text = _modules()[module].read_text(encoding="utf-8")
        assert not re.search(r"\bGB(/T)?\s?\d|CEL \d|CNCA|20(1|2)\d-\d\d", text), module
