"""Which Chinese green schemes apply to a product, and what follows from them."""

__version__ = "0.1.0"
