"""How a verdict and a status look: a symbol and a family of colours, always beside the word."""

from app.domain.verdict import Verdict
from app.domain.workflow import Status

# Colour alone says nothing: it repeats what symbol and word say.
FAMILY = {
    Verdict.MET: "good",
    Verdict.ON_TRACK: "good",
    Verdict.AT_RISK: "warn",
    Verdict.IN_PROGRESS: "busy",
    Verdict.OFF_TRACK: "bad",
    Verdict.NOT_MET: "bad",
    Verdict.UNDETERMINED: "warn",
    Verdict.NO_DATA: "none",
    Verdict.NOT_APPLICABLE: "none",
    Verdict.POPULATION_ENDED: "none",
    Verdict.NOT_RESTATABLE: "none",
    Verdict.NO_THRESHOLD: "none",
}
SYMBOL = {
    Verdict.MET: "▲",
    Verdict.ON_TRACK: "△",
    Verdict.AT_RISK: "◆",
    Verdict.IN_PROGRESS: "●",
    Verdict.OFF_TRACK: "▽",
    Verdict.NOT_MET: "▼",
    Verdict.UNDETERMINED: "?",
    Verdict.NO_DATA: "–",
    Verdict.NOT_APPLICABLE: "○",
    Verdict.POPULATION_ENDED: "■",
    Verdict.NOT_RESTATABLE: "◧",
    Verdict.NO_THRESHOLD: "□",
}
# Where a report stands, likewise.
STATUS = {
    Status.DRAFT: ("none", "✎"),
    Status.SUBMITTED: ("busy", "●"),
    Status.ENDORSED: ("busy", "◉"),
    Status.RETURNED: ("warn", "↩"),
    Status.APPROVED: ("good", "✓"),
    Status.REOPENED: ("warn", "↻"),
    Status.WITHDRAWN: ("none", "○"),
}
SIGNS = {"at_least": "≥", "at_most": "≤", "exactly": "="}
UNDER_WAY = (Verdict.ON_TRACK, Verdict.AT_RISK, Verdict.OFF_TRACK, Verdict.IN_PROGRESS)
SETTLED = (Verdict.MET, Verdict.NOT_MET, *UNDER_WAY)
# Each card counts targets with one of its verdicts, and looks like the first of the pair; of
# other verdicts there is nothing to judge, and no card.
CARDS = {
    "met": (Verdict.MET, (Verdict.MET,)),
    "not_met": (Verdict.NOT_MET, (Verdict.NOT_MET,)),
    "under_way": (Verdict.IN_PROGRESS, UNDER_WAY),
    "open": (Verdict.UNDETERMINED, (Verdict.UNDETERMINED,)),
}
