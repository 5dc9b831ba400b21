"""The same packs for whole lists: conditions and duties as Polars expressions."""
