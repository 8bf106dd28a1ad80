# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Text templates of Genshi that reach nothing but what they are given.

The syntax is the one of the e-mail templates of Tryton: ``$name``,
``${expression}``, lines that begin with ``#if``, ``#for`` and ``#end``.  But
Genshi, which is no sandbox, never runs a template: the expressions are walked
node by node, with an allow-list of the syntax, functions and methods, a budget
of work and a limit of size.  No database is needed.
"""
import ast
import re

from genshi.template.base import TemplateSyntaxError
from genshi.template.interpolation import lex

from .template_paths import add_paths, plain_path
from .template_values import (
    FUNCTIONS, METHODS, PROPERTIES, Budget, Reachable, TemplateError, check,
    operate)

__all__ = ['Template', 'TemplateError', 'Reachable']

SOURCE_LIMIT = 16_384
EXPRESSION_LIMIT = 2_000
DEPTH_LIMIT = 40
OUTPUT_LIMIT = 8_192
# of genshi.template.text.OldTextTemplate
DIRECTIVE = re.compile(
    r'^[ \t]*#(?P<command>\w+|#)(?P<value>.*)\n?', re.MULTILINE)
ESCAPED = re.compile(r'^([ \t]*)\\#', re.MULTILINE)
SYNTAX = (
    ast.Constant, ast.Name, ast.Attribute, ast.Subscript, ast.Slice, ast.Call,
    ast.IfExp, ast.BoolOp, ast.UnaryOp, ast.BinOp, ast.Compare, ast.List,
    ast.Tuple, ast.ListComp, ast.GeneratorExp)
OPERATORS = (
    ast.And, ast.Or, ast.Not, ast.UAdd, ast.USub,
    ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod,
    ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE,
    ast.In, ast.NotIn, ast.Is, ast.IsNot)
CONSTANTS = (type(None), bool, int, float, str)
# what Python calls the syntax is no word for an administrator
WORDS = {
    ast.Lambda: 'lambda', ast.Dict: '{...}', ast.Set: '{...}',
    ast.DictComp: '{... for ...}', ast.SetComp: '{... for ...}',
    ast.JoinedStr: "f'...'", ast.NamedExpr: ':=', ast.Starred: '*',
    ast.Pow: '**', ast.LShift: '<<', ast.RShift: '>>', ast.BitOr: '|',
    ast.BitAnd: '&', ast.BitXor: '^', ast.Invert: '~', ast.MatMult: '@',
    ast.Yield: 'yield', ast.YieldFrom: 'yield', ast.Await: 'await',
    }


class Template:
    """A template that was checked.

    ``names`` are the variables it may use and ``functions`` the names of the
    functions besides those that are always there.
    """

    def __init__(self, source, names=(), functions=()):
        self.functions = {*FUNCTIONS, *functions}
        self.nodes = _Parser(source, {*names}, self.functions).parse()

    def render(self, values, functions=None, limit=OUTPUT_LIMIT):
        "Return the text, raise TemplateError if there is none"
        return ''.join(
            text for _, text in self.parts(values, functions, limit))

    def parts(self, values, functions=None, limit=OUTPUT_LIMIT):
        """Return the pieces of the text, each with where it comes from

        True for the text of an expression, False for the template's own.
        """
        run = _Run(values, {**FUNCTIONS, **(functions or {})}, limit)
        run.nodes(self.nodes, dict(values))
        return [(shown, _clean(text)) for shown, text in run.output]

    def paths(self):
        """The dotted paths that the template reads, as far as they are plain.

        What is read of the records of a loop begins with the path of the loop.
        """
        paths = set()
        add_paths(self.nodes, {}, paths)
        return paths

    def pieces(self):
        """The pieces of a template without directives, None with any

        Each is its own text, or None, and the dotted path that an expression
        shows if it does nothing else, or None.
        """
        if any(kind not in {'text', 'show'} for kind, *_ in self.nodes):
            return
        return [
            (value, None) if kind == 'text' else (None, plain_path(value))
            for kind, _, value in self.nodes]


class _Parser:

    def __init__(self, source, names, functions):
        self.source = source or ''
        self.names = names
        self.functions = functions

    def parse(self):
        if len(self.source) > SOURCE_LIMIT:
            raise TemplateError('template_long', limit=SOURCE_LIMIT)
        # each block: the nodes, the line of its beginning, its own names
        blocks = [([], None, self.names)]
        offset, line = 0, 1
        for match in DIRECTIVE.finditer(self.source):
            text = self.source[offset:match.start()]
            blocks[-1][0].extend(self.text(text, line, blocks[-1][2]))
            line += text.count('\n')
            self.directive(match, line, blocks)
            line += match.group().count('\n')
            offset = match.end()
        blocks[-1][0].extend(
            self.text(self.source[offset:], line, blocks[-1][2]))
        if len(blocks) > 1:
            raise TemplateError('not_ended', blocks[-1][1])
        return blocks[0][0]

    def text(self, text, line, names):
        "The nodes of a text without directives"
        nodes = []
        try:
            for expression, chunk in lex(text, [None, line, 0], None):
                if expression:
                    nodes.append((
                            'show', line,
                            self.expression(chunk, line, names)))
                else:
                    nodes.append(('text', line, ESCAPED.sub(r'\1#', chunk)))
                line += chunk.count('\n')
        except TemplateSyntaxError:
            raise TemplateError('syntax', line)
        return nodes

    def directive(self, match, line, blocks):
        value = match['value'].strip()
        nodes, _, names = blocks[-1]
        match match['command']:
            case '#':
                # a comment
                pass
            case 'end':
                if len(blocks) == 1:
                    raise TemplateError('nothing_to_end', line)
                blocks.pop()
            case 'if':
                if len(blocks) > DEPTH_LIMIT:
                    raise TemplateError('deep', line)
                inner = []
                nodes.append((
                        'if', line, self.expression(value, line, names),
                        inner))
                blocks.append((inner, line, names))
            case 'for':
                if len(blocks) > DEPTH_LIMIT:
                    raise TemplateError('deep', line)
                inner = []
                # Python knows where the "in" is
                tree = self.python(f'[0 for {value}]', line)
                if (not isinstance(tree, ast.ListComp)
                        or len(tree.generators) > 1
                        or tree.generators[0].ifs):
                    raise TemplateError('syntax', line)
                generator = tree.generators[0]
                self.check(generator.iter, line, names, 0)
                bound = self.targets(generator.target, line)
                nodes.append((
                        'for', line, generator.target, generator.iter, inner))
                blocks.append((inner, line, names | bound))
            case command:
                raise TemplateError('directive', line, name=command)

    def expression(self, source, line, names):
        tree = self.python(source, line)
        self.check(tree, line, names, 0)
        return tree

    def python(self, source, line):
        source = ' '.join(source.splitlines()).strip()
        if len(source) > EXPRESSION_LIMIT:
            raise TemplateError('expression_long', line)
        try:
            return ast.parse(source, mode='eval').body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise TemplateError('syntax', line) from None

    def targets(self, target, line):
        "The names that a loop gives values to"
        elements = (
            target.elts if isinstance(target, (ast.Tuple, ast.List))
            else [target])
        names = set()
        for element in elements:
            if not isinstance(element, ast.Name):
                raise TemplateError('syntax', line)
            self.name(element.id, line)
            names.add(element.id)
        return names

    def name(self, name, line):
        if name.startswith('_'):
            raise TemplateError('private', line, name=name)

    def check(self, node, line, names, depth):
        "Raise an error if the expression is more than is allowed"
        if depth > DEPTH_LIMIT:
            raise TemplateError('deep', line)
        if not isinstance(node, SYNTAX):
            raise TemplateError(
                'forbidden', line,
                syntax=WORDS.get(type(node), type(node).__name__))
        match node:
            case ast.Constant():
                if not isinstance(node.value, CONSTANTS):
                    raise TemplateError(
                        'forbidden', line, syntax=type(node.value).__name__)
                check(node.value, line)
            case ast.Name():
                self.name(node.id, line)
                if node.id not in names:
                    code = (
                        'function' if node.id in self.functions else 'unknown')
                    raise TemplateError(code, line, name=node.id)
            case ast.Attribute():
                self.name(node.attr, line)
                self.check(node.value, line, names, depth + 1)
            case ast.Call():
                self.call(node, line, names, depth)
            case ast.ListComp() | ast.GeneratorExp():
                for generator in node.generators:
                    if generator.is_async:
                        raise TemplateError('forbidden', line, syntax='async')
                    self.check(generator.iter, line, names, depth + 1)
                    names = names | self.targets(generator.target, line)
                    for condition in generator.ifs:
                        self.check(condition, line, names, depth + 1)
                self.check(node.elt, line, names, depth + 1)
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self.check(child, line, names, depth + 1)
                    elif not isinstance(child, (*OPERATORS, ast.Load)):
                        raise TemplateError(
                            'forbidden', line,
                            syntax=WORDS.get(
                                type(child), type(child).__name__))

    def call(self, node, line, names, depth):
        match node.func:
            case ast.Name(id=name):
                self.name(name, line)
                if name not in self.functions:
                    raise TemplateError('unknown', line, name=name)
            case ast.Attribute(attr=name, value=value):
                self.name(name, line)
                if not any(name in m for m in METHODS.values()):
                    raise TemplateError('method', line, name=name)
                self.check(value, line, names, depth + 1)
            case _:
                raise TemplateError('forbidden', line, syntax='()()')
        for argument in node.args:
            self.check(argument, line, names, depth + 1)
        for keyword in node.keywords:
            if not keyword.arg:
                raise TemplateError('forbidden', line, syntax='**')
            self.name(keyword.arg, line)
            self.check(keyword.value, line, names, depth + 1)


class _Run:
    "One rendering of one template"

    def __init__(self, values, functions, limit):
        self.functions = functions
        self.limit = limit
        self.length = 0
        self.output = []
        self.budget = Budget()

    def nodes(self, nodes, scope):
        for node in nodes:
            match node:
                case 'text', line, text:
                    self.write(text, line)
                case 'show', line, tree:
                    self.write(
                        self.budget.show(
                            self.evaluate(tree, line, scope), line), line,
                        shown=True)
                case 'if', line, tree, inner:
                    if self.evaluate(tree, line, scope):
                        self.nodes(inner, scope)
                case 'for', line, target, tree, inner:
                    for value in self.iterate(tree, line, scope):
                        self.nodes(
                            inner, {**scope, **bind(target, value, line)})

    def write(self, text, line, shown=False):
        self.length += len(text)
        if self.length > self.limit:
            raise TemplateError('too_long', line, limit=self.limit)
        self.output.append((shown, text))

    def iterate(self, tree, line, scope):
        values = self.evaluate(tree, line, scope)
        if type(values) not in {list, tuple}:
            raise TemplateError('no_list', line)
        for value in values:
            self.budget.spend(1, line)
            yield value

    def evaluate(self, node, line, scope):
        self.budget.spend(1, line)
        value = getattr(self, f'on_{type(node).__name__}')(node, line, scope)
        self.budget.spend(check(value, line), line)
        return value

    def on_Constant(self, node, line, scope):
        return node.value

    def on_Name(self, node, line, scope):
        try:
            return scope[node.id]
        except KeyError:
            raise TemplateError('unknown', line, name=node.id) from None

    def on_Attribute(self, node, line, scope):
        value = self.evaluate(node.value, line, scope)
        if isinstance(value, Reachable):
            with self.errors(line):
                return value.template_get(node.attr)
        if node.attr not in PROPERTIES.get(type(value), ()):
            code = 'empty' if value is None else 'attribute'
            raise TemplateError(code, line, name=node.attr)
        return getattr(value, node.attr)

    def on_Subscript(self, node, line, scope):
        value = self.evaluate(node.value, line, scope)
        if type(value) not in {str, list, tuple, dict}:
            raise TemplateError('no_list', line)
        if isinstance(node.slice, ast.Slice):
            key = slice(*(
                    part and self.evaluate(part, line, scope)
                    for part in [
                        node.slice.lower, node.slice.upper, node.slice.step]))
        else:
            key = self.evaluate(node.slice, line, scope)
        with self.errors(line):
            return value[key]

    def on_Call(self, node, line, scope):
        arguments = [self.evaluate(a, line, scope) for a in node.args]
        keywords = {
            k.arg: self.evaluate(k.value, line, scope) for k in node.keywords}
        if isinstance(node.func, ast.Name):
            function = self.functions[node.func.id]
        else:
            value = self.evaluate(node.func.value, line, scope)
            try:
                function = METHODS[type(value)][node.func.attr]
            except KeyError:
                raise TemplateError(
                    'method', line, name=node.func.attr) from None
            arguments.insert(0, value)
        with self.errors(line):
            return function(*arguments, **keywords)

    def on_IfExp(self, node, line, scope):
        branch = (
            node.body if self.evaluate(node.test, line, scope)
            else node.orelse)
        return self.evaluate(branch, line, scope)

    def on_BoolOp(self, node, line, scope):
        stop = isinstance(node.op, ast.Or)
        for part in node.values:
            value = self.evaluate(part, line, scope)
            if bool(value) == stop:
                break
        return value

    def on_UnaryOp(self, node, line, scope):
        value = self.evaluate(node.operand, line, scope)
        with self.errors(line):
            return operate(node.op, value)

    def on_BinOp(self, node, line, scope):
        left = self.evaluate(node.left, line, scope)
        right = self.evaluate(node.right, line, scope)
        with self.errors(line):
            return operate(node.op, left, right)

    def on_Compare(self, node, line, scope):
        left = self.evaluate(node.left, line, scope)
        for operator, comparator in zip(
                node.ops, node.comparators, strict=True):
            right = self.evaluate(comparator, line, scope)
            with self.errors(line):
                if not operate(operator, left, right):
                    return False
            left = right
        return True

    def on_List(self, node, line, scope):
        return [self.evaluate(e, line, scope) for e in node.elts]

    def on_Tuple(self, node, line, scope):
        return tuple(self.on_List(node, line, scope))

    def on_ListComp(self, node, line, scope):
        result = []
        self.comprehend(node, node.generators, line, scope, result)
        return result

    on_GeneratorExp = on_ListComp

    def comprehend(self, node, generators, line, scope, result):
        if not generators:
            result.append(self.evaluate(node.elt, line, scope))
            return
        generator, *generators = generators
        for value in self.iterate(generator.iter, line, scope):
            inner = {**scope, **bind(generator.target, value, line)}
            if all(self.evaluate(i, line, inner) for i in generator.ifs):
                self.comprehend(node, generators, line, inner, result)

    def errors(self, line):
        return _Errors(line)


class _Errors:
    "Turn errors into those of templates, without the data they may quote"

    def __init__(self, line):
        self.line = line

    def __enter__(self):
        pass

    def __exit__(self, type_, error, traceback):
        match error:
            case TemplateError():
                if error.line is None:
                    error.line = self.line
            case TypeError():
                raise TemplateError('type', self.line) from None
            case LookupError():
                raise TemplateError('lookup', self.line) from None
            case ValueError() | ArithmeticError():
                raise TemplateError('value', self.line) from None


def bind(target, value, line):
    "The names that a loop sets to the value"
    if isinstance(target, ast.Name):
        return {target.id: value}
    if type(value) not in {list, tuple} or len(value) != len(target.elts):
        raise TemplateError('unpack', line)
    return {
        e.id: v for e, v in zip(target.elts, value, strict=True)}


def _clean(text):
    "The text without what no database stores"
    return ''.join(
        c for c in text
        if (c >= ' ' or c in '\n\t') and not '\ud800' <= c <= '\udfff')
