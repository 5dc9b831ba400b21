"""Recognise a kind of file by its first bytes, and refuse what only has the name of a list."""

from __future__ import annotations

import codecs

from cncheck.load.lists.source import Source

DESCRIPTOR = "This looks like a product descriptor: `cncheck FILE` checks descriptors."
_OLD_OR_LOCKED = (
    "This workbook is password-protected or an old .xls: save it as .xlsx without a password."
)
_PACKED = "This file is compressed: unpack it first."
_WEB_PAGE = "This is a web page, which is no list: save the table as .xlsx or .csv."

NOT_READ = {
    ".xls": _OLD_OR_LOCKED,
    ".yaml": DESCRIPTOR,
    ".yml": DESCRIPTOR,
    ".json": f"{DESCRIPTOR} A list has one JSON object a line and ends in .jsonl.",
    ".gz": _PACKED,
    ".zip": _PACKED,
}
"""Endings that people try -> what to do instead."""
_LISTS = {
    b"PK\x03\x04": (".xlsx", "This is a workbook or another packed file"),
    b"PAR1": (".parquet", "This is a .parquet file"),
}
"""First bytes of a list -> its ending, and what to say where its name has another."""
_NO_LISTS = {
    b"PARE": "This .parquet file is encrypted: save it without encryption.",
    b"\xd0\xcf\x11\xe0": _OLD_OR_LOCKED,
    b"\x1f\x8b": _PACKED,
    b"\x28\xb5\x2f\xfd": _PACKED,
    b"%PDF": "This is a PDF document, which is no list.",
    b"<html": _WEB_PAGE,
    b"<!doctype": _WEB_PAGE,
    b"<?xml": "This is an XML document, which is no list: save the table as .xlsx or .csv.",
}
"""First bytes of what is no list -> what to say."""


def kind_of(head: bytes) -> str:
    """Return the ending that a list without a name asks for by its first bytes."""
    if _bare(head).startswith(b"{"):
        return ".jsonl"
    return next((kind for magic, (kind, _) in _LISTS.items() if head.startswith(magic)), ".csv")


def refuse_other_content(source: Source, kind: str, head: bytes) -> None:
    """Raise InputError where the first bytes are those of something else than a list of `kind`."""
    for magic, (asked, message) in _LISTS.items():
        if head.startswith(magic) and asked != kind:
            raise source.refusal(f"{message}, but its name ends in {kind}: rename it to {asked}.")
    for magic, message in _NO_LISTS.items():
        if head.startswith(magic) or _bare(head).lower().startswith(magic):
            raise source.refusal(message)


def _bare(head: bytes) -> bytes:
    return head.removeprefix(codecs.BOM_UTF8).lstrip()
