"""Configuration, read once from the environment (prefix CHITIEU_)."""

import os
import re
import secrets
from email.utils import parseaddr
from enum import StrEnum
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.domain.access import Role

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


def is_safe_way(url: str) -> bool:
    """Nobody on the way reads or changes what goes there: https, or http within this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme == "https":
            return bool(host)
        return parts.scheme == "http" and (host == "localhost" or ip_address(host).is_loopback)
    except ValueError:
        return False


def _known_provider(issuer: str) -> str:
    if issuer and not is_safe_way(issuer):
        raise ValueError("use https://…; http:// only within this machine")
    if issuer and find_spec("authlib") is None:
        raise ValueError("single sign-on needs the extra: install chitieu[sso]")
    return issuer


def _known_sender(said: str) -> str:
    """Else every letter would be given up one by one."""
    if said and not re.fullmatch(r"[!-?A-~]+@[!-?A-~]+", parseaddr(said)[1]):
        raise ValueError("use Name <address@host>")
    return said


class Profile(StrEnum):
    """`production`: secure cookies only, a second factor for who decides, a second administrator
    for the rules."""

    DEMONSTRATION = "demonstration"
    PRODUCTION = "production"


class Security(StrEnum):
    """How the way to the mail server is kept secret."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class Settings(BaseSettings):
    """Every variable the service reads. `docs/operations.md` lists them for operators."""

    model_config = SettingsConfigDict(env_prefix="CHITIEU_", extra="ignore")

    database_url: Annotated[str, AfterValidator(_known_driver)] = "sqlite:///var/chitieu.db"
    secret_key: Annotated[str, Field(repr=False), AfterValidator(_no_placeholder)] = ""
    secret_key_file: Path = Path("var/secret_key")
    old_secret_keys_file: Path | None = None
    rate_per_minute: Annotated[int, Field(ge=0)] = 600
    rate_burst: Annotated[int, Field(ge=0)] = 200
    body_limit: Annotated[int, Field(ge=1024)] = 1_000_000
    threads: Annotated[int, Field(ge=1, le=64)] = 4
    most_in_flight: Annotated[int, Field(ge=1)] = 100
    trusted_proxies: str = "127.0.0.1"
    profile: Profile = Profile.DEMONSTRATION
    secure_cookies: bool | None = None
    two_administrators: bool | None = None
    second_factor_for: frozenset[Role] | None = None
    session_idle_minutes: Annotated[int, Field(ge=1)] = 30
    session_hours: Annotated[int, Field(ge=1, le=24)] = 12
    sign_in_per_minute: Annotated[int, Field(ge=0)] = 20
    public_url: str = "http://127.0.0.1:8000"
    smtp_host: str = ""
    smtp_port: Annotated[int, Field(ge=1, le=65535)] = 587
    smtp_user: str = ""
    smtp_password_file: Path | None = None
    smtp_security: Security = Security.STARTTLS
    mail_from: Annotated[str, AfterValidator(_known_sender)] = ""
    webhook_hosts: frozenset[str] = frozenset()
    oidc_issuer: Annotated[str, AfterValidator(_known_provider)] = ""
    oidc_client_id: Annotated[str, Field(min_length=1)] = "chitieu"
    oidc_client_secret_file: Path | None = None
    address_days: Annotated[int, Field(ge=1)] = 365
    session_days: Annotated[int, Field(ge=1)] = 30
    message_days: Annotated[int, Field(ge=7)] = 90  # what was told lately is not told again
    attachment_limit: Annotated[int, Field(ge=1024)] = 10_000_000

    @model_validator(mode="after")
    def _by_profile(self) -> "Settings":
        """What nobody has said is as the profile has it: production is strict."""
        strict = self.profile is Profile.PRODUCTION
        if self.secure_cookies is None:
            self.secure_cookies = strict
        if self.two_administrators is None:
            self.two_administrators = strict
        if self.second_factor_for is None:
            self.second_factor_for = frozenset({Role.ADMIN, Role.REVIEWER} if strict else ())
        return self

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

    def old_secrets(self) -> tuple[str, ...]:
        """Keys of before, one a line: nothing is signed with them, and what was stays valid."""
        path = self.old_secret_keys_file
        lines = path.read_text("utf-8").splitlines() if path else []
        return tuple(line.strip() for line in lines if line.strip())
