"""Hostile, broken and benign programs with the ending each must get, by category."""
