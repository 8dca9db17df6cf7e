"""The messages between the parent, the warm process and its children; nothing here is ever unpickled.

A call is one byte on the control socket that carries three descriptors: the request (a file in memory), the write
end of the result pipe, and a reply socket. On the reply socket the warm process says when the child started and
how it ended. What arrives on the result pipe is written by the child and not trusted.
"""

import json
import math
import os
import re
import socket
import struct
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from sandbox.outcome import Arrays

JSON: TypeAlias = "bool | int | float | str | Sequence[JSON] | Mapping[str, JSON] | None"

# A SEQPACKET message is one byte, so a stream keeps the boundaries too where SEQPACKET is unknown.
CONTROL_KIND = socket.SOCK_SEQPACKET if sys.platform == "linux" else socket.SOCK_STREAM
BOOT, PREPARE, CALL, KILL = b"B", b"P", b"C", b"K"

RUNNING, ARRAYS, COMPLAINT = b"R", b"A", b"E"
DTYPES = {
    name: np.dtype(name).newbyteorder("<") for name in ("bool", "int8", "int16", "int32", "int64", "float32", "float64")
}
HEAD_BYTES = 1 << 20
TEXT_CHARACTERS = 2000
ARRAY_COUNT = 10_000
DIMENSIONS = 8

_LENGTH = struct.Struct("<I")
_REPORT = struct.Struct("<cqqd")
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]")


class Malformed(ValueError):
    """What the child wrote is not a result."""


@dataclass(frozen=True, slots=True)
class Started:
    """The child exists."""

    pid: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The kernel's account of a child.

    Attributes:
        status: As `os.wait4` returns it.
        cpu_seconds: User and system time.
        peak_bytes: Largest resident size.
    """

    status: int
    cpu_seconds: float
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class Complaint:
    """What the child says went wrong.

    Attributes:
        kind: Name of the exception's class.
        text: Its text, at most `TEXT_CHARACTERS`.
        line: Line of the source, or 0 where none is known.
    """

    kind: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Said:
    """Everything the child said, checked.

    Attributes:
        running: The second phase was reached.
        words: The last word; None if there was none.
    """

    running: bool
    words: Arrays | Complaint | None


def memory_file(content: bytes) -> int:
    """Return a descriptor of a nameless file with this content, to be read from offset 0."""
    if sys.platform == "linux":
        descriptor = os.memfd_create("request", os.MFD_CLOEXEC)
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view) :]
    except BaseException:  # passed on to the caller; here only the file is closed
        os.close(descriptor)
        raise
    return descriptor


def read_file(descriptor: int) -> bytes:
    """Return the content of a memory file without moving its offset, which a second child shares."""
    parts: list[bytes] = []
    offset = 0
    while part := os.pread(descriptor, 1 << 20, offset):
        parts.append(part)
        offset += len(part)
    return b"".join(parts)


def pack_json(value: JSON) -> bytes:
    """Return a value as ASCII JSON, which carries even lone surrogates."""
    return json.dumps(value, ensure_ascii=True).encode("ascii")


def unpack_json(data: bytes) -> dict[str, JSON]:
    """Return the JSON object that `pack_json` wrote; only for trusted writers."""
    return cast("dict[str, JSON]", json.loads(data))


def send(control: socket.socket, kind: bytes, descriptors: Sequence[int]) -> None:
    """Send one message with its descriptors; atomic, so threads need no lock."""
    socket.send_fds(control, [kind], list(descriptors))


def receive(control: socket.socket) -> tuple[bytes, list[int]]:
    """Return the next message and its descriptors; empty bytes when the other side is gone."""
    kind, descriptors, _flags, _address = socket.recv_fds(control, 1, 3)
    return kind, descriptors


def pack_report(report: Started | Ended) -> bytes:
    """Return what the warm process says on a reply socket."""
    if isinstance(report, Started):
        return _REPORT.pack(b"S", report.pid, 0, 0.0)
    return _REPORT.pack(b"E", report.status, report.peak_bytes, report.cpu_seconds)


def receive_report(reply: socket.socket) -> Started | Ended | None:
    """Return the next report, or None when the warm process is gone."""
    try:
        data = reply.recv(_REPORT.size, socket.MSG_WAITALL)
    except ConnectionError:
        return None
    if len(data) < _REPORT.size:
        return None
    kind, number, peak, seconds = _REPORT.unpack(data)
    return Started(number) if kind == b"S" else Ended(number, seconds, peak)


def pack_arrays(arrays: Arrays) -> Iterator[bytes | memoryview]:
    """Yield the parts of a result that is good.

    Raises:
        TypeError: A value is not an array of a type that may travel.
    """
    heads: list[JSON] = []
    bodies: list[memoryview] = []
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray) or array.dtype.name not in DTYPES:
            raise TypeError(f"result {name!r} must be an array of {', '.join(DTYPES)}")
        heads.append([name, array.dtype.name, list(array.shape)])
        plain = np.ascontiguousarray(array, dtype=DTYPES[array.dtype.name])
        bodies.append(plain.reshape(-1).view(np.uint8).data)
    head = pack_json(heads)
    yield ARRAYS + _LENGTH.pack(len(head)) + head
    yield from bodies


def pack_complaint(complaint: Complaint) -> bytes:
    """Return a result that is a failure."""
    head = pack_json([complaint.kind[:100], complaint.text[:TEXT_CHARACTERS], complaint.line])
    return COMPLAINT + _LENGTH.pack(len(head)) + head


def unpack_result(data: bytes) -> Said:
    """Return what a child said.

    Args:
        data: Everything that came through the result pipe; its length is bounded by whoever read it.

    Raises:
        Malformed: It is not what `pack_arrays` or `pack_complaint` write.
    """
    running = data.startswith(RUNNING)
    body = data[len(RUNNING) :] if running else data
    if not body:
        return Said(running, None)
    tag, head, payload = _split(body)
    if tag == ARRAYS:
        return Said(running, _unpack_arrays(head, payload))
    if tag == COMPLAINT and not payload:
        return Said(running, _unpack_complaint(head))
    raise Malformed("unknown kind of result")


def _split(body: bytes) -> tuple[bytes, JSON, memoryview]:
    start = 1 + _LENGTH.size
    if len(body) < start:
        raise Malformed("truncated result")
    (length,) = _LENGTH.unpack_from(body, 1)
    if length > min(HEAD_BYTES, len(body) - start):
        raise Malformed("head of the result is too long")
    try:
        head = json.loads(body[start : start + length])
    except (ValueError, RecursionError) as error:
        raise Malformed("head of the result is not JSON") from error
    return body[:1], head, memoryview(body)[start + length :]


def _unpack_complaint(head: JSON) -> Complaint:
    match head:
        case [str(kind), str(text), int(line)] if kind.isidentifier() and len(kind) <= 100:
            return Complaint(kind, printable(text), line if 0 < line < 1 << 20 else 0)
    raise Malformed("complaint is malformed")


def _unpack_arrays(head: JSON, payload: memoryview) -> Arrays:
    if not isinstance(head, list) or len(head) > ARRAY_COUNT:
        raise Malformed("list of arrays is malformed")
    arrays = {}
    for item in head:
        name, dtype, shape = _described(item)
        size = math.prod(shape) * dtype.itemsize
        if name in arrays or size > len(payload):
            raise Malformed("array is named twice or longer than the result")
        arrays[name] = _array(payload[:size], dtype, shape)
        payload = payload[size:]
    if payload:
        raise Malformed("result is longer than its arrays")
    return arrays


def _described(item: JSON) -> "tuple[str, np.dtype[np.generic], list[int]]":
    match item:
        case [str(name), str(dtype), [*sizes]] if dtype in DTYPES and len(name) <= 200 and len(sizes) <= DIMENSIONS:
            shape = [size for size in sizes if type(size) is int and 0 <= size < 1 << 40]
            if len(shape) == len(sizes):
                return name, DTYPES[dtype], shape
    raise Malformed("array is malformed")


def _array(data: memoryview, dtype: "np.dtype[np.generic]", shape: list[int]) -> NDArray[np.generic]:
    raw = np.frombuffer(data, np.uint8)
    if dtype.kind == "b" and raw.max(initial=0) > 1:
        raise Malformed("array of truth values holds other values")
    try:
        return raw.copy().view(dtype).astype(dtype.newbyteorder("="), copy=False).reshape(shape)
    except ValueError as error:  # an array of no bytes may still have sides that no machine can index
        raise Malformed("array is malformed") from error


def printable(text: str) -> str:
    """Return text that the child wrote without control and direction characters, and not too long."""
    return _CONTROLS.sub(" ", text[:TEXT_CHARACTERS]).strip()
