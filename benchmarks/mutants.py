"""Mutation testing: bend one place of a module, run the tests that reach it, and tell which bend nobody saw.

    python benchmarks/mutants.py src/witnessmark/verify/walk.py -- tests/verify

The tests are collected and their long-lived fixtures made once; each mutant is tried in a fork of that process, with
the quickest tests first, so that most mutants cost some hundredths of a second. `--only FILE` tries again the mutants
that an earlier run wrote to FILE; `--messages` bends the words of sentences too.
"""

import argparse
import ast
import copy
import os
import select
import signal
import sys
import time
from collections import defaultdict
from pathlib import Path
from types import CodeType, FunctionType, SimpleNamespace

import pytest
from _pytest.runner import runtestprotocol as _runtestprotocol

COMPARED = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
COMPUTED = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.BitXor: ast.BitOr,
    ast.Pow: ast.Mult,
}
SPEAKING = ("agrees", "false", "undecided", "Falsified", "Damaged", "Undecided", "NewerVersion", "DiskFailure")
SLOW = 0.6


def bends(node, *, is_message):
    """Yield what may stand in a node's place, each with a word for it."""
    match node:
        case ast.Compare(ops=ops):
            for at, operator in enumerate(ops):
                for other in COMPARED[type(operator)]:
                    made = copy.deepcopy(node)
                    made.ops[at] = other()
                    yield f"{type(operator).__name__} to {other.__name__}", made
        case ast.BoolOp(op=operator, values=values):
            made = copy.deepcopy(node)
            made.op = ast.Or() if isinstance(operator, ast.And) else ast.And()
            yield "and/or", made
            for at in range(len(values)):
                made = copy.deepcopy(node)
                del made.values[at]
                yield f"operand {at} dropped", made if len(made.values) > 1 else made.values[0]
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield "not dropped", operand
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            yield "minus dropped", operand
        case ast.BinOp(op=operator):
            made = copy.deepcopy(node)
            made.op = COMPUTED[type(operator)]()
            yield f"{type(operator).__name__} turned", made
        case ast.Constant(value=bool() as value):
            yield "truth turned", ast.Constant(not value)
        case ast.Constant(value=int() as value):
            yield "one more", ast.Constant(value + 1)
            yield "one less", ast.Constant(value - 1)
        case ast.Constant(value=str() | bytes() as value) if not is_message:
            yield "text bent", ast.Constant(value + ("X" if isinstance(value, str) else b"X"))
        case ast.Constant(value=None):
            yield "None to 1", ast.Constant(1)
        case ast.If() | ast.While() | ast.IfExp():
            made = copy.deepcopy(node)
            made.test = ast.UnaryOp(ast.Not(), made.test)
            yield "condition turned", made
            if isinstance(node, ast.If) and not node.orelse:
                made = copy.deepcopy(node)
                made.test = ast.Constant(value=False)
                yield "never", made
        case ast.comprehension(ifs=ifs):
            for at in range(len(ifs)):
                made = copy.deepcopy(node)
                del made.ifs[at]
                yield "filter dropped", made
        case ast.match_case():
            if node.guard is not None:
                made = copy.deepcopy(node)
                made.guard = None
                yield "guard dropped", made
            made = copy.deepcopy(node)
            made.guard = ast.Constant(value=False)
            yield "case never", made
        case ast.Raise() | ast.Expr() | ast.AugAssign() | ast.Delete() | ast.Assert():
            yield "statement dropped", ast.Pass()
        case ast.Assign(targets=[ast.Name()], value=value) | ast.AnnAssign(value=ast.expr() as value) if not (
            isinstance(value, ast.Constant) and value.value is None
        ):
            made = copy.deepcopy(node)
            made.value = ast.Constant(None)
            yield "value dropped", made
        case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield "returns nothing", ast.Return(ast.Constant(None))
        case ast.Continue():
            yield "continue to break", ast.Break()
            yield "continue dropped", ast.Pass()
        case ast.Break():
            yield "break to continue", ast.Continue()
        case ast.Call(args=args, keywords=words):
            for at, argument in enumerate(args):
                if not isinstance(argument, ast.Starred | ast.Constant):
                    made = copy.deepcopy(node)
                    made.args[at] = ast.Constant(None)
                    yield f"argument {at} dropped", made
            for at in range(len(words)):
                made = copy.deepcopy(node)
                del made.keywords[at]
                yield f"word {words[at].arg} dropped", made
        case ast.IfExp():
            pass


class Places(ast.NodeVisitor):
    """Every place that can be bent: the chain of steps from the module to the node."""

    def __init__(self, *, messages):
        self.messages, self.found = messages, []
        self._chain, self._names, self._spoken = [], [], 0

    def generic_visit(self, node):
        kind = type(node)
        names = kind in (ast.FunctionDef, ast.ClassDef)
        speaks = isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in SPEAKING
        speaks = speaks or isinstance(node, ast.JoinedStr)
        if names:
            self._names.append((node.name, kind is ast.FunctionDef))
        self._spoken += speaks
        if self._chain:
            silent = bool(self._spoken) and not self.messages
            for what, made in bends(node, is_message=silent):
                self.found.append((tuple(self._chain), what, made, tuple(self._names), node))
        for name, value in ast.iter_fields(node):
            if name in ("decorator_list", "annotation", "returns", "format_spec", "bases", "pattern"):
                continue
            if isinstance(value, list):
                for at, child in enumerate(value):
                    if not isinstance(child, ast.AST):
                        continue
                    if name == "body" and at == 0 and is_docstring(child):
                        continue
                    if isinstance(child, ast.Expr) and is_docstring(child):
                        continue
                    self._step(child, (name, at))
            elif isinstance(value, ast.AST):
                self._step(value, (name, None))
        self._spoken -= speaks
        if names:
            self._names.pop()

    def _step(self, child, step):
        self._chain.append(step)
        self.generic_visit(child)
        self._chain.pop()


def is_docstring(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def mutated(tree, chain, made):
    tree = copy.deepcopy(tree)
    holder = tree
    for name, at in chain[:-1]:
        holder = getattr(holder, name) if at is None else getattr(holder, name)[at]
    name, at = chain[-1]
    if at is None:
        setattr(holder, name, made)
    else:
        getattr(holder, name)[at] = made
    return ast.fix_missing_locations(tree)


class Mutant:
    """One bend of one module."""

    def __init__(self, path, tree, place):
        self.path, self._tree = path, tree
        self.chain, self.what, self._made, names, self.node = place
        self.line, self.last = statement_lines(tree, self.chain, self.node)
        at = next((at for at, (_, is_function) in enumerate(names) if is_function), None)
        self.function = None if at is None else tuple(name for name, _ in names[: at + 1])
        self.default = next((step for step in self.chain if step[0] in ("defaults", "kw_defaults")), None)
        before, after = ast.unparse(self.node), ast.unparse(self._made)
        self.text = f"{path}:{self.line}: {self.what}: {cut(before)} -> {cut(after)}"

    def apply(self, module):
        code = compile(mutated(self._tree, self.chain, self._made), module.__file__, "exec")
        if self.function is not None:
            function = live(module, self.function)
            function.__code__ = inner(code, ".".join(self.function))
        if self.function is not None and not self.default:
            return
        space = {"__name__": module.__name__, "__file__": module.__file__}
        exec(code, space)
        if self.function is not None:
            # A default was bound when the function was made; only the bent one is put in its place.
            made, at = live(SimpleNamespace(**space), self.function), self.default[1]
            if self.default[0] == "defaults":
                old = function.__defaults__
                function.__defaults__ = (*old[:at], made.__defaults__[at], *old[at + 1 :])
            else:
                name = list(made.__kwdefaults__)[at - made.__code__.co_kwonlyargcount]
                function.__kwdefaults__[name] = made.__kwdefaults__[name]
            return
        # What is made of a bent name is bent with it.
        for name, made in space.items():
            old = module.__dict__.get(name)
            if callable(made) or made is old or (made == old and name not in self.assigned()):
                continue
            for other in list(sys.modules.values()):
                if getattr(other, "__dict__", {}).get(name, other) is old:
                    setattr(other, name, made)

    def assigned(self):
        statement = self._tree.body[self.chain[0][1]]
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        return [name.id for target in targets if target for name in ast.walk(target) if isinstance(name, ast.Name)]


def cut(text):
    text = " ".join(text.split())
    return text if len(text) < 110 else text[:107] + "..."


def statement_lines(tree, chain, node):
    """Return the first and last line of the place, or of what holds it."""
    holder, line, last = tree, 0, 0
    for name, at in chain:
        holder = getattr(holder, name) if at is None else getattr(holder, name)[at]
        if hasattr(holder, "lineno"):
            line, last = holder.lineno, holder.end_lineno
    return line, last


def live(module, names):
    found = module
    for name in names:
        found = found.__dict__[name]
    for unwrap in ("__func__", "fget", "func", "__wrapped__"):
        found = getattr(found, unwrap, found)
    assert isinstance(found, FunctionType), names
    return found


def inner(code, name):
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_qualname.replace(".<locals>", "") == name:
                return constant
            if (found := inner(constant, name)) is not None:
                return found
    return None


def mutants_of(path, *, messages):
    tree = ast.parse(Path(path).read_text())
    places = Places(messages=messages)
    places.generic_visit(tree)
    for place in places.found:
        mutant = Mutant(path, tree, place)
        if mutant.function is not None or mutant.assigned():
            try:
                compile(mutated(tree, mutant.chain, mutant._made), path, "exec")
            except (SyntaxError, ValueError, TypeError):
                continue
            yield mutant


class OnlyTheSession:
    """The "next test" of pytest's protocol: whatever lives longer than a test and shorter than the session ends."""

    def __init__(self, session):
        self._session = session

    def listchain(self):
        return [self._session]


def run(item):
    """Run one test and return its reports."""
    return _runtestprotocol(item, log=False, nextitem=OnlyTheSession(item.session))


class Plugin:
    """A run of pytest that first watches which test reaches what, then tries each mutant in a fork."""

    def __init__(self, given):
        self.given = given
        self.counts, self.kills = defaultdict(int), defaultdict(int)

    def pytest_runtestloop(self, session):
        paths = [os.path.realpath(path) for path in self.given.modules]
        items, reach, times = session.items, {}, {}
        for item in items:
            lines, start = set(), time.perf_counter()
            reports = watched(paths, lines, item)
            times[item] = time.perf_counter() - start
            if all(report.passed for report in reports):
                reach[item] = lines
        # Once more without the watcher, for honest times.
        for item in reach:
            start = time.perf_counter()
            run(item)
            times[item] = time.perf_counter() - start
        order = sorted(reach, key=times.__getitem__)
        say(f"{len(order)} tests, {sum(times[item] for item in order):.1f} s; left out: {len(items) - len(order)}")
        only = set(Path(self.given.only).read_text().split("\n")) if self.given.only else None
        modules = {os.path.realpath(m.__file__): m for m in list(sys.modules.values()) if getattr(m, "__file__", None)}
        out = open(self.given.out, "w") if self.given.out else None
        for path in self.given.modules:
            for mutant in mutants_of(path, messages=self.given.messages):
                if only is not None and mutant.text not in only:
                    continue
                real = os.path.realpath(path)
                wanted = [item for item in order if touches(mutant, real, reach[item])]
                outcome = self.attempt(mutant, modules[real], wanted, times)
                self.counts[outcome] += 1
                if outcome not in ("killed", "timed out"):
                    say(f"{outcome}: {mutant.text}  [{len(wanted)} tests]")
                    if out:
                        out.write(mutant.text + "\n")
                        out.flush()
        if out:
            out.close()
        say(", ".join(f"{name} {count}" for name, count in sorted(self.counts.items())))
        return True

    def attempt(self, mutant, module, items, times):
        if not items:
            return "unreached"
        if not self.given.slow:
            items = [item for item in items if times[item] < SLOW]
        # Tests that have killed often are asked first.
        items = sorted(items, key=lambda item: times[item] / (1 + self.kills[item]))
        limit = 10 + 4 * sum(times[item] for item in items)
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            code = 9
            try:
                os.close(reading)
                null = os.open(os.devnull, os.O_RDWR)
                os.dup2(null, 1)
                os.dup2(null, 2)
                killer = tried(mutant, module, items)
                code = 0 if killer is None else 1
                os.write(writing, b"" if killer is None else b"%d" % killer)
            except BaseException:  # noqa: BLE001 - whatever a mutant does, it was seen
                code = 1
            finally:
                os._exit(code)
        os.close(writing)
        ended = select.select([reading], [], [], limit)[0]
        if not ended:
            os.kill(child, signal.SIGKILL)
        elif said := os.read(reading, 16):
            self.kills[items[int(said)]] += 1
        os.close(reading)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return "timed out" if not ended else "killed" if status else "survived"


def tried(mutant, module, items):
    """Return which test fails under a mutant, the last where the module itself does."""
    try:
        mutant.apply(module)
    except Exception:  # noqa: BLE001 - a module that cannot be read any more is a mutant that was seen
        return len(items) - 1
    return next((at for at, item in enumerate(items) if any(report.failed for report in run(item))), None)


def watched(paths, lines, item):
    known = {}

    def local(frame, event, _):
        if event == "line":
            lines.add((known[frame.f_code], frame.f_lineno))
        return local

    def trace(frame, event, _):
        code = frame.f_code
        if code not in known:
            name = code.co_filename
            known[code] = os.path.realpath(name) if name.endswith(tuple(map(os.path.basename, paths))) else None
            if known[code] not in paths:
                known[code] = None
        if known[code] is None:
            return None
        lines.add((known[code], frame.f_lineno))
        return local

    sys.settrace(trace)
    try:
        return run(item)
    finally:
        sys.settrace(None)


def touches(mutant, path, lines):
    if mutant.function is None:
        return True  # A test may read a name of a module and run no line of it.
    return any((path, line) in lines for line in range(mutant.line, mutant.last + 1))


def say(text):
    sys.__stdout__.write(text + "\n")
    sys.__stdout__.flush()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="%(prog)s [options] modules -- tests",
    )
    parser.add_argument("modules", nargs="+", help="the files to bend")
    parser.add_argument("--only", help="a file of mutants, one a line, to try again")
    parser.add_argument("--out", help="write the survivors here")
    parser.add_argument("--slow", action="store_true", help=f"run the tests of {SLOW} s and more too")
    parser.add_argument("--messages", action="store_true", help="bend the words of sentences too")
    cut_at = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    given = parser.parse_args(sys.argv[1:cut_at])
    if cut_at == len(sys.argv):
        parser.error("name the tests after --")
    os.environ.setdefault("PYTHONHASHSEED", "0")
    options = ["-p", "no:randomly", "-p", "no:xdist", "-p", "no:cacheprovider", "--capture=sys"]
    return pytest.main([*options, *sys.argv[cut_at + 1 :]], plugins=[Plugin(given)])


if __name__ == "__main__":
    sys.exit(main())
