"""Functions in C that rules written as C rest on: what Python does where C does something else."""

SUPPORT = """\
static double evolved_divided(double a, double b, int *fault)
{
    if (b == 0.0) {
        *fault = 1;
        return 0.0;
    }
    return a / b;
}

static double evolved_remainder(double a, double b, int *fault)
{
    double rest;
    if (b == 0.0) {
        *fault = 1;
        return 0.0;
    }
    rest = fmod(a, b);
    if (rest != 0.0 && ((b < 0.0) != (rest < 0.0)))
        rest += b;
    return rest == 0.0 ? copysign(0.0, b) : rest;
}

static double evolved_floored(double a, double b, int *fault)
{
    double whole, quotient;
    if (b == 0.0) {
        *fault = 1;
        return 0.0;
    }
    quotient = (a - evolved_remainder(a, b, fault)) / b;
    if (quotient == 0.0)
        return copysign(0.0, a / b);
    whole = floor(quotient);
    return quotient - whole > 0.5 ? whole + 1.0 : whole;
}

static double evolved_power(double base, int exponent)
{
    double result = 1.0;
    while (exponent > 0) {
        if (exponent & 1)
            result *= base;
        base *= base;
        exponent >>= 1;
    }
    return result;
}

static double evolved_max(double a, double b)
{
    return b > a ? b : a;
}

static double evolved_min(double a, double b)
{
    return b < a ? b : a;
}
"""
