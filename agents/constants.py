"""The constants of a program that something is done with: none of a comment, of a bare string, of a variable or function that is never
used, or of a branch that is never taken. Pure.

Not here: whether what is done with them is right; a program that goes out of its way to seem to use one is not found out."""

import ast
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

LARGEST = 1e300
_READS = frozenset("open load loads read read_text read_json Path".split())
_SHOWS = frozenset(("print", "format", "len"))
# Decorators after which a definition is used by its name as before; another one may have put it to use.
_PLAIN = frozenset("property cached_property staticmethod classmethod dataclass cache lru_cache wraps override final".split())
_NEVER: frozenset[str] = frozenset()


@lru_cache(maxsize=64)  # asked for each input of a program
def numbers(code: str) -> frozenset[float]:
    """The numbers in use; none of code that cannot be parsed."""
    found = [n.value for n in _in_use(code) if isinstance(n, ast.Constant) and not isinstance(n.value, bool)]
    return frozenset(float(value) for value in found if isinstance(value, int | float) and abs(value) < LARGEST)


def reads(code: str, name: str) -> bool:
    """Whether a string with a file's name is in use, other than to be shown."""
    nodes = list(_in_use(code))
    shown = {id(arg) for n in nodes if isinstance(n, ast.Call) and _called(n) in _SHOWS for arg in n.args}
    return any(isinstance(n, ast.Constant) and isinstance(n.value, str) and name in n.value and id(n) not in shown for n in nodes)


@lru_cache(maxsize=8)
def _in_use(code: str) -> tuple[ast.AST, ...]:
    """The nodes of what is done, and of what is named in it, as far as that goes."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
        return ()
    live: list[ast.AST] = []
    named: set[str] = set()
    idle: defaultdict[str, list[ast.AST]] = defaultdict(list)  # by what would put it to use
    fields: set[int] = set()  # statements of a class, which an attribute may name
    todo: list[ast.AST] = [tree]
    met: set[int] = set()
    while todo:
        node = todo.pop()
        if id(node) in met:
            continue
        wanted = _wanted(node, id(node) in fields) if isinstance(node, ast.stmt) else None
        if wanted is not None and not wanted & named:
            for name in wanted:
                idle[name].append(node)
            continue
        met.add(id(node))
        live.append(node)
        if (name := _names(node)) and name not in named:
            named.add(name)
            todo += idle.pop(name, [])
        if isinstance(node, ast.ClassDef):
            fields.update(map(id, node.body))
            if node.bases or node.decorator_list:  # an enumeration or a data class does something with each of its fields
                named.update(name for one in node.body for name in _wanted(one, True) or () if name.startswith("."))
        todo += _children(node)
    return tuple(live)


def _names(node: ast.AST) -> str:
    """What a node loads: a name, or an attribute with a dot before it."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        return node.id
    return f".{node.attr}" if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) else ""


def _children(node: ast.AST) -> list[ast.AST]:
    """The parts of a node but for a branch that is never taken."""
    hidden = node.body if isinstance(node, ast.If | ast.While) and isinstance(node.test, ast.Constant) and not node.test.value else []
    return [child for child in ast.iter_child_nodes(node) if not any(child is one for one in hidden)]


def _wanted(node: ast.stmt, field: bool) -> frozenset[str] | None:
    """What must be named elsewhere for a statement to do something; nothing helps an empty one, and None needs no help."""
    if isinstance(node, ast.Pass):
        return _NEVER
    if isinstance(node, ast.Expr):
        return _NEVER if _only_reads(node.value) else None
    if isinstance(node, ast.With):
        parts = [_wanted(one, field) for one in node.body]
        return None if None in parts else _NEVER.union(*(part for part in parts if part is not None))
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        special = field and node.name.startswith("__")
        return None if special or not all(map(_is_plain, node.decorator_list)) else _by_name([node.name], field)
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        named = [target.id for target in targets if isinstance(target, ast.Name)]
        if len(named) == len(targets) and (node.value is None or _only_reads(node.value)):
            return _by_name(named, field)
    return None


def _by_name(names: Sequence[str], field: bool) -> frozenset[str]:
    return frozenset([*names, *(f".{name}" for name in names if field)])


def _is_plain(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return (called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else "") in _PLAIN


def _only_reads(value: ast.expr) -> bool:
    """Whether nothing comes of an expression whose value is not used."""
    return all(_called(n) in _READS for n in ast.walk(value) if isinstance(n, ast.Call)) and not any(
        isinstance(n, ast.Await | ast.Yield | ast.YieldFrom | ast.NamedExpr) for n in ast.walk(value)
    )


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""
