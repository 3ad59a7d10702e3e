"""Workbooks: bytes to contracts and back. Knows cells; knows no database and no HTTP."""
