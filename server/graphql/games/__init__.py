"""Games and their plays."""
