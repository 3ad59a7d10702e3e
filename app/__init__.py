"""Chỉ tiêu: how far an organisation is from what it resolved."""

__version__ = "0.1.0"
