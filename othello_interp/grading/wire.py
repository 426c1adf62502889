"""Messages between the parent and a child: four bytes of length, then plain data as `exercises.encode`
writes it.

Reading can't run code. The parent reads with a limit on size and takes whatever comes as hostile.
"""

import socket
import time
from typing import Any

from othello_interp.exercises.encode import EncodeError, decode, encode

MAX_MESSAGE = 64 * 2**20


class WireError(Exception):
    """The other side hung up, was too slow, or sent something that is no message."""


def send(channel: socket.socket, message: Any, deadline: float | None = None) -> None:
    """Send plain data; WireError if the other side is gone or does not read it in time (`time.monotonic`)."""
    send_coded(channel, encode(message, MAX_MESSAGE), deadline)


def send_coded(channel: socket.socket, data: bytes, deadline: float | None = None) -> None:
    """Send what `encode` has made."""
    try:
        channel.settimeout(_left(deadline))
        channel.sendall(len(data).to_bytes(4, "little"))
        channel.sendall(data)
    except OSError as error:
        raise WireError(f"could not send: {error}") from None


def receive(channel: socket.socket, deadline: float | None = None) -> Any:
    """The next message; WireError if none comes before the deadline, or if it isn't one."""
    size = int.from_bytes(_exactly(channel, 4, deadline), "little")
    if size > MAX_MESSAGE:
        raise WireError(f"a message of {size:,} bytes, at most {MAX_MESSAGE:,} are allowed")
    try:
        return decode(_exactly(channel, size, deadline), MAX_MESSAGE)
    except EncodeError as error:
        raise WireError(str(error)) from None


def _exactly(channel: socket.socket, size: int, deadline: float | None) -> bytes:
    data = bytearray()
    while len(data) < size:
        try:
            channel.settimeout(_left(deadline))
            part = channel.recv(min(size - len(data), 1 << 20))
        except OSError as error:
            raise WireError(f"nothing came: {error}") from None
        if not part:
            raise WireError("the other side hung up")
        data += part
    return bytes(data)


def _left(deadline: float | None) -> float | None:
    if deadline is None:
        return None
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the time is up")
    return left
