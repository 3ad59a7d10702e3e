"""What is said of an import: the summary in the sender's language, and the marks in its file."""

from collections.abc import Mapping
from typing import Any

from app.i18n import catalogue, explain, say


def told(summary: Mapping[str, Any], language: str) -> dict[str, Any]:
    """The contract's summary out of the kept one: facts become sentences."""
    out = {name: fact for name, fact in summary.items() if name != "said"}
    out["errors"] = [_told(one, language) for one in summary["errors"]]
    out["warnings"] = [_told(one, language) for one in summary["warnings"]]
    out["annotated"] = f"/api/v1/imports/{summary['id']}/annotated.xlsx"
    return out


def _told(entry: Mapping[str, Any], language: str) -> dict[str, Any]:
    facts, warning = entry["facts"], f"warning.{entry['code']}"
    known = catalogue(language)
    sentence = (
        say(warning, language, facts)
        if warning in known
        else explain(entry["code"], language, facts)
    )
    return {name: fact for name, fact in entry.items() if name != "facts"} | {"message": sentence}


def marking(summary: Mapping[str, Any], language: str) -> dict[str, Any]:
    """What `annotated` is asked to write into the file."""
    errors = told(summary, language)["errors"]
    return {"title": summary["file"]["name"], "marks": errors, "language": language}
