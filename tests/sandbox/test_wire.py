import contextlib
import json
import os
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sandbox import wire
from sandbox.wire import Complaint, Malformed, Said

dtypes = st.sampled_from([np.dtype(name) for name in wire.DTYPES])
arrays = st.dictionaries(
    st.text(max_size=20),
    dtypes.flatmap(lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, min_side=0, max_dims=4))),
    max_size=5,
)


def frame(tag: bytes, head: object, payload: bytes = b"") -> bytes:
    text = head if isinstance(head, bytes) else json.dumps(head).encode()
    return tag + struct.pack("<I", len(text)) + text + payload


@given(arrays, st.booleans())
def test_arrays_arrive_as_they_were_sent(sent, running):
    data = (wire.RUNNING if running else b"") + b"".join(bytes(part) for part in wire.pack_arrays(sent))
    said = wire.unpack_result(data)
    assert said.running == running
    assert list(said.words) == list(sent)
    for name, array in sent.items():
        assert said.words[name].dtype == array.dtype
        np.testing.assert_array_equal(said.words[name], array)
        assert said.words[name].flags.aligned


@given(st.text(max_size=50), st.integers(0, 1000))
def test_a_complaint_arrives_without_control_characters(text, line):
    said = wire.unpack_result(wire.pack_complaint(Complaint("ValueError", text, line)))
    assert said.words == Complaint("ValueError", wire.printable(text), line)
    assert not any(ord(character) < 32 and character != "\n" for character in said.words.text)


@given(st.binary(max_size=200))
def test_random_bytes_are_malformed_or_a_result_and_never_anything_else(data):
    with contextlib.suppress(Malformed):
        assert isinstance(wire.unpack_result(data), Said)


@given(arrays, st.data())
def test_a_damaged_result_is_malformed_or_bounded_by_what_was_written(sent, data):
    good = bytearray(b"".join(bytes(part) for part in wire.pack_arrays(sent)))
    place = data.draw(st.integers(0, len(good) - 1))
    good[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(good)))
    try:
        said = wire.unpack_result(bytes(good[:cut]))
    except Malformed:
        return
    if isinstance(said.words, dict):
        assert sum(array.nbytes for array in said.words.values()) <= len(good)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda x: st.lists(x, max_size=4)))
def test_any_json_as_the_head_is_malformed_or_a_result(head):
    for tag in (wire.ARRAYS, wire.COMPLAINT):
        with contextlib.suppress(Malformed):
            assert isinstance(wire.unpack_result(frame(tag, head)), Said)


@pytest.mark.parametrize(
    "data",
    [
        frame(b"A", [["a", "int64", [1 << 39]]]),  # would be four terabytes
        frame(b"A", [["a", "int64", [0, 1 << 39, 1 << 39]]]),  # nothing, with sides beyond any index
        frame(b"A", [["a", "int64", [-1]]]),  # a negative size
        frame(b"A", [["a", "int64", [True]]], bytes(8)),  # True is an int in Python
        frame(b"A", [["a", "int64", [1.0]]], bytes(8)),  # a size that is no integer
        frame(b"A", [["a", "int64", [1] * 9]], bytes(8)),  # too many dimensions
        frame(b"A", [["a", "int64", [1]]], bytes(7)),  # too short
        frame(b"A", [["a", "int64", [1]]], bytes(9)),  # too long
        frame(b"A", [["a", "object", [1]]], bytes(8)),  # a type that holds pointers
        frame(b"A", [["a", "O", [1]]], bytes(8)),  # the same by its letter
        frame(b"A", [["a", "U8", [1]]], bytes(32)),  # text
        frame(b"A", [["a", "bool", [1]]], b"\x02"),  # a truth value that is neither
        frame(b"A", [["a", "int8", [0]], ["a", "int8", [0]]]),  # a name twice
        frame(b"A", {"a": 1}),  # an object instead of a list
        frame(b"A", b"[" * 100_000),  # deep enough to exhaust the parser
        frame(b"A", b"\xff\xfe"),  # not a text
        frame(b"E", ["Error", "text"]),  # no line
        frame(b"E", ["not a name", "text", 1]),  # a kind that is no class
        frame(b"E", ["Error", "text", 1], b"more"),  # something behind the complaint
        frame(b"P", []),  # an unknown tag
        b"A\xff\xff\xff\xff[]",  # a head of four gigabytes
        b"A",  # nothing behind the tag
        b"\x80\x04cos\nsystem\n(S'id'\ntR.",  # a pickle
    ],
)
def test_a_forged_result_is_malformed(data):
    with pytest.raises(Malformed):
        wire.unpack_result(data)


def test_a_result_is_laid_out_as_documented():
    parts = list(wire.pack_arrays({"a": np.array([[1, 2]], np.int16)}))
    assert b"".join(bytes(part) for part in parts) == frame(b"A", b'[["a", "int16", [1, 2]]]', b"\x01\x00\x02\x00")


@pytest.mark.parametrize("value", [[1], np.array(["a"]), np.array([None]), np.array([1j]), np.zeros(2, "m8[s]")])
def test_only_arrays_of_plain_numbers_travel(value):
    with pytest.raises(TypeError, match="must be an array of"):
        list(wire.pack_arrays({"a": value}))


def test_foreign_byte_order_and_strides_do_not_change_the_values():
    sent = {"swapped": np.arange(3, dtype=">i4"), "strided": np.arange(10)[::3], "turned": np.arange(6).reshape(2, 3).T}
    said = wire.unpack_result(b"".join(bytes(part) for part in wire.pack_arrays(sent)))
    for name, array in sent.items():
        np.testing.assert_array_equal(said.words[name], array)


def test_silence_is_no_words():
    assert wire.unpack_result(b"") == Said(False, None)
    assert wire.unpack_result(b"R") == Said(True, None)


def test_a_memory_file_can_be_read_twice_and_holds_lone_surrogates():
    descriptor = wire.memory_file(wire.pack_json({"source": "\ud800 \N{BULLET}"}))
    try:
        assert wire.unpack_json(wire.read_file(descriptor)) == {"source": "\ud800 \N{BULLET}"}
        assert wire.unpack_json(wire.read_file(descriptor)) == {"source": "\ud800 \N{BULLET}"}
    finally:
        os.close(descriptor)


def test_a_long_text_is_cut():
    assert len(wire.printable("x" * 10_000)) == wire.TEXT_CHARACTERS
