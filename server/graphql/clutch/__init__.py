"""Clutch: definitions, situations, scores, tables."""
