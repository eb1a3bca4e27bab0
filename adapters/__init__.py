"""Adapters: one folder a vendor, found by entry point like a third party's, and the registry of all."""
