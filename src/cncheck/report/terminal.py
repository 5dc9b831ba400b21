"""Show the lines of the text report on a terminal: wrapped to its width, hanging, coloured."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as Styled

from cncheck.report.text import Line


def show(lines: Iterable[Line], console: Console) -> None:
    """Print `lines` on `console`."""
    for line in lines:
        text = Styled(line.text, style=line.style)
        if not line.lead:
            console.print(Padding(text, (0, 0, 0, line.indent)))
            continue
        lead = Styled(line.lead.rstrip(), style=line.lead_style or line.style)
        if lead.cell_len > console.width // 3:  # too long to hang beside: run on
            console.print(Padding(Styled.assemble(lead, " ", text), (0, 0, 0, line.indent)))
            continue
        row = Table.grid(padding=0)
        row.add_column(width=Styled(line.lead).cell_len, no_wrap=True)
        row.add_column()
        row.add_row(lead, text)
        console.print(Padding(row, (0, 0, 0, line.indent)))
