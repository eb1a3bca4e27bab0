"""Reads of stored results for the server and the command line: plain functions, plain dictionaries."""
