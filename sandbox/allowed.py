"""The names a heuristic may use: what numba compiles, what is deterministic and what stays inside its arrays.

Left out on purpose: `flat`, `ctypes`, `data`, `view`, `as_strided`, `nditer`, `fill_diagonal` and
`ascontiguousarray` (numba reads or writes past the end, or writes through a read-only array), `random` (not
repeatable), `dot` and `linalg` (need a library that is not loaded in the sandbox), `empty` (shows old memory).
"""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


BUILTINS = _names("abs bool divmod enumerate float int len list max min pow range round sorted sum tuple zip")

MATH_VALUES = _names("e inf nan pi tau")
MATH = _names(
    """acos acosh asin asinh atan atan2 atanh ceil copysign cos cosh degrees erf erfc exp expm1 fabs floor fmod
    gamma gcd hypot isfinite isinf isnan ldexp lgamma log log10 log1p log2 pow radians sin sinh sqrt tan tanh
    trunc"""
)

NUMPY_TYPES = _names("bool_ float32 float64 int8 int16 int32 int64 intp")
NUMPY_VALUES = _names("e inf nan newaxis pi") | NUMPY_TYPES
# Take an array where plain Python passes a list.
NUMPY_REDUCERS = _names(
    """all any argmax argmin argsort cumprod cumsum diff max mean median min nanmax nanmean nanmin nansum
    percentile prod ptp quantile sort std sum unique var"""
)
NUMPY = NUMPY_REDUCERS | NUMPY_TYPES | _names(
    """abs absolute add append arange arccos arcsin arctan arctan2 argpartition argwhere around array array_equal
    bincount cbrt ceil clip column_stack concatenate copy copysign cos cosh digitize divide equal exp exp2
    expand_dims expm1 eye fabs flatnonzero flip float_power floor floor_divide fmax fmin fmod full full_like
    greater greater_equal hstack hypot identity interp isfinite isinf isnan less less_equal linspace log log10
    log1p log2 logical_and logical_not logical_or logical_xor maximum minimum mod multiply nan_to_num negative
    nonzero not_equal ones ones_like outer partition power ravel reciprocal remainder repeat reshape roll round
    searchsorted sign sin sinh size sqrt square stack subtract take tan tanh transpose trunc vstack where zeros
    zeros_like"""
)  # fmt: skip

# One argument more is an array that numba writes to without a check of its size, or of its being read-only.
_ONE = _names(
    """abs absolute arccos arcsin arctan cbrt ceil cos cosh exp exp2 expm1 fabs floor isfinite isinf isnan log log10
    log1p log2 logical_not nan_to_num negative reciprocal sign sin sinh sqrt square tan tanh trunc"""
)
_TWO = _names(
    """add arctan2 around copysign divide equal float_power floor_divide fmax fmin fmod greater greater_equal hypot
    less less_equal logical_and logical_or logical_xor maximum minimum mod multiply not_equal power remainder round
    subtract take"""
)
MOST_ARGUMENTS = dict.fromkeys(_ONE, 1) | dict.fromkeys(_TWO, 2) | {"clip": 3}

ATTRIBUTES = _names("T dtype ndim shape size")
METHODS = _names(
    """all any append argmax argmin argsort astype clear copy count cumprod cumsum extend fill flatten index insert
    item max mean min nonzero pop prod ravel remove repeat reshape reverse sort std sum take transpose var"""
)

KEYWORDS = _names("axis decimals dtype endpoint key k num q reverse shift side start step stop")

# What people write, and what it is called here. Fresh memory must not show what was there before.
NUMPY_RENAMED = {
    "amax": "max", "amin": "min", "bool": "bool_", "double": "float64", "empty": "zeros", "empty_like": "zeros_like",
    "float": "float64", "float_": "float64", "Inf": "inf", "Infinity": "inf", "int": "int64", "int_": "int64",
    "NaN": "nan", "NAN": "nan", "round_": "round",
}  # fmt: skip
TYPES = {"float": "float64", "int": "int64", "bool": "bool_"} | {name: name for name in NUMPY_TYPES}
INFINITIES = {"inf": "inf", "+inf": "inf", "-inf": "-inf", "infinity": "inf", "-infinity": "-inf", "nan": "nan"}

IGNORED_MODULES = frozenset(("__future__", "collections.abc", "numba", "typing", "typing_extensions"))
DECORATORS = frozenset(("jit", "njit"))
