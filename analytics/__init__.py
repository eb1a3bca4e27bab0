"""Pure functions and models on polars frames: no database, no network, no clock."""
