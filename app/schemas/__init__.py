"""Contracts: what may come in and what goes out, whichever door it uses. One file per noun.

What comes in is a pydantic model: shape and ranges, unknown fields refused. What goes out is a
typed dictionary: the doors turn it into bytes as it is, and the API documents it.
"""
