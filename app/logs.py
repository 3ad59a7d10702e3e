"""What the server says to standard error: warnings, and the head of the audit's chain."""

from copy import deepcopy
from typing import Any

from uvicorn.config import LOGGING_CONFIG

CONFIG: dict[str, Any] = deepcopy(LOGGING_CONFIG)
CONFIG["formatters"]["plain"] = {"format": "%(asctime)s %(name)s %(message)s"}
CONFIG["handlers"]["plain"] = {
    "class": "logging.StreamHandler",
    "formatter": "plain",
    "stream": "ext://sys.stderr",
}
# An operator ships this line off the machine: there it proves the chain (docs/audit.md).
CONFIG["loggers"]["chitieu.audit"] = {"handlers": ["plain"], "level": "INFO", "propagate": False}
