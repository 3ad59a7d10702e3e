"""What forms of people share: read, from our own pages, in turn, and where they lead."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, Request

from app.bodies import fields_of, read_body
from app.deps import Buckets, CurrentActor, from_elsewhere, sender
from app.domain.errors import Fault, NotAllowed
from app.i18n import explain, say
from app.web.paper import language_of

T = TypeVar("T")
FORM_BYTES = 8192
# With a comment of ten thousand letters, each of which may be nine bytes of a form.
WORDS_BYTES = 131_072
# As many passwords as are hashed at once; who waits for them holds up nobody else's request.
AT_ONCE = 2


async def _form(request: Request) -> dict[str, str]:
    """The fields of a small form, the first of each name."""
    return fields_of(await read_body(request, FORM_BYTES))


Form = Annotated[dict[str, str], Depends(_form)]


async def _words(request: Request, _actor: CurrentActor) -> dict[str, str]:
    """Read after it is known who sends them."""
    return fields_of(await read_body(request, WORDS_BYTES))


WordsForm = Annotated[dict[str, str], Depends(_words)]


async def own_form(request: Request) -> None:
    """NotAllowed for what another site's page sends; for forms before there is a session."""
    if from_elsewhere(request):
        raise NotAllowed(reason="elsewhere")


async def attempt(request: Request) -> None:
    """TooManyRequests when too much was tried from one address; a person needs one or two."""
    tried: Buckets = request.app.state.sign_in_attempts
    tried.take(sender(request))


async def in_turn(request: Request, work: Callable[[], T]) -> T:
    """Done by a thread of those that hash passwords, when it is its turn."""
    hashing: CapacityLimiter = request.app.state.hashing
    return await to_thread.run_sync(work, limiter=hashing)


def local_path(said: str | None) -> str:
    """Where to go after signing in: a path of this site, never another site."""
    path = said or "/"
    plain = path.isascii() and path.isprintable() and "\\" not in path
    plain = plain and path[:1] == "/" and path[:2] != "//"
    return path if plain and not path.startswith(("/login", "/logout")) else "/"


def not_twice(request: Request) -> dict[str, str]:
    """What is wrong when a new password was not typed alike two times."""
    return {"again": say("account.differs", language_of(request))}


def once_key(once: str, request: bytes) -> str | None:
    """A page's form that is sent twice is taken once; what was typed anew into the same page is no
    repetition. `once` is what the page gave the form; None without."""
    begun = hashlib.sha256(f"page {once}".encode("utf-8", "backslashreplace"))
    begun.update(request)
    return begun.hexdigest() if once else None


def why(request: Request, faults: Sequence[Fault]) -> dict[str, str]:
    """What is wrong with each field, in words, by the field's name."""
    language = language_of(request)
    return {one.place.strip("/"): explain(one.code, language, one.facts) for one in faults}
