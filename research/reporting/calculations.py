"""Arithmetic in reports, evaluated by code and by anyone who checks one: + − × ÷, powers, brackets,
and a few functions over named figures and dates. Exact, in fractions. A date (2026-07-27) counts as
its day: the difference of two is days, a date and days give a date.

Not here: whether its inputs stand in their sources (`agents/judge/`), or what is worth computing.
"""

import ast
import operator
import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation, localcontext
from fractions import Fraction
from math import ceil, floor

from research.errors import CalculationError

LONGEST = 600  # characters of an expression
LARGEST = 8_192  # bits of a numerator or denominator on the way: a tower of powers fills any memory
DIGITS = 28
DATE = re.compile(r"(?<![\d-])\d{4}-\d{2}-\d{2}(?![\d-])")
_DAYS = range(date(1500, 1, 1).toordinal(), date(2500, 1, 1).toordinal())  # results that are dates
_CYCLE = 146_097  # days, after which the calendar is the same
_PARTS = (ast.BinOp, ast.UnaryOp, ast.Call)


def _months(day: Fraction, count: Fraction) -> Fraction:
    """So many months later, on the same day or the last of the month."""
    start = date.fromordinal(int(day))
    months = start.year * 12 + start.month - 1 + int(count)
    year, month = divmod(months, 12)
    last = monthrange(year, month + 1)[1]
    return Fraction(date(year, month + 1, min(start.day, last)).toordinal())


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    """A root (a growth rate over several years) is taken as a floating-point number: it has no
    exact value."""
    if exponent.denominator == 1:
        bits = max(base.numerator.bit_length(), base.denominator.bit_length())
        if bits * abs(exponent) > LARGEST:
            raise OverflowError("its power is too large")
        return base ** int(exponent)
    if base < 0:
        raise OverflowError("a root of a negative number")
    return Fraction(str(float(base) ** float(exponent)))


_OPERATORS: Mapping[type[ast.AST], Callable[..., Fraction]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: _power,
}
_FUNCTIONS: Mapping[str, Callable[..., Fraction]] = {
    "abs": abs,
    "ceil": lambda value: Fraction(ceil(value)),
    "floor": lambda value: Fraction(floor(value)),
    "min": min,
    "max": max,
    "sum": lambda *values: sum(values, Fraction(0)),
    "mean": lambda *values: sum(values, Fraction(0)) / len(values),
    "months": _months,
}


def number(value: str) -> Decimal:
    """A figure as written; a date as its day. Raises `decimal.InvalidOperation` for neither."""
    if DATE.fullmatch(value):
        try:
            return Decimal(date.fromisoformat(value).toordinal())
        except ValueError as error:
            raise InvalidOperation(str(error)) from error
    return Decimal(value)


def result(expression: str, inputs: Mapping[str, str]) -> str:
    """The value of an expression over its inputs as written: a decimal number, or a date where it
    is one. Raises `CalculationError`, and `decimal.InvalidOperation` for an input that is no
    figure."""
    numbers = {name: number(given) for name, given in inputs.items()}
    value = evaluate(expression, numbers)
    days = {name: numbers[name] + _CYCLE for name, given in inputs.items() if DATE.fullmatch(given)}
    moved = evaluate(expression, numbers | days) if days else value
    is_later = moved - value == _CYCLE  # where its dates are
    if is_later and value == value.to_integral_value() and int(value) in _DAYS:
        return date.fromordinal(int(value)).isoformat()
    return format(value, "f")


def evaluate(expression: str, inputs: Mapping[str, Decimal]) -> Decimal:
    """The value of an expression over its inputs by name. Raises `CalculationError` for what is no
    arithmetic, for a name that is no input, and for a division by zero."""
    return _evaluated(_parsed(expression), expression, inputs)


def _evaluated(node: ast.expr, expression: str, inputs: Mapping[str, Decimal]) -> Decimal:
    """The value of one node of an expression."""
    try:
        value = _value(node, {name: Fraction(value) for name, value in inputs.items()})
    # a type error: a function with too few or too many arguments
    except (ArithmeticError, ValueError, TypeError, RecursionError) as error:
        raise CalculationError(expression=expression, reason=str(error)) from error
    with localcontext() as context:
        context.prec = DIGITS
        return Decimal(value.numerator) / Decimal(value.denominator)


def steps(expression: str, inputs: Mapping[str, Decimal]) -> list[Decimal]:
    """What each part of an expression comes to. Raises `CalculationError`."""
    parts = (node for node in ast.walk(_parsed(expression)) if isinstance(node, _PARTS))
    return [_evaluated(part, expression, inputs) for part in parts]


def constants(expression: str) -> tuple[str, ...]:
    """The numbers that stand in an expression, as written. Raises `CalculationError`."""
    nodes = ast.walk(_parsed(expression))
    found = (ast.get_source_segment(expression, n) for n in nodes if isinstance(n, ast.Constant))
    return tuple(filter(None, found))


def names(expression: str) -> tuple[str, ...]:
    """The inputs that an expression names. Raises `CalculationError`."""
    return tuple(dict.fromkeys(node.id for node in _inputs(_parsed(expression))))


def renamed(expression: str, names: Mapping[str, str]) -> str:
    """The expression with other names for its inputs. Raises `CalculationError`."""
    tree = _parsed(expression)
    for node in _inputs(tree):
        node.id = names.get(node.id, node.id)
    return ast.unparse(tree)


def _inputs(tree: ast.expr) -> list[ast.Name]:
    """The names in a tree but those of functions."""
    nodes = list(ast.walk(tree))
    called = [node.func for node in nodes if isinstance(node, ast.Call)]
    return [node for node in nodes if isinstance(node, ast.Name) and node not in called]


def with_expression(expression: str, name: str, inner: str) -> str:
    """The expression with another in the place of one of its inputs. Raises `CalculationError`."""

    class Placed(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return _parsed(inner) if node.id == name else node

    return ast.unparse(Placed().visit(_parsed(expression)))


def _parsed(expression: str) -> ast.expr:
    if len(expression) > LONGEST:
        reason = f"it is longer than {LONGEST} characters"
        raise CalculationError(expression=f"{expression[:60]}…", reason=reason)
    try:
        if set(expression) & set("#\r\n\\"):
            raise ValueError("words may hide in a comment")
        return ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        shown = " ".join(expression.split())
        raise CalculationError(expression=shown, reason="it is no arithmetic") from error


def _value(node: ast.expr, inputs: Mapping[str, Fraction]) -> Fraction:
    value = _valued(node, inputs)
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > LARGEST:
        raise OverflowError("it grows too large")
    return value


def _valued(node: ast.expr, inputs: Mapping[str, Fraction]) -> Fraction:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return Fraction(str(number))
        case ast.Name(id=name) if name in inputs:
            return inputs[name]
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_value(operand, inputs))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_value(left, inputs), _value(right, inputs))
        case ast.Call(func=ast.Name(id=name), args=[_, *_] as args, keywords=[]) if (
            name in _FUNCTIONS
        ):
            return Fraction(_FUNCTIONS[name](*(_value(one, inputs) for one in args)))
    raise CalculationError(
        expression=ast.unparse(node), reason="it is no arithmetic over the inputs named"
    )
