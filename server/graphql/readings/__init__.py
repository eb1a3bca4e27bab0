"""Single values in time, the body's measures, the journal."""
