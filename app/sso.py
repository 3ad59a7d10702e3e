"""Signing in at an OpenID provider: what is asked of it, and what of its word is believed.

The code flow with PKCE, state and nonce. Every call to the provider goes out from here, bounded in
time, size and number; what it says of itself, and its keys, are kept for an hour.
"""

import logging
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from hmac import compare_digest
from typing import Any, NamedTuple

import anyio
import httpx2
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import get_well_known_url
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from app.domain.errors import NotAllowed, Unavailable
from app.domain.text import control_character, nfc
from app.services.identities import Attempt, Identity
from app.settings import Settings, is_safe_way

CALLBACK = "/login/sso/callback"
# What a public key verifies; never `none`, nor a secret that both sides know.
ALGORITHMS = ("RS256", "ES256", "EdDSA", "Ed25519")
SECOND_FACTORS = frozenset({"mfa", "otp", "hwk"})
CALL_SECONDS = 5
CALLS_AT_ONCE = 8
MOST_BYTES = 256 * 1024
KEPT_SECONDS = 3600
# A key that is not known makes the keys be asked for anew, but not more often than this.
RENEWED_SECONDS = 60
ATTEMPT_SECONDS = 600
LEEWAY_SECONDS = 60
log = logging.getLogger(__name__)


class _Counted(httpx2.AsyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._stream:
            size += len(chunk)
            if size > MOST_BYTES:
                raise httpx2.DecodingError("more than a provider has to say")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Bounded(httpx2.AsyncHTTPTransport):
    """An answer that is too long is not read to its end, nor one that could unpack to more."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = await super().handle_async_request(request)
        answer.stream = _Counted(answer.stream)
        if answer.headers.get("content-encoding", "identity") != "identity":
            await answer.aclose()
            raise httpx2.DecodingError("a coding that was not asked for")
        return answer


class _Endpoints(NamedTuple):
    authorization: str
    token: str
    keys: str
    says_issuer: bool


class Provider:
    """The one provider that the settings name."""

    def __init__(self, settings: Settings) -> None:
        file = settings.oidc_client_secret_file
        self.issuer, self.client_id = settings.oidc_issuer, settings.oidc_client_id
        self.redirect_uri = settings.public_url.rstrip("/") + CALLBACK
        self._secret = file.read_text("utf-8").strip() if file else None
        self._trust = httpx2.create_ssl_context()
        self._calls = anyio.CapacityLimiter(CALLS_AT_ONCE)
        self._endpoints: tuple[float, _Endpoints] | None = None
        self._keys: tuple[float, KeySet] | None = None

    async def begin(self, then: str, now: datetime) -> tuple[str, Attempt]:
        """The provider's address to send a browser to, and what it has to bring back from there."""
        state, nonce, verifier = generate_token(48), generate_token(48), generate_token(64)
        attempt = Attempt(state, nonce, verifier, then, int(now.timestamp()))
        async with self._calling() as client:
            endpoints = await self._known(client)
            address, _ = client.create_authorization_url(
                endpoints.authorization,
                state=attempt.state,
                nonce=attempt.nonce,
                code_verifier=attempt.verifier,
            )
        return address, attempt

    async def finish(self, attempt: Attempt, said: Mapping[str, str], now: datetime) -> Identity:
        """Who signed in there. `said` is the query that the browser came back with.

        NotAllowed when it belongs to no attempt of this browser, when the provider let nobody in,
        or its word is not believed; Unavailable when it does not answer.
        """
        code = _code(attempt, said, now)
        async with self._calling() as client:
            endpoints = await self._known(client)
            # The mix-up of two providers (RFC 9207).
            if said.get("iss", "" if endpoints.says_issuer else self.issuer) != self.issuer:
                raise NotAllowed(reason="sso_distrusted")
            try:
                token = await client.fetch_token(
                    endpoints.token, code=code, code_verifier=attempt.verifier
                )
                claims = await self._claims(client, endpoints, token, attempt, now)
            except OAuthError as error:
                log.warning("the OpenID provider refused a code: %s", error.error)
                raise NotAllowed(reason="sso_refused") from error
            except JoseError as error:
                log.warning("an ID token is not believed: %s", error.error)
                raise NotAllowed(reason="sso_distrusted") from error
        return self._identity(claims)

    @asynccontextmanager
    async def _calling(self) -> AsyncIterator[AsyncOAuth2Client]:
        """A client for some calls. Unavailable when one of them fails."""
        try:
            with anyio.fail_after(2 * CALL_SECONDS):
                async with (
                    self._calls,
                    AsyncOAuth2Client(
                        self.client_id,
                        self._secret,
                        scope="openid email",
                        redirect_uri=self.redirect_uri,
                        code_challenge_method="S256",
                        headers={"accept-encoding": "identity"},
                        timeout=CALL_SECONDS,
                        transport=_Bounded(verify=self._trust),
                    ) as client,
                ):
                    yield client
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, ValueError, KeyError) as error:
            log.warning("the OpenID provider does not answer as it should: %r", error)
            raise Unavailable() from error

    async def _known(self, client: AsyncOAuth2Client) -> _Endpoints:
        """Where the provider is asked what, by its discovery document."""
        now = time.monotonic()
        if self._endpoints is None or now > self._endpoints[0] + KEPT_SECONDS:
            said = await _json(client, get_well_known_url(self.issuer, external=True))
            if said["issuer"] != self.issuer:
                raise ValueError("the discovery document is another issuer's")
            found = _Endpoints(
                said["authorization_endpoint"],
                said["token_endpoint"],
                said["jwks_uri"],
                said.get("authorization_response_iss_parameter_supported") is True,
            )
            if not all(is_safe_way(url) for url in found[:3]):
                raise ValueError("an endpoint is not https")
            self._endpoints = now, found
        return self._endpoints[1]

    async def _claims(
        self,
        client: AsyncOAuth2Client,
        endpoints: _Endpoints,
        token: Mapping[str, Any],
        attempt: Attempt,
        now: datetime,
    ) -> CodeIDToken:
        """The ID token's, when it is the provider's, of now, for us, and for this attempt."""
        signed = str(token["id_token"])
        try:
            found = jwt.decode(signed, await self._key_set(client, endpoints), ALGORITHMS)
        except InvalidKeyIdError:
            keys = await self._key_set(client, endpoints, older_seconds=RENEWED_SECONDS)
            found = jwt.decode(signed, keys, ALGORITHMS)
        claims = CodeIDToken(
            found.claims,
            found.header,
            {
                "iss": {"essential": True, "value": self.issuer},
                "aud": {"essential": True, "values": [self.client_id]},
            },
            {"nonce": attempt.nonce, "client_id": self.client_id},
        )
        claims.validate(int(now.timestamp()), LEEWAY_SECONDS)
        return claims

    async def _key_set(
        self,
        client: AsyncOAuth2Client,
        endpoints: _Endpoints,
        older_seconds: int = KEPT_SECONDS,
    ) -> KeySet:
        """The provider's public keys; asked for anew when they are older than that."""
        now = time.monotonic()
        if self._keys is None or now > self._keys[0] + older_seconds:
            said: Any = await _json(client, endpoints.keys)
            self._keys = now, KeySet.import_key_set(said)
        return self._keys[1]

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        subject, email = claims["sub"], claims.get("email")
        if not 0 < len(subject) <= 255 or control_character(f"{subject}{email}"):
            raise NotAllowed(reason="sso_distrusted")
        verified = isinstance(email, str) and claims.get("email_verified") is True
        means = {one for one in claims.get("amr") or [] if isinstance(one, str)}
        return Identity(
            self.issuer,
            subject,
            nfc(str(email)).lower() if verified else None,
            bool(means & SECOND_FACTORS),
        )


def _code(attempt: Attempt, said: Mapping[str, str], now: datetime) -> str:
    age = int(now.timestamp()) - attempt.at
    mine = compare_digest(said.get("state", "").encode(), attempt.state.encode())
    if not mine or not 0 <= age <= ATTEMPT_SECONDS:
        raise NotAllowed(reason="sso_expired")
    if "code" not in said:
        raise NotAllowed(reason="sso_refused")
    return said["code"]


async def _json(client: AsyncOAuth2Client, url: str) -> dict[str, Any]:
    answer = await client.get(url, auth=None)
    answer.raise_for_status()
    said = answer.json()
    if not isinstance(said, dict):
        raise ValueError("not a JSON object")
    return said
