"""Letters: the words of a template in the reader's language, around the facts of an occasion."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from email import policy
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from app.db.post import Letter
from app.domain.periods import VIETNAM
from app.i18n import LANGUAGES, day, decimal, say
from app.services.vault import Vault
from app.settings import Settings

SEALED = "_sealed"


class _Form(policy.EmailPolicy):
    """Writes a subject in encoded words that hold its spaces: where Python 3.11 folds between two
    of them, it puts the space outside, and every reader of mail drops it there."""

    def fold_binary(self, name: str, value: str) -> bytes:
        if name != "Subject":
            return super().fold_binary(name, value)
        written = Header(str(value), "utf-8", header_name=name).encode(linesep=self.linesep)
        return f"{name}: {written}{self.linesep}".encode("ascii")


# Seven bits: no mail server on the way has to promise more.
FORM = _Form(linesep="\r\n", cte_type="7bit")


class Unwritable(Exception):
    """It cannot be made into a letter, however often it is tried; says why."""

    for_good = True


class Sender(NamedTuple):
    """Whose letters they are; `public_url` is what links begin with."""

    name: str
    address: str
    public_url: str

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


def sender_of(settings: Settings) -> Sender | None:
    """None where no mail server is configured."""
    if not settings.smtp_host:
        return None
    host = urlsplit(settings.public_url).hostname or "localhost"
    name, address = parseaddr(settings.mail_from or f"Chỉ tiêu <chitieu@{host}>")
    return Sender(name, address, settings.public_url.rstrip("/"))


def written(
    letter: Letter,
    sender: Sender,
    vault: Vault,
    now: datetime,
    papers: Mapping[str, bytes] = MappingProxyType({}),
) -> EmailMessage:
    """The letter as it goes out, with PDFs by name; Unwritable where nobody can be written to like
    that."""
    language = letter.language if letter.language in LANGUAGES else LANGUAGES[0]
    try:
        facts = _facts(letter, sender, vault, language)
        message = EmailMessage(policy=FORM)
        message["From"] = _address(sender.name, sender.address)
        message["To"] = _address(letter.name, letter.email or "")
        message["Subject"] = _one_line(say(f"subject.{letter.template}", language, facts))
        message["Date"] = format_datetime(now)
        message["Message-ID"] = message_id(letter, sender)
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(_body(letter, language, facts))
        message["Content-Language"] = language
        for name, pdf in papers.items():
            message.add_attachment(pdf, maintype="application", subtype="pdf", filename=name)
        message.as_bytes()
    except (ValueError, LookupError) as error:
        raise Unwritable(f"{type(error).__name__}: {error}"[:300]) from None
    return message


def message_id(letter: Letter, sender: Sender) -> str:
    """The same whenever this letter is sent: a mail server that looks can tell a repeat."""
    named = hashlib.sha256(f"{letter.key}|{letter.at.isoformat()}".encode()).hexdigest()
    return f"<{named[:40]}@{sender.domain}>"


def _address(name: str, address: str) -> Address:
    if not address.isascii():
        raise ValueError("an address outside ASCII")
    return Address(_one_line(name), addr_spec=address)


def _one_line(text: str) -> str:
    """What stands in a header can begin no header of its own."""
    return "".join(c if c.isprintable() else " " for c in " ".join(text.split()))


def _facts(letter: Letter, sender: Sender, vault: Vault, language: str) -> dict[str, Any]:
    """As a sentence quotes them: what was sealed opened, names in the language, days as written."""
    facts: dict[str, Any] = {"name": letter.name}
    for name, fact in letter.facts.items():
        stem, _, end = name.rpartition("_")
        if name.endswith(SEALED):
            facts[name.removesuffix(SEALED)] = vault.open(fact)
        elif end in LANGUAGES:
            if end == language:
                facts[stem] = fact
        elif name == "at":
            facts[name] = _clock(fact, language)
        else:
            facts[stem if end == "on" else name] = day(fact, language) if end == "on" else fact
    if "path" in facts:
        facts["link"] = sender.public_url + str(facts["path"])
    return facts


def _clock(at: str, language: str) -> str:
    """In Viet Nam, to the minute."""
    here = datetime.fromisoformat(at).astimezone(VIETNAM)
    return f"{here:%H:%M} {day(here.date(), language)}"


def _body(letter: Letter, language: str, facts: Mapping[str, Any]) -> str:
    parts = [
        say("mail.greeting", language, facts),
        say(f"letter.{letter.template}", language, facts),
    ]
    if letter.template == "digest":
        parts += [_programme(one, language) for one in facts["programmes"]]
    if facts.get("comment"):
        parts.append(say("mail.comment", language, facts))
    if facts.get("demonstration"):
        parts.append(say("mail.demonstration", language))
    if facts.get("link"):
        parts.append(say("mail.link", language, facts))
    parts.append(say("mail.closing", language, facts))
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _programme(one: Mapping[str, Any], language: str) -> str:
    """A programme's paragraph in the digest: the dashboard's figures, line by line."""
    facts = {**one, "title": one[f"title_{language}"], "due": day(one["due_on"], language)}
    share = one["completeness"]
    facts["completeness"] = decimal(None if share is None else Decimal(share), language)
    lines = [
        say("digest.programme", language, facts),
        say("digest.targets", language, one["summary"]),
    ]
    for verdict, count in one["summary"].items():
        if verdict != "targets":
            lines.append(f"  - {say(f'verdict.{verdict}', language)}: {count}")
    lines.append(say("digest.reports", language, facts))
    if one["missing"]:
        names = ", ".join(name[language] for name in one["missing"])
        key = "digest.overdue" if one["is_overdue"] else "digest.missing"
        lines.append(say(key, language, {"count": len(one["missing"]), "names": names}))
    for older in one["older"]:
        told = {**older, "due": day(older["due_on"], language)}
        lines.append(say("digest.older", language, told))
    return "\n".join(lines)
