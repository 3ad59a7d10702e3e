"""The rules of the field. Standard library only: no database, no HTTP, no clock.

`rules.md` numbers its rules; a docstring here names the rule it carries out.
"""

RULE_VERSION = "2026.1"
