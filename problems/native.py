"""Calling a compiled heuristic by its native address from a compiled simulator.

The simulator is compiled once, cached on disk, and receives the address as an integer. Numba's own calling
convention is used, so an exception raised by the heuristic propagates through the simulator. Compared with passing
a first-class function this saves the Python and C wrappers around every heuristic: a third of its compile time.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import sigutils, typing
from numba.extending import intrinsic


def caller(signature: str) -> Any:
    """Return `call(address, arguments)` for use inside `njit` code.

    Args:
        signature: Numba signature of the heuristic, with explicit types; `arguments` is a tuple of them.
    """
    parameters, result = sigutils.normalize_signature(signature)

    def typed_call(typing_context: Any, address: Any, arguments: Any) -> Any:
        def generate(context: Any, builder: Any, _signature: Any, values: Any) -> Any:
            given = [builder.extract_value(values[1], index) for index in range(len(parameters))]
            convention = context.call_conv
            pointer_type = convention.get_function_type(result, parameters).as_pointer()
            function: ir.Value = builder.inttoptr(values[0], pointer_type)
            status, value = convention.call_function(builder, function, result, parameters, given)
            with builder.if_then(status.is_error, likely=False):
                convention.return_status_propagate(builder, status)
            return value

        return typing.signature(result, types.intp, types.BaseTuple.from_types(parameters)), generate

    return intrinsic(typed_call)
