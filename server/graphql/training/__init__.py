"""Strain and workouts."""
