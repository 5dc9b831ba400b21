"""The command line: what each command takes, in the framework's terms; `commands` does the work."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from cncheck import __version__
from cncheck.commands import check as checking
from cncheck.commands import rules as looking
from cncheck.commands import settings as setting
from cncheck.commands.common import say
from cncheck.report import WRITERS

# Some releases of typer carry their own click: take the exceptions from what typer raises.
_UsageError: type[Exception] = typer.BadParameter.__mro__[1]
_Refused: type[Exception] = _UsageError.__mro__[1]

_HELP = {"help_option_names": ["-h", "--help"]}


class _CheckByDefault(TyperGroup):
    """`cncheck product.yaml` is `cncheck check product.yaml`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the default command before arguments that begin with none."""
        own = {name for option in self.get_params(ctx) for name in option.opts}
        if args and args[0] not in self.commands and args[0] not in own:
            args = ["check", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_CheckByDefault, add_completion=False, context_settings=_HELP, rich_markup_mode=None,
    no_args_is_help=True,  # and exit 2: a pipeline that names no file has checked nothing
    help="Say which Chinese green schemes apply to a product, and which obligations follow.",
)  # fmt: skip
_rules = typer.Typer(
    context_settings=_HELP, no_args_is_help=True, help="Look at the rule packs, lint and test them."
)
app.add_typer(_rules, name="rules")

Folders = Annotated[
    list[str] | None,
    typer.Option("--rules", metavar="DIR", help="Add or replace packs from a folder; repeatable."),
]
Lang = Annotated[str, typer.Option("--lang", metavar="en|zh", help="Language of the text report.")]
SetLang = Annotated[
    str | None,
    typer.Option("--lang", metavar="en|zh", help="Language of the text report (default: en)."),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of", metavar="DATE", help="The day the question is asked for (default: today)."
    ),
]
Only = Annotated[
    list[str] | None, typer.Option("--only", metavar="ID", help="Ask this pack only; repeatable.")
]
Skip = Annotated[
    list[str] | None, typer.Option("--skip", metavar="ID", help="Leave this pack out; repeatable.")
]
FailOn = Annotated[
    list[str] | None,
    typer.Option(
        "--fail-on",
        metavar="WHAT",
        help="violated (default), open, undetermined, due:90d, never; comma-separated or repeated.",
    ),
]
Strict = Annotated[
    bool | None,
    typer.Option("--strict/--no-strict", help="Fail on violated, open and undetermined."),
]
Force = Annotated[
    list[str] | None,
    typer.Option(
        "--force",
        metavar="FORCES",
        help="Let duties of these forces count too: pilot, voluntary, recommended.",
    ),
]
NoPresume = Annotated[
    bool | None,
    typer.Option(
        "--no-presume/--presume",
        help="Ask for the facts of exceptions instead of presuming that they do not hold.",
    ),
]
WholePortfolio = Annotated[
    bool | None,
    typer.Option(
        "--whole-portfolio/--part-portfolio",
        help="The products given are all, or only a part, of what their enterprises have.",
    ),
]
ExitZero = Annotated[
    bool | None,
    typer.Option(
        "--exit-zero/--no-exit-zero", help="Leave with exit code 0 though the gate trips."
    ),
]
Config = Annotated[
    str | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help='Settings (default: the nearest cncheck.toml or pyproject.toml); "" uses none.',
    ),
]
Explain = Annotated[
    bool, typer.Option("--explain", help="Add the reasons, the meaning of each duty and all notes.")
]


def _print_version(asked: bool) -> None:
    if asked:
        say(f"cncheck {__version__}\n")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and exit.", is_eager=True, callback=_print_version
        ),
    ] = False,
) -> None:
    pass


@app.command()
def check(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...", help="Descriptors (YAML, JSON), folders, or - for standard input."
        ),
    ],
    as_of: AsOf = None,
    rules: Folders = None,
    only: Only = None,
    skip: Skip = None,
    format: Annotated[
        str,
        typer.Option("--format", metavar="|".join(WRITERS), help="Format of standard output."),
    ] = "text",
    output: Annotated[
        list[str] | None,
        typer.Option("--output", metavar="FMT=FILE", help="Write a file as well; repeatable."),
    ] = None,
    fail_on: FailOn = None,
    strict: Strict = None,
    force: Force = None,
    exit_zero: ExitZero = None,
    waivers: Annotated[
        str | None,
        typer.Option(
            "--waivers",
            metavar="FILE",
            help='What may pass the gate (default: the nearest cncheck-waivers.yaml); "" uses none.',
        ),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option("--baseline", metavar="FILE", help="Fail only on what is not in this file."),
    ] = None,
    write_baseline: Annotated[
        str,
        typer.Option("--write-baseline", metavar="FILE", help="Write what is found as a baseline."),
    ] = "",
    no_presume: NoPresume = None,
    whole_portfolio: WholePortfolio = None,
    explain: Explain = False,
    all: Annotated[
        bool,
        typer.Option(
            "--all", help="List every duty and note, also what is met, ended or not yours."
        ),
    ] = False,
    lang: SetLang = None,
    config: Config = None,
) -> None:
    """Check product descriptors (the default command)."""
    code = checking.check(
        paths, format=format, output=output or (), as_of=as_of, explain=explain, all=all,
        write_baseline=write_baseline, config=config, rules=rules, only=only, skip=skip,
        fail_on=fail_on, strict=strict, force=force, exit_zero=exit_zero, waivers=waivers,
        baseline=baseline, no_presume=no_presume, whole_portfolio=whole_portfolio, lang=lang,
    )  # fmt: skip
    raise typer.Exit(code)


@app.command("config")
def _config(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATH]...", help="What would be checked (default: this folder)."),
    ] = None,
    config: Config = None,
) -> None:
    """Print the settings in force, and where they come from."""
    raise typer.Exit(setting.show_config(paths or ["."], config))


@app.command()
def batch(
    lists: Annotated[
        list[str],
        typer.Argument(
            metavar="LIST...",
            help="Lists (.csv .tsv .xlsx .parquet .jsonl), folders, or - for standard input.",
        ),
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            help="Write the answers here, by its ending;"
            " - is CSV on standard output. Without it: the summary only.",
        ),
    ] = "",
    map: Annotated[
        str,
        typer.Option(
            "--map", metavar="FILE", help="How to read a foreign list; see `cncheck map`."
        ),
    ] = "",
    long: Annotated[
        bool, typer.Option("--long", help="Write a row for each product, scheme and duty.")
    ] = False,
    only_findings: Annotated[
        bool, typer.Option("--only-findings", help="Write only the rows that need attention.")
    ] = False,
    row: Annotated[
        str | None, typer.Option("--row", metavar="ID", help="Print the full report for this row.")
    ] = None,
    portfolio: Annotated[
        str,
        typer.Option(
            "--portfolio", metavar="FILE", help="Write the duties of enterprises to a list."
        ),
    ] = "",
    allow_row_errors: Annotated[
        bool, typer.Option("--allow-row-errors", help="Rows that cannot be read are no failure.")
    ] = False,
    raw: Annotated[
        bool,
        typer.Option("--raw", help="Leave text in CSV as it is, though a spreadsheet may run it."),
    ] = False,
    as_of: AsOf = None,
    rules: Folders = None,
    only: Only = None,
    skip: Skip = None,
    format: Annotated[
        str, typer.Option("--format", metavar="text|json", help="Format of the summary.")
    ] = "text",
    fail_on: FailOn = None,
    strict: Strict = None,
    force: Force = None,
    exit_zero: ExitZero = None,
    no_presume: NoPresume = None,
    whole_portfolio: WholePortfolio = None,
    explain: Explain = False,
    all: Annotated[bool, typer.Option("--all", help="Cut no table of the summary short.")] = False,
    lang: SetLang = None,
    config: Config = None,
) -> None:
    """Check lists of products: the same answers, for every row."""
    from cncheck.commands import lists as listing  # noqa: PLC0415  polars takes its time

    code = listing.batch(
        lists, output=output, map_file=map, long=long, only_findings=only_findings, row=row,
        portfolio_file=portfolio, as_of=as_of, format=format, allow_row_errors=allow_row_errors,
        raw=raw, explain=explain, all=all, config=config, rules=rules, only=only, skip=skip,
        fail_on=fail_on, strict=strict, force=force, exit_zero=exit_zero, no_presume=no_presume,
        whole_portfolio=whole_portfolio, lang=lang,
    )  # fmt: skip
    raise typer.Exit(code)


@app.command("map")
def _map(
    list_: Annotated[str, typer.Argument(metavar="LIST", help="A list with foreign columns.")],
    rules: Folders = None,
) -> None:
    """Propose a map for a foreign list: its columns and values as facts."""
    from cncheck.commands import lists as listing  # noqa: PLC0415

    raise typer.Exit(listing.propose_map(list_, rules or ()))


@_rules.command("list")
def _list(rules: Folders = None) -> None:
    """List the packs."""
    raise typer.Exit(looking.rules_list(rules or ()))


@_rules.command("show")
def _show(
    id: Annotated[str, typer.Argument(metavar="ID")],
    rules: Folders = None,
    lang: Lang = "en",
) -> None:
    """Show one pack whole, with citations."""
    raise typer.Exit(looking.rules_show(id, rules or (), lang))


@_rules.command("lint")
def _lint(paths: Annotated[list[str] | None, typer.Argument(metavar="[PATH]...")] = None) -> None:
    """Check that packs are well-formed: those that come with cncheck, and a folder of your own."""
    raise typer.Exit(looking.rules_lint(paths or ()))


@_rules.command("test")
def _test(paths: Annotated[list[str] | None, typer.Argument(metavar="[PATH]...")] = None) -> None:
    """Run the cases of the packs."""
    raise typer.Exit(looking.rules_test(paths or ()))


@app.command()
def types(
    query: Annotated[
        list[str] | None,
        typer.Argument(metavar="[QUERY]", help="An id or words, English or Chinese."),
    ] = None,
    rules: Folders = None,
) -> None:
    """Search the product types."""
    raise typer.Exit(looking.types(" ".join(query or ()), rules or ()))


@app.command()
def explain(
    id: Annotated[
        str, typer.Argument(metavar="OBLIGATION-ID", help="An obligation; of a pack, all of them.")
    ],
    rules: Folders = None,
    lang: Lang = "en",
) -> None:
    """Explain one duty: meaning, addressee, dates, evidence, citation, example."""
    from cncheck.commands import explain as explaining  # noqa: PLC0415

    raise typer.Exit(explaining.explain(id, rules or (), lang))


@app.command()
def schema(
    which: Annotated[str, typer.Argument(metavar="product|pack|report|map|waivers|config")],
) -> None:
    """Print a JSON Schema for editors."""
    raise typer.Exit(looking.schema(which))


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit code."""
    command = typer.main.get_command(app)
    try:
        result: Any = command.main(list(arguments), prog_name="cncheck", standalone_mode=False)
    except typer.Exit as stop:
        return stop.exit_code
    except typer.Abort:
        sys.stderr.write("Interrupted.\n")
        return 130
    except _Refused as error:
        message: Any = error
        sys.stderr.write(f"{message.format_message()}\nTry `cncheck --help`.\n")
        return 2
    return result if isinstance(result, int) else 0
