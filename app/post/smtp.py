"""Handing a letter to the mail server. What is refused, and what is not known, are kept apart."""

import re
import smtplib
import socket
import ssl
from contextlib import suppress
from email.message import EmailMessage
from urllib.parse import urlsplit

from app.settings import Security, Settings

SECONDS = 20
LONGEST_ERROR = 300


class Refused(Exception):
    """Clearly not accepted. `for_good`: nor will it be."""

    def __init__(self, why: str, *, for_good: bool = False) -> None:
        super().__init__(why)
        self.for_good = for_good


class Unclear(Exception):
    """The connection broke when the letter was over there already: accepted or not."""


def hand_over(settings: Settings, sender: str, recipient: str, letter: EmailMessage) -> None:
    """Returns once the server has taken the letter on itself; Refused or Unclear otherwise."""
    try:
        server = _connected(settings)
    except (OSError, ValueError) as error:  # smtplib's own are OSErrors
        raise Refused(_said(error)) from None
    try:
        _give(server, sender, recipient, letter.as_bytes())
    finally:
        with suppress(OSError):
            server.quit()
        server.close()


def _connected(settings: Settings) -> smtplib.SMTP:
    """A server that has let us in, over a way as secret as the setting asks."""
    secure = ssl.create_default_context()
    here = urlsplit(settings.public_url).hostname or "localhost"
    host, port = settings.smtp_host, settings.smtp_port
    server: smtplib.SMTP
    if settings.smtp_security is Security.TLS:
        server = smtplib.SMTP_SSL(host, port, here, timeout=SECONDS, context=secure)
    else:
        server = smtplib.SMTP(host, port, here, SECONDS)
    try:
        if settings.smtp_security is Security.STARTTLS:
            server.starttls(context=secure)
        server.ehlo_or_helo_if_needed()
        if settings.smtp_user:
            path = settings.smtp_password_file
            server.login(settings.smtp_user, path.read_text("utf-8").strip() if path else "")
    except BaseException:
        server.close()
        raise
    return server


def _give(server: smtplib.SMTP, sender: str, recipient: str, letter: bytes) -> None:
    try:
        _check(*server.mail(sender))
        _check(*server.rcpt(recipient))
    except (OSError, ValueError) as error:
        raise Refused(_said(error)) from None
    try:
        _check(*server.data(letter))
    except smtplib.SMTPDataError as error:  # before the first line of it
        _check(error.smtp_code, error.smtp_error)
        raise Refused(_said(error)) from None
    except OSError as error:
        raise Unclear(_said(error)) from None


def _check(code: int, reply: bytes | str) -> None:
    """Refused unless the server has said yes; 5xx is for good."""
    if not 200 <= code < 300:
        said = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
        raise Refused(_plain(f"{code} {said}"), for_good=code >= 500)


def _said(error: Exception) -> str:
    if isinstance(error, socket.timeout | TimeoutError):
        return "no answer in time"
    return _plain(f"{type(error).__name__}: {error}")


def _plain(text: str) -> str:
    """One line, and nobody's address in it: the reason is kept longer than the letter."""
    text = re.sub(r"[^\s<>]+@[^\s<>]+", "…", text)
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:LONGEST_ERROR]
