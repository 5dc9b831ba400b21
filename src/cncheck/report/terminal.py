"""The lines of the text report for a terminal: wrapped to its width, hanging, coloured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.padding import Padding
from rich.table import Table
from rich.text import Text as Styled

from cncheck.report.lines import Line


def rows(lines: Iterable[Line], width: int) -> Iterator[Padding]:
    """Yield `lines` as rich shows them on a terminal of `width` columns."""
    for line in lines:
        yield Padding(_row(line, width), (0, 0, 0, line.indent))


def _row(line: Line, width: int) -> Styled | Table:
    text = Styled(line.text, style=line.style)
    if not line.lead:
        return text
    lead = Styled(line.lead.rstrip(), style=line.lead_style or line.style)
    if lead.cell_len > width // 3:  # too long to hang beside: run on
        return Styled.assemble(lead, " ", text)
    table = Table.grid(padding=0)
    table.add_column(width=Styled(line.lead).cell_len, no_wrap=True)
    table.add_column(overflow="fold")  # a long name is broken, never cut
    table.add_row(lead, text)
    return table
