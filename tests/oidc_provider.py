"""An OpenID provider on loopback: idpyoidc's, with its authorization, token and key endpoints.

Its word is its own unless a test gives `forge`, which is asked for the ID token that goes out.
"""

import json
import logging
import threading
from base64 import urlsafe_b64decode
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from idpyoidc.server import Server
from idpyoidc.server.configure import OPConfiguration
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "chitieu", "chi-tieu-" + "k3" * 12
CALLBACK = "http://testserver/login/sso/callback"
SERVER = "idpyoidc.server"
SIGNING = ({"type": "RSA", "use": ["sig"]}, {"type": "EC", "crv": "P-256", "use": ["sig"]})
Claims = dict[str, Any]


def _keys(*kinds: dict[str, Any]) -> dict[str, Any]:
    return {"key_defs": list(kinds)}


def _encrypted() -> dict[str, Any]:
    keys = _keys(*({"type": "OCT", "use": ["enc"], "kid": kid} for kid in ("password", "salt")))
    return {"kwargs": {"keys": keys, "iterations": 1}}


def _configuration(issuer: str) -> dict[str, Any]:
    pkce = {"essential": True, "code_challenge_methods": {"S256": None}}
    return {
        "issuer": issuer,
        "key_conf": {**_keys(*SIGNING), "uri_path": "jwks"},
        "response_types_supported": ["code"],
        "endpoint": {
            "provider_config": {
                "path": ".well-known/openid-configuration",
                "class": f"{SERVER}.oidc.provider_config.ProviderConfiguration",
            },
            "authorization": {
                "path": "authorization",
                "class": f"{SERVER}.oidc.authorization.Authorization",
            },
            "token": {
                "path": "token",
                "class": f"{SERVER}.oidc.token.Token",
                "kwargs": {"client_authn_method": ["client_secret_basic"]},
            },
        },
        "authentication": {
            "anybody": {
                "acr": "urn:oasis:names:tc:SAML:2.0:ac:classes:InternetProtocolPassword",
                "class": f"{SERVER}.user_authn.user.NoAuthn",
                "kwargs": {"user": "nobody"},
            }
        },
        "userinfo": {"class": f"{SERVER}.user_info.UserInfo", "kwargs": {"db": {}}},
        "claims_interface": {"class": f"{SERVER}.session.claims.ClaimsInterface", "kwargs": {}},
        "add_on": {
            "pkce": {"function": f"{SERVER}.oauth2.add_on.pkce.add_support", "kwargs": pkce}
        },
        "session_params": {"encrypter": _encrypted()},
        "token_handler_args": {
            "code": {"lifetime": 600, "kwargs": {"crypt_conf": _encrypted()}},
            "token": {"class": f"{SERVER}.token.jwt_token.JWTToken", "kwargs": {"lifetime": 600}},
            "id_token": {
                "class": f"{SERVER}.token.id_token.IDToken",
                "kwargs": {"add_claims_by_scope": True, "base_claims": {"amr": None}},
            },
        },
    }


class Provider:
    """`people`: claims by user; `user`: who sits at the browser; `asked`: what was called.

    It answers nothing while `answers` is not set, and ends what it says with `padding`.
    """

    def __init__(self) -> None:
        self.people: dict[str, Claims] = {}
        self.user = ""
        self.down = False
        self.padding = ""
        self.answers = threading.Event()
        self.more_keys: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.forge: Callable[[Claims], str] | None = None
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.issuer = f"http://127.0.0.1:{self._http.server_port}"
        self._server = Server(OPConfiguration(_configuration(self.issuer)))
        self._server.context.userinfo.db = self.people
        self._server.context.cdb[CLIENT] = {
            "client_secret": SECRET,
            "redirect_uris": [(CALLBACK, "")],
            "response_types_supported": ["code"],
            "allowed_scopes": ["openid", "email"],
            "token_endpoint_auth_method": "client_secret_basic",
        }
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> Self:
        logging.getLogger("idpyoidc").setLevel(logging.CRITICAL)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def reset(self) -> None:
        self.people.clear()
        self.user, self.down, self.padding, self.forge = "", False, "", None
        self.answers.set()
        self.more_keys.clear()
        self.asked.clear()

    def sign(self, claims: Claims, **header: str) -> str:
        """An ID token of these claims and no others, by the provider's own key."""
        public = next(key for key in self.public_keys() if key["kty"] == "RSA")
        known = self._server.keyjar.get_signing_key("RSA", kid=public["kid"])[0]
        pem = known.private_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        key = RSAKey.import_key(pem)
        return jwt.encode({"alg": "RS256", "kid": public["kid"], **header}, claims, key)

    def public_keys(self) -> list[dict[str, Any]]:
        """The public ones, as it hands them out."""
        exported: list[dict[str, Any]] = self._server.keyjar.export_jwks()["keys"]
        return exported + self.more_keys

    def _handler(provider) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - the handler has a self
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider._answer(self, dict(parse_qsl(urlsplit(self.path).query)))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                provider._answer(self, dict(parse_qsl(body.decode())))

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def _answer(self, request: BaseHTTPRequestHandler, said: dict[str, str]) -> None:
        path = urlsplit(request.path).path.strip("/")
        self.asked.append(path)
        self.answers.wait(5)
        if self.down:
            request.send_error(502)
            return
        status, headers, body = self._endpoint(request, path, said)
        with suppress(ConnectionError):  # who asked has not waited
            request.send_response(status)
            for name, value in headers:
                request.send_header(name, value)
            request.end_headers()
            request.wfile.write((body + self.padding).encode())

    def _endpoint(
        self, request: BaseHTTPRequestHandler, path: str, said: dict[str, str]
    ) -> tuple[int, list[tuple[str, str]], str]:
        as_json = [("content-type", "application/json")]
        if path == "jwks":
            return 200, as_json, json.dumps({"keys": self.public_keys()})
        name = {".well-known/openid-configuration": "provider_config"}.get(path, path)
        endpoint = self._server.get_endpoint(name)
        self._server.context.authn_broker["anybody"]["method"].user = self.user
        came = {
            "headers": {k.lower(): v for k, v in request.headers.items()},
            "method": request.command,
            "url": self.issuer + request.path,
            "cookie": [],
        }
        parsed = endpoint.parse_request(said, http_info=came)
        if "error" in parsed:
            return 400, as_json, parsed.to_json()
        done = endpoint.process_request(parsed, http_info=came)
        if name == "token" and self.forge is not None:
            done["response_args"]["id_token"] = self._forged(done["response_args"]["id_token"])
        answer = endpoint.do_response(request=parsed, **done)
        if answer["response"].startswith("http"):
            return 303, [("location", answer["response"])], ""
        return 200, as_json, answer["response"]

    def _forged(self, signed: str) -> str:
        assert self.forge is not None
        payload = signed.split(".")[1]
        return self.forge(json.loads(urlsafe_b64decode(payload + "==")))
