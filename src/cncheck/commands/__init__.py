"""What each command does: read, evaluate, write, and the exit code. No command-line framework."""

NAMES = frozenset({"batch", "check", "explain", "map", "rules", "schema", "types"})
"""The commands; any other first word is a path to check."""
