"""Recovery and heart rate variability."""
