"""Tasks for the tests of the sandbox: one that compiles like the real one, one that runs any Python."""

import ctypes
import fcntl
import gc
import inspect
import math
import mmap
import multiprocessing
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import types
from collections.abc import Callable, Mapping

import numpy as np

Arrays = dict[str, np.ndarray]
Task = Callable[[str, Mapping[str, object]], Callable[[], Arrays]]

# What hostile code would like to find: nothing can be imported once a child is confined.
LOADED = (
    ctypes, fcntl, gc, inspect, math, mmap, multiprocessing, os, resource, select, signal, socket, subprocess, sys,
    threading, time, types, np,
)  # fmt: skip


def compiling() -> Task:
    """Compile `f(x)` to float64(float64) with bounds checks; return f of the request's numbers."""
    from numba import float64, njit

    signature = float64(float64)

    def compiled(source: str) -> Callable[[float], float]:
        names: dict[str, object] = {"np": np, "math": math}
        exec(compile(source, "<heuristic>", "exec"), names)
        for name, value in list(names.items()):
            if isinstance(value, types.FunctionType) and name != "f":
                names[name] = njit(boundscheck=True, error_model="python")(value)
        return njit(signature, boundscheck=True, error_model="python")(names["f"])

    def task(source: str, request: Mapping[str, object]) -> Callable[[], Arrays]:
        function = compiled(source)
        return lambda: {"y": np.array([function(float(x)) for x in request.get("x", [1.0, 2.5])])}

    compiled("def f(x):\n    return np.sqrt(x) + x ** 2 if x > 0 else 1.0 / x")(4.0)
    return task


def anything() -> Task:
    """Run the source as plain Python in the phase that the request names; `f(1.0)`, if defined, gives the arrays."""

    def task(source: str, request: Mapping[str, object]) -> Callable[[], Arrays]:
        def run() -> Arrays:
            names: dict[str, object] = {module.__name__: module for module in LOADED} | {"np": np} | dict(request)
            exec(compile(source, "<heuristic>", "exec"), names)
            result = names["f"](1.0) if "f" in names else names.get("arrays")
            return result if isinstance(result, dict) else {}

        if request.get("phase", "run") == "run":
            return run
        arrays = run()
        return lambda: arrays

    return task


def broken() -> Task:
    """Fail while the warm process is starting."""
    raise LookupError("there is no such problem")


def dying() -> Task:
    """End the warm process while it is starting."""
    os.write(2, b"out of luck\n")
    os._exit(7)


def settings(factor: float = 1.0, values: list[float] | None = None) -> Task:
    """Return the options that the target was called with."""

    def task(source: str, request: Mapping[str, object]) -> Callable[[], Arrays]:
        return lambda: {"given": np.array(values or []) * factor}

    return task
