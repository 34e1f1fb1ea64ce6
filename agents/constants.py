"""The constants of a program that something is done with: none of a comment, of a bare string, of a variable or function that is never
used, or of a branch that is never taken. Pure.

Not here: whether what is done with them is right; a program that goes out of its way to seem to use one is not found out."""

import ast
from collections.abc import Iterator

LARGEST = 1e300
ROUNDS = 20  # of looking for names that only idle code loads; a program that needs more uses nothing
_READS = frozenset("open load loads read read_text read_json Path".split())
_SHOWS = frozenset(("print", "format", "len"))


def numbers(code: str) -> set[float]:
    """The numbers in use; none of code that cannot be parsed."""
    found = [n.value for n in _in_use(code) if isinstance(n, ast.Constant) and not isinstance(n.value, bool)]
    return {float(value) for value in found if isinstance(value, int | float) and abs(value) < LARGEST}


def reads(code: str, name: str) -> bool:
    """Whether a string with a file's name is in use, other than to be shown."""
    nodes = list(_in_use(code))
    shown = {id(arg) for n in nodes if isinstance(n, ast.Call) and _called(n) in _SHOWS for arg in n.args}
    return any(isinstance(n, ast.Constant) and isinstance(n.value, str) and name in n.value and id(n) not in shown for n in nodes)


def _in_use(code: str) -> list[ast.AST]:
    try:
        tree = ast.parse(code)
        loaded: set[str] | None = None
        for _ in range(ROUNDS):
            nodes = list(_live(tree, loaded))
            now = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
            if now == loaded:
                return nodes
            loaded = now
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
        pass
    return []


def _live(node: ast.AST, loaded: set[str] | None) -> Iterator[ast.AST]:
    """The nodes of what is not idle, by the names that are loaded somewhere (None: not known yet)."""
    if isinstance(node, ast.stmt) and _is_idle(node, loaded):
        return
    yield node
    hidden = node.body if isinstance(node, ast.If | ast.While) and isinstance(node.test, ast.Constant) and not node.test.value else []
    for child in ast.iter_child_nodes(node):
        if not any(child is one for one in hidden):
            yield from _live(child, loaded)


def _is_idle(node: ast.stmt, loaded: set[str] | None) -> bool:
    if isinstance(node, ast.Pass):
        return True
    if isinstance(node, ast.Expr):
        return _only_reads(node.value)
    if isinstance(node, ast.With):
        return all(_is_idle(one, loaded) for one in node.body)
    if loaded is None:
        return False
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return node.name not in loaded
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        unused = all(isinstance(target, ast.Name) and target.id not in loaded for target in targets)
        return unused and (node.value is None or _only_reads(node.value))
    return False


def _only_reads(value: ast.expr) -> bool:
    """Whether nothing comes of an expression whose value is not used."""
    return all(_called(n) in _READS for n in ast.walk(value) if isinstance(n, ast.Call)) and not any(
        isinstance(n, ast.Await | ast.Yield | ast.YieldFrom | ast.NamedExpr) for n in ast.walk(value)
    )


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""
