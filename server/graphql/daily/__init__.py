"""Days: one value a metric, and how fresh it is."""
