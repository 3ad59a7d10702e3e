"""Configuration, read once from the environment (prefix CHITIEU_)."""

import os
import secrets
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PLACEHOLDERS = ("change-me", "changeme", "secret", "example", "placeholder", "xxxx", "0123456789")


def _known_driver(url: str) -> str:
    if url.startswith(("sqlite:///", "postgresql+psycopg://")) and url != "sqlite:///":
        return url
    raise ValueError("use sqlite:///… or postgresql+psycopg://…")


def _no_placeholder(key: str) -> str:
    said = key.lower()
    if key and len(key) < 32:
        raise ValueError("at least 32 characters")
    if key and (len(set(key)) < 10 or any(word in said for word in PLACEHOLDERS)):
        raise ValueError("this looks like a documented example; make one of your own")
    return key


class Settings(BaseSettings):
    """Every variable the service reads. `docs/operations.md` lists them for operators."""

    model_config = SettingsConfigDict(env_prefix="CHITIEU_", extra="ignore")

    database_url: Annotated[str, AfterValidator(_known_driver)] = "sqlite:///var/chitieu.db"
    secret_key: Annotated[str, Field(repr=False), AfterValidator(_no_placeholder)] = ""
    secret_key_file: Path = Path("var/secret_key")
    rate_per_minute: Annotated[int, Field(ge=0)] = 600
    rate_burst: Annotated[int, Field(ge=0)] = 200
    body_limit: Annotated[int, Field(ge=1024)] = 1_000_000
    threads: Annotated[int, Field(ge=1, le=64)] = 4
    secure_cookies: bool = False

    def secret(self) -> str:
        """CHITIEU_SECRET_KEY, or else the key in the key file, which is made on first use."""
        if self.secret_key:
            return self.secret_key
        path = self.secret_key_file
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_urlsafe(48))
        return path.read_text().strip()
