"""A light, bounded load: raw HTTP/1.1 over kept-alive loopback connections."""

import asyncio
import http.client
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import uvloop

SECONDS = 60
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)


def request(method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body:
        lines += ["content-type: application/json", f"content-length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def send(port: int, requests: Sequence[bytes], expected: int, connections: int = 8) -> None:
    """Each request once, a connection waiting for its answer before it sends its next.

    Any other status than `expected` ends it.
    """
    sent = _send(port, iter(requests), expected, connections)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.wait_for(sent, SECONDS))


async def _send(port: int, requests: Iterator[bytes], expected: int, connections: int) -> None:
    loop = asyncio.get_running_loop()
    clients = [_Client(requests, expected, loop.create_future()) for _ in range(connections)]
    for client in clients:
        await loop.create_connection(client.itself, "127.0.0.1", port)
    await asyncio.gather(*(client.done for client in clients))


class _Client(asyncio.Protocol):
    def __init__(
        self, requests: Iterator[bytes], expected: int, done: "asyncio.Future[None]"
    ) -> None:
        self.done = done
        self._requests = requests
        self._expected = b"HTTP/1.1 %d " % expected
        self._head = b""
        self._left = 0

    def itself(self) -> "_Client":
        return self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's own kind; it is no subclass of asyncio.Transport.
        self._transport = cast(asyncio.Transport, transport)
        self._next()

    def data_received(self, data: bytes) -> None:
        if self._left:
            self._left -= len(data)
        else:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            length = _LENGTH.search(self._head)
            if not self._head.startswith(self._expected) or length is None:
                self._fail(RuntimeError(self._head.decode("utf-8", "replace")[:2000]))
                return
            self._left = int(length[1]) - (len(self._head) - end - 4)
            self._head = b""
        if not self._left:
            self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(exc or RuntimeError("the server closed the connection"))

    def _next(self) -> None:
        following = next(self._requests, None)
        if following is not None:
            self._transport.write(following)
            return
        if not self.done.done():
            self.done.set_result(None)
        self._transport.close()

    def _fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)
        self._transport.close()


def get(port: int, path: str, headers: Mapping[str, str]) -> bytes:
    """The body of one answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", path, headers=dict(headers))
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != http.HTTPStatus.OK:
            raise RuntimeError(body.decode("utf-8", "replace")[:2000])
        return body
    finally:
        connection.close()
