"""Nights and naps."""
