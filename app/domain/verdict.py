"""What can be said of a figure (rule 12)."""

from enum import StrEnum


class Verdict(StrEnum):
    MET = "met"
    NOT_MET = "not_met"
    ON_TRACK = "on_track"
    AT_RISK = "at_risk"
    OFF_TRACK = "off_track"
    IN_PROGRESS = "in_progress"
    UNDETERMINED = "undetermined"
    NO_DATA = "no_data"
    NOT_APPLICABLE = "not_applicable"
    POPULATION_ENDED = "population_ended"
    NOT_RESTATABLE = "not_restatable"
    NO_THRESHOLD = "no_threshold"


# What is said of a figure that stands as it is.
JUDGED = frozenset(
    {
        Verdict.MET,
        Verdict.NOT_MET,
        Verdict.ON_TRACK,
        Verdict.AT_RISK,
        Verdict.OFF_TRACK,
        Verdict.IN_PROGRESS,
        Verdict.NO_THRESHOLD,
    }
)
