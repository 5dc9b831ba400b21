"""A list in Spark gets the answers that it gets embedded, row by row."""

import gc
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest

import cncheck
from cncheck.columns.members import tallies
from cncheck.columns.wide import Wanted, answered
from cncheck.frames import sheet_of
from cncheck.model import PortfolioFinding, Rules
from cncheck.portfolio import portfolio_findings
from cncheck.problems import InputError

ROOT = Path(__file__).parent.parent
DAY = "2026-11-21"
ZONE = "Asia/Shanghai"
ROWS, PARTITIONS = 100_000, 5


def _lacking() -> str:
    """Return what Spark needs and is not here, with how to get it."""
    if find_spec("pyspark") is None:
        return "pyspark is not installed: pip install 'cncheck[spark]'"
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin" if home else None)
    said = java and subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    version = re.search(r'version "(\d+)', said.stderr) if said else None
    return "" if version and int(version[1]) >= 17 else "there is no Java 17 or newer"


_LACKING = _lacking()
if _LACKING and os.environ.get("CNCHECK_SPARK") == "required":
    raise RuntimeError(f"CNCHECK_SPARK=required, but {_LACKING}")

pytestmark = [
    pytest.mark.skipif(bool(_LACKING), reason=_LACKING),
    pytest.mark.filterwarnings("ignore"),  # those of pyspark are not ours
]


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.session.timeZone": ZONE,
        "spark.sql.shuffle.partitions": "2",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    builder = SparkSession.builder.master("local[2]").appName("cncheck")
    spark = builder.config(map=settings).getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    yield spark
    spark.stop()
    gc.collect()  # what pyspark left open is closed now, not in the test of someone else


@pytest.fixture(scope="module")
def spark() -> ModuleType:
    import cncheck.spark

    return cncheck.spark


@pytest.fixture(scope="module")
def products(rules: Rules) -> pl.DataFrame:
    """Many products, among them some that nobody can read, and packs of a few makers."""
    sys.path.append(str(ROOT / "benchmarks"))
    from lists import products

    report = "evidence.traction_battery.verification_report"
    row, first, second = pl.int_range(pl.len()), pl.lit("Maker 1"), pl.lit("Maker 2")
    maker = pl.col("enterprise")
    return (
        products(ROWS, rules)
        .with_columns(
            pl.when(row % 89 != 7).then("id"),
            pl.when(row % 97 == 5).then(pl.lit("spaceship")).otherwise("product_type")
            .alias("product_type"),
            pl.col("rated_energy_kwh").cast(pl.String).replace({"7.7": "7.7 kWh"}),
            pl.format("{}", row % 40).alias("model"),
            pl.when(row % 5 > 0).then(pl.format("Maker {}", row % 4)).alias("enterprise"),
            row=row,
        )
        .with_columns(  # the first maker has declared all it makes, the second nothing
            pl.when(maker == first).then(pl.lit("LFP")).otherwise("chemistry").alias("chemistry"),
            pl.when(maker == first).then(pl.lit("VR-1")).when(maker == second).then(pl.lit("false"))
            .otherwise(report).alias(report),
        )
        .collect()
    )  # fmt: skip


@pytest.fixture(scope="module")
def stored(session: Any, products: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The same products as a Spark frame of several partitions, out of order."""
    file = tmp_path_factory.mktemp("stored") / "products.parquet"
    products.write_parquet(file)
    frame = session.read.parquet(str(file)).repartition(PARTITIONS).cache()
    assert frame.rdd.getNumPartitions() == PARTITIONS
    return frame


def _text(frame: pl.DataFrame) -> pl.DataFrame:
    names = [name for name, kind in frame.schema.items() if kind == pl.Enum]
    return frame.with_columns(pl.col(names).cast(pl.String))


def _sorted(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.sort(frame.columns)


@pytest.mark.parametrize(
    "asked",
    [{}, {"long": True, "forces": ["pilot"]}, {"verdicts_only": True, "presume": False}],
    ids=lambda asked: " ".join(asked) or "wide",
)
def test_spark_and_polars_give_the_same_rows(
    spark: ModuleType, stored: Any, products: pl.DataFrame, asked: dict[str, Any]
) -> None:
    rows = 10_000 if asked.get("long") else ROWS
    found = spark.check_frame(stored.where(f"row < {rows}"), as_of=DAY, **asked)
    expected = _text(cncheck.check_frame(products.head(rows), as_of=DAY, **asked))
    got = pl.DataFrame(found.toArrow())
    assert got.schema == expected.schema
    assert _sorted(got).equals(_sorted(expected))
    assert expected["error"].null_count() < expected.height


def _plain(finding: PortfolioFinding) -> tuple[Any, ...]:
    return finding._replace(obligation=finding.obligation.id)


@pytest.mark.parametrize("whole", [False, True])
def test_spark_and_polars_judge_enterprises_alike(
    spark: ModuleType, stored: Any, products: pl.DataFrame, rules: Rules, whole: bool
) -> None:
    sheet = sheet_of(products.lazy(), rules, date.fromisoformat(DAY), wanted=Wanted(), presume=True)
    answer = answered(sheet, sheet.plan.frame.collect())
    members = (
        one
        for duty, rows in zip(sheet.members, answer.members, strict=True)
        for one in tallies(duty, rows)
    )
    expected = portfolio_findings(members, whole=whole)
    found = spark.portfolio(stored, as_of=DAY, whole=whole)
    assert sorted(map(_plain, found)) == sorted(map(_plain, expected))
    assert {finding.enterprise: finding.status for finding in found} == {
        "": "undetermined",
        "Maker 0": "undetermined",
        "Maker 1": "met",
        "Maker 2": "violated" if whole else "undetermined",
        "Maker 3": "undetermined",
    }


@pytest.mark.parametrize("kind", ["timestamp", "timestamp_ntz"])
def test_structures_arrays_and_times_are_read_as_in_other_frames(
    spark: ModuleType, session: Any, kind: str
) -> None:
    df = session.sql(
        f"""select id, 'monitor' as product_type, array('importer', 'producer') as roles,
        named_struct('rohs', named_struct('route', route)) as evidence,
        cast(day as {kind}) as produced_on, 1 as `not a.fact`, map('a', 1) as ID_
        from values ('A', 'none', '2026-01-31'), ('B', 'no such', '2026-01-31'),
        ('C', null, '2026-01-31 09:30:00') as t(id, route, day)"""  # noqa: S608
    )
    found = pl.DataFrame(spark.check_frame(df, as_of=DAY).toArrow())
    same = pl.DataFrame(df.drop("ID_").toArrow())
    if kind == "timestamp":  # Spark hands out an instant in UTC; its day is that of the session
        same = same.with_columns(pl.col("produced_on").dt.convert_time_zone(ZONE))
    assert found.equals(_text(cncheck.check_frame(same, as_of=DAY)))
    assert found["error"].is_null().to_list() == [True, False, False]
    assert "rohs/assessment-route" in found["violated"][0]


def test_a_pack_of_ones_own_reaches_the_executors_as_data(
    spark: ModuleType, session: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    pack = (ROOT / "rules" / "traction_battery.yaml").read_text(encoding="utf-8")
    pack = re.sub(r"\btraction_battery([/.\n])", r"my_battery\1", pack)
    (folder / "my_battery.yaml").write_text(pack, encoding="utf-8")
    rows = [(f"P{i}", "traction_battery_pack", 50.0, f"R{i}", "LFP", "ACME") for i in range(5)]
    rows.append(("P5", "traction_battery_pack", 1.5, None, "NCM", "ACME"))
    schema = (
        "id string, product_type string, rated_energy_kwh double,"
        " `evidence.my_battery.verification_report` string, chemistry string, enterprise string"
    )
    df = session.createDataFrame(rows, schema)
    expected = cncheck.check_frame(df.toArrow(), as_of=DAY, rules=[folder], forces=["pilot"])
    found = spark.check_frame(df, as_of=DAY, rules=[folder], forces=["pilot"])
    enterprises = spark.portfolio(df, as_of=DAY, rules=[folder])
    shutil.rmtree(folder)  # the rows are not yet judged
    got = _sorted(pl.DataFrame(found.toArrow()))
    assert got.equals(_sorted(_text(expected)))
    assert got["my_battery"].to_list() == ["applies"] * 5 + ["does_not_apply"]
    assert {f.obligation.id: f.status for f in enterprises} == {
        "my_battery/five-representative-products": "met",
        "traction_battery/five-representative-products": "undetermined",
    }


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ("MATNR string, product_type string", "no column `id`.*MATNR, product_type"),
        ("id string, ` id` string, product_type string", '"id" names the columns 1, 2'),
        ("id string, product_type string, materials array<struct<Pb: int>>", "list of structures"),
    ],
)
def test_a_frame_that_is_no_list_is_refused_before_anything_runs(
    spark: ModuleType, session: Any, schema: str, message: str
) -> None:
    df = session.createDataFrame([], schema)
    with pytest.raises(InputError, match=message):
        spark.check_frame(df)
    with pytest.raises(InputError, match=message):
        spark.portfolio(df)


def test_no_rows_give_no_rows(spark: ModuleType, stored: Any) -> None:
    none = stored.where("id = 'nobody'")
    assert spark.check_frame(none, as_of=DAY).collect() == []
    assert spark.portfolio(none, as_of=DAY) == ()


def test_cncheck_does_not_import_pyspark_by_itself() -> None:
    code = (
        "import sys, cncheck, polars; cncheck.check_frame(polars.DataFrame("
        "{'id': ['A'], 'product_type': ['monitor']})); assert 'pyspark' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
