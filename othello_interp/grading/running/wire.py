"""Messages between the parent and a child: four bytes of length, then plain data as `exercises.encode`
writes it.

Reading can't run code. The parent reads with a limit on size and takes whatever comes as hostile.
"""

import socket
import time
from typing import Any

from othello_interp.exercises.calling.encode import EncodeError, decode, encode

MAX_MESSAGE = 64 * 2**20  # to a child: inputs
MAX_ANSWER = 16 * 2**20  # from a child
MAX_ANSWERS = 32 * 2**20  # from one child in all
MAX_REPORT = 256 * 2**10  # an answer that the parent itself reads


class WireError(Exception):
    """The other side hung up, was too slow, or sent something that is no message."""


def send(channel: socket.socket, message: Any, limit: int = MAX_MESSAGE) -> None:
    """Send plain data.

    Raises:
        EncodeError: it isn't plain, or longer than `limit`.
        WireError: the other side is gone.
    """
    send_coded(channel, encode(message, limit))


def send_coded(
    channel: socket.socket, data: bytes, deadline: float | None = None, files: list[int] | None = None
) -> None:
    """Send what `encode` has made; WireError if it isn't read before the deadline (`time.monotonic`).

    Args:
        files: open descriptors to send after it.
    """
    try:
        channel.settimeout(_left(deadline))
        channel.sendall(len(data).to_bytes(4, "little"))
        channel.sendall(data)
        if files is not None:
            socket.send_fds(channel, [b"f"], files)
    except OSError as error:
        raise WireError(f"could not send: {error}") from None


def receive_files(channel: socket.socket, most: int) -> list[int]:
    """The descriptors that were sent after a message."""
    return socket.recv_fds(channel, 1, most)[1]


def receive(channel: socket.socket, deadline: float | None = None, tensors: bool = True) -> Any:
    """The next message; WireError if none comes before the deadline, or if it isn't one.

    Args:
        tensors: whether there may be any.
    """
    try:
        return decode(receive_coded(channel, deadline), MAX_MESSAGE, tensors)
    except EncodeError as error:
        raise WireError(str(error)) from None


def receive_coded(channel: socket.socket, deadline: float | None = None, limit: int = MAX_MESSAGE) -> bytes:
    """The next message as it came: nothing in it has been looked at."""
    size = int.from_bytes(_exactly(channel, 4, deadline), "little")
    if size > limit:
        raise WireError(f"a message of {size:,} bytes, at most {limit:,} are allowed")
    return _exactly(channel, size, deadline)


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
