"""What became of the values that came in together: counted, with every fault."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from app.domain.errors import WorkbookRejected
from app.schemas.imports import ImportSent, PlacedFault
from app.services.import_units import Outcome, UnitTaken, error_at

MOST_FAULTS = 10_000


@dataclass
class Tally:
    counts: Counter[str] = field(default_factory=Counter)
    errors: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    reports: list[dict[str, Any]] = field(default_factory=list)
    origins: list[dict[str, Any]] = field(default_factory=list)

    def bounded(self) -> None:
        """So many faults are not mended cell by cell: WorkbookRejected."""
        if len(self.errors) > MOST_FAULTS:
            raise WorkbookRejected(reason="too_many_faults", limit=MOST_FAULTS)

    def add(self, taken: UnitTaken) -> None:
        self.counts += taken.counts
        self.errors += taken.errors
        self.warnings += taken.warnings
        self.origins += taken.origins
        if taken.report is not None:
            self.reports.append(taken.report)
        self.bounded()

    def add_file(self, sent: ImportSent) -> None:
        """What is wrong with the file itself, and with what belongs to no unit."""
        self.errors += [_as_error(one) for one in sent.faults]
        self.warnings += [_as_error(one) for one in sent.warnings]
        lost = sum(one.values for one in sent.faults) + sent.uncertain
        self.counts += Counter({Outcome.ERROR: lost})
        self.bounded()

    def nothing_kept(self) -> "Tally":
        """All or nothing, with a fault: the faultless values are ignored, and no draft is left."""
        errors = self.counts[Outcome.ERROR]
        ignored = self.counts.total() - errors
        counts: Counter[str] = Counter({Outcome.ERROR: errors, Outcome.IGNORED: ignored})
        warnings = [one for one in self.warnings if one["code"] != "left_as_draft"]
        return Tally(counts, self.errors, warnings)

    def told(self) -> dict[str, Any]:
        """The part of a summary that says what became of the values."""
        counts = {"read": self.counts.total()}
        counts |= {outcome.value: self.counts[outcome] for outcome in Outcome}
        return {
            "counts": counts | {"warnings": len(self.warnings)},
            "errors": self.errors,
            "warnings": self.warnings,
            "reports": self.reports,
        }


def _as_error(one: PlacedFault) -> dict[str, Any]:
    return error_at(one.at.sheet, one.at.cell, one.fault, one.said)
