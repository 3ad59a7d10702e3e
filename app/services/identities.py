"""Whom an OpenID provider means: its subject is an account that was invited before."""

from typing import NamedTuple

from sqlmodel import Session

from app.db import accounts, factors
from app.db.people_tables import Account
from app.db.session import stamp
from app.services import audit, sessions
from app.services.sessions import Visit


class Attempt(NamedTuple):
    """What a browser that is sent to the provider has to bring back, all of it secret but `then`.

    `then`: the page it wanted. `at`: whole seconds since 1970.
    """

    state: str
    nonce: str
    verifier: str
    then: str
    at: int


class Identity(NamedTuple):
    """What a provider says of who signed in there.

    `email`, in lower case, only where the provider has verified it. `second_factor`: it asked for
    one.
    """

    issuer: str
    subject: str
    email: str | None = None
    second_factor: bool = False


class SignedIn(NamedTuple):
    """The cookie's secret of the session that was begun, or why there is none."""

    secret: str | None = None
    reason: str | None = None


def sign_in(session: Session, identity: Identity, visit: Visit, hours: int) -> SignedIn:
    """A session for the account that the subject is linked to; the first time, for the one that
    has the e-mail which the provider has verified. Coming along gives nobody an account."""
    linked = factors.identity(session, identity.issuer, identity.subject)
    account = _account(session, identity, None if linked is None else linked.account_id)
    if account is None or account.id is None:
        reason = "sso_unknown" if identity.email or linked else "sso_unverified"
        return _refuse(session, identity, visit, reason)
    if linked is None:
        if factors.is_linked(session, identity.issuer, account.id):
            # An address that was given to another person since is not the person's any more.
            return _refuse(session, identity, visit, "sso_another")
        _link(session, identity, visit, account.id)
    secret = sessions.begin(
        session,
        account.id,
        second_factor=identity.second_factor,
        now=visit.now,
        address=visit.address,
        agent=visit.agent,
        hours=hours,
        request_id=visit.request_id,
    )
    return SignedIn(secret)


def _account(session: Session, identity: Identity, linked_id: int | None) -> Account | None:
    """None as well when it was deactivated: that is nobody else's business."""
    if linked_id is not None:
        found = accounts.account(session, linked_id)
    else:
        found = factors.account_with(session, identity.email) if identity.email else None
    return found if found is not None and found.deactivated_at is None else None


def _link(session: Session, identity: Identity, visit: Visit, account_id: int) -> None:
    issuer, subject = identity.issuer, identity.subject
    factors.put_identity(session, issuer, subject, account_id, stamp(session).at)
    audit.record(
        session,
        visit.by(account_id),
        "identity:link",
        f"users/{account_id}",
        {"issuer": issuer},
        personal={"subject": subject, "email": identity.email},
    )


def _refuse(session: Session, identity: Identity, visit: Visit, reason: str) -> SignedIn:
    audit.record(
        session,
        visit.by(None),
        "session:refuse",
        "sessions",
        {"how": "sso", "issuer": identity.issuer, "reason": reason},
        personal={"subject": identity.subject, "email": identity.email},
    )
    return SignedIn(reason=reason)
