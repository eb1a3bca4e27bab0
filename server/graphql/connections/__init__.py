"""Vendors of wearables, and the athletes connected to them."""
