# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Templates reach nothing but what they are given, and end soon."""
import datetime as dt
import unittest
from decimal import Decimal

from genshi.template import TextTemplate
from hypothesis import given, settings
from hypothesis import strategies as st

from trytond.modules.google_integration.template import (
    Template, TemplateError)
from trytond.modules.google_integration.template_values import Reachable
from trytond.modules.google_integration.tests.work import Work

SECRET = 'the secret'
# the calls of functions that a template may take
HOSTILE = 10 ** 6


class Thing(Reachable):
    "Something that has more than what it shows"
    secret = SECRET

    def __init__(self, **values):
        self.values = values

    def template_get(self, name):
        try:
            return self.values[name]
        except KeyError:
            raise TemplateError('field', name=name)

    def template_text(self):
        return self.values.get('name')

    def delete(self):
        raise AssertionError("deleted")


VALUES = {
    'record': Thing(
        name="Name", number=3, amount=Decimal('12.50'),
        date=dt.date(2026, 12, 1), at=dt.datetime(2026, 12, 1, 9, 30),
        empty=None, text="Some text", words=["a", "b"],
        data={'key': 'value'}, lines=[
            Thing(name="One", quantity=1), Thing(name="Two", quantity=2)]),
    'long': 'x' * 60_000,
    'words': ['w' * 50] * 1_000,
    }


def render(source, limit=10_000, **values):
    values = {**VALUES, **values}
    return Template(source, values).render(values, limit=limit)


class PartsTestCase(unittest.TestCase):

    def test_parts(self):
        "Each piece tells if it is of a value"
        template = Template(
            '${record.name}/$record.empty/x${"a/b"}', {'record'})
        self.assertEqual(
            template.parts(VALUES), [
                (True, "Name"), (False, "/"), (True, ""), (False, "/x"),
                (True, "a/b")])
        self.assertEqual(template.render(VALUES), "Name//xa/b")

    def test_pieces(self):
        for source, pieces in [
                ('', []),
                ('a/${record.party.name}$record', [
                        ('a/', None), (None, 'record.party.name'),
                        (None, 'record')]),
                ('${record.words[0]}${len(record.name)}${record.name + "x"}', [
                        (None, None)] * 3),
                ('#if record.name\na\n#end', None)]:
            with self.subTest(source):
                self.assertEqual(
                    Template(source, {'record'}).pieces(), pieces)

    def test_clean(self):
        template = Template('a${text}', {'text'})
        self.assertEqual(
            template.parts({'text': 'b\x00\ud800'}),
            [(False, 'a'), (True, 'b')])

    def test_limit(self):
        template = Template('a${text}', {'text'})
        with self.assertRaises(TemplateError) as error:
            template.parts({'text': 'b' * 9}, limit=9)
        self.assertEqual(error.exception.code, 'too_long')


class SyntaxTestCase(unittest.TestCase):

    def assert_error(self, source, code, line=1, **arguments):
        with self.assertRaises(TemplateError) as error:
            render(source)
        error = error.exception
        self.assertEqual((error.code, error.line), (code, line))
        for name, value in arguments.items():
            self.assertEqual(error.arguments[name], value)
        self.assertNotIn(SECRET, str(error) + str(error.arguments))

    def test_render(self):
        for source, result in [
                ("", ""),
                ("Plain $$5 text", "Plain $5 text"),
                ("Hello $record.name!", "Hello Name!"),
                ("${record}", "Name"),
                ("${record.empty}", ""),
                ("${record.amount * 2}", "25.00"),
                ("${record.number + 1} ${-record.number}", "4 -3"),
                ("${record.words[0]}${record.words[-1:][0]}", "ab"),
                ("${record.data['key']} ${record.data.get('x', 'no')}",
                    "value no"),
                ("${'yes' if record.number > 2 else 'no'}", "yes"),
                ("${record.empty or 'nothing'}", "nothing"),
                ("${not record.empty and 1 < 2 <= 2 != 3}", "True"),
                ("${', '.join(l.name for l in record.lines)}", "One, Two"),
                ("${sum([l.quantity for l in record.lines "
                    "if l.quantity > 1])}", "2"),
                ("${'%s: %05.1f%%' % (record.name, record.number)}",
                    "Name: 003.0%"),
                ("${record.date.strftime('%d/%m')}", "01/12"),
                ("Invoices/${record.date.strftime('%Y')}"
                    "/Q${(record.date.month - 1) // 3 + 1}",
                    "Invoices/2026/Q4"),
                ("${record.date + timedelta(days=31)}", "2027-01-01"),
                ("${(date(2026, 12, 24) - record.date).days}", "23"),
                ("${record.at.hour}:${record.at.minute}", "9:30"),
                ("${format(record.amount, '.1f')}", "12.5"),
                ("${record.text.upper().replace('E', '3')[:6]}", "SOM3 T"),
                ("${max(3, record.number, 7)} ${len(record.lines)}", "7 2"),
                ("${'a' in record.words} ${None is record.empty}",
                    "True True"),
                ("#if record.number\nyes\n#end\n#if record.empty\nno\n#end",
                    "yes\n"),
                ("#for i, l in enumerate(record.lines)\n$i $l\n#end\nend",
                    "0 One\n1 Two\nend"),
                ("a\n## a comment\nb", "a\nb"),
                ("\\#1 of them", "#1 of them"),
                ("${'\\x00a\\ud800'}", "a"),
                ]:
            with self.subTest(source=source):
                self.assertEqual(render(source), result)

    def test_like_genshi(self):
        "What is allowed means what it means to Genshi"
        values = {
            'name': "Name", 'n': 3, 'words': ["a", "b"],
            'date': dt.date(2026, 12, 1)}
        for source in [
                "Hello $name, ${n + 1} $$ and $$name",
                "${name.upper()} ${words[1]} ${'x' if n else 'y'}",
                "a\n#if n > 2\n  yes $n\n#end\nb",
                "#for w in words\n- $w ${w * 2}\n#end",
                "#for w in words\n#if w == 'a'\n$w\n#end\n#end\nafter",
                "${', '.join(w for w in words if w != 'b')}",
                "${'%s %d' % (name, n)} ${len(words)} ${date}",
                "## comment\nText\n",
                "one\n\ntwo ${None} three",
                ]:
            with self.subTest(source=source):
                self.assertEqual(
                    render(source, **values),
                    TextTemplate(source).generate(**values).render(
                        encoding=None))

    def test_lines(self):
        "Errors tell the line"
        for source, code, line in [
                ("a\nb\n${1 +}", 'syntax', 3),
                ("a\n\n\n$record.nothing", 'field', 4),
                ("#if 1\na\n#end\n${1 // 0}", 'value', 4),
                ("#for x in record.words\n\n${x.y}\n#end", 'attribute', 3),
                ("a\n#if 1\nb", 'not_ended', 2),
                ("a\n#end", 'nothing_to_end', 2),
                ("a ${record\n.name}\n$nobody", 'unknown', 3),
                ]:
            with self.subTest(source=source):
                self.assert_error(source, code, line)

    def test_errors(self):
        for source, code in [
                ("${record.empty.name}", 'empty'),
                ("${record.words}", 'list'),
                ("${record.data['x']}", 'lookup'),
                ("${record.words[9]}", 'lookup'),
                ("${record.name + 1}", 'type'),
                ("${int(record.text)}", 'value'),
                ("${len}", 'function'),
                ("#for x in 3\n#end", 'no_list'),
                ("#for x, y in record.words\n#end", 'unpack'),
                ("#for x\n#end", 'syntax'),
                ("#for x in record.words if 1\n#end", 'syntax'),
                ("#for x.y in record.words\n#end", 'syntax'),
                ("#for x in a] + [1 for y in record.words\n#end", 'syntax'),
                ("${[x async for x in record.words]}", 'forbidden'),
                ("${", 'syntax'),
                ("${}", 'syntax'),
                ]:
            with self.subTest(source=source):
                self.assert_error(source, code)

    def test_data_is_not_told(self):
        "Errors quote the template, never the data"
        for source in [
                "${int(record.s)}", "${record.s + 1}", "${float(record.s)}",
                "${date(record.s, 1, 1)}", "${record.s.x}", "${[1][record.s]}",
                "${format(1, record.s)}", "${record.s % 3}"]:
            with self.subTest(source=source), \
                    self.assertRaises(TemplateError) as error:
                render(source, record=Thing(s=SECRET + '%'))
            error = error.exception
            self.assertNotIn(SECRET, str(error) + repr(error.arguments))
            self.assertTrue(
                error.__cause__ is None and error.__suppress_context__
                or error.__context__ is None)

    def test_paths(self):
        "What is read is known before"
        self.assertEqual(
            {p for p in Template(
                    "$record.party.name\n#for l in record.lines\n"
                    "${l.product.name}\n#end\n"
                    "${', '.join(x.code for x in record.taxes if x.on)}",
                    {'record'}).paths() if p.startswith('record.')},
            {'record.party.name', 'record.lines', 'record.lines.product.name',
                'record.taxes', 'record.taxes.code', 'record.taxes.on'})


class EscapeTestCase(unittest.TestCase):
    "The ways out of Genshi, Jinja and format strings that are known"

    def test_escapes(self):
        for source in [
                "${record.__class__}",
                "${record.secret}",
                "${record.delete()}",
                "${record.template_get('name')}",
                "${record.template_text}",
                "${record.values}",
                "${record['__class__']}",
                "${record.name.__class__.__mro__[1].__subclasses__()}",
                "${''.__class__.__base__}",
                "${().__class__.__bases__[0].__subclasses__()}",
                "${[].__class__}",
                "${__import__('os').system('id')}",
                "${__builtins__}",
                "${__data__}",
                "${_lookup_attr(record, 'secret')}",
                "${_lookup_name}",
                "${UndefinedError}",
                "${globals()}", "${locals()}", "${vars(record)}",
                "${dir(record)}", "${getattr(record, 'secret')}",
                "${hasattr(record, 'secret')}", "${type(record)}",
                "${eval('1')}", "${exec('1')}", "${compile('1', '', 'eval')}",
                "${open('/etc/passwd')}", "${input()}", "${breakpoint()}",
                "${object}", "${memoryview(b'x')}", "${b'x'}", "${1j}",
                "${...}", "${lambda: 1}", "${(lambda: 1)()}",
                "${{'a': 1}}", "${{1, 2}}", "${{x for x in record.words}}",
                "${{x: 1 for x in record.words}}", "${(x := 1)}",
                "${f'{record.__class__}'}", "${f'{record.name}'}",
                "${'{0.secret}'.format(record)}",
                "${'{0.__class__}'.format(record)}",
                "${'{x.secret}'.format_map(record.data)}",
                "${str.format('{0.secret}', record)}",
                "${'%(secret)s' % record}", "${'%(key)s' % record.data}",
                "${format(record, 'x')}", "${format('x', '{0}')}",
                "${(x for x in record.words).gi_frame}",
                "${[*record.words]}", "${max(*record.words)}",
                "${dict(**record.data)}", "${record.words.append('x')}",
                "${record.data.update(x=1)}", "${record.data.clear()}",
                "${record.words.__iter__()}", "${len.__self__}",
                "${record.date.__reduce__()}", "${record.text.encode()}",
                "${record.text.maketrans('a', 'b')}",
                "${record.date.fromtimestamp(0)}", "${record.at.astimezone()}",
                "${await record}", "${yield 1}", "${print(1)}",
                "${(1).real}", "${(1).to_bytes(9)}", "${record.amount.sqrt()}",
                "${import os}", "${record.name; 1}",
                "<?python import os ?>${os}",
                "{% python import os %}${os}",
                "{% include '/etc/passwd' %}${1 +}",
                "#include /etc/passwd\n",
                "#python\nimport os\n#end",
                "#def f(x)\n$x\n#end\n${f(1)}",
                "#with x = record.__class__\n$x\n#end",
                "#choose 1\n#end", "#match x\n#end",
                "#for __x in record.words\n#end",
                "#for x in record.__dict__\n#end",
                "#if record.__class__\n#end",
                "${[_ for _ in record.words]}",
                "$__class__", "$record.__class__", "$_",
                ]:
            with self.subTest(source=source), \
                    self.assertRaises(TemplateError) as error:
                result = render(source)
                self.fail(f"{source} is {result!r}")
            self.assertNotIn(SECRET, repr(error.exception.arguments))

    def test_bombs(self):
        "What would take for ever is refused at once"
        for source in [
                "${'a' * 10 ** 9}",
                "${'a' * 1000000000}", "${1000000000 * 'a'}",
                "${[1] * 1000000000}", "${(1,) * 1000}",
                "${10 ** 10 ** 10}", "${1 << 10000000000}",
                "${" + " * ".join(["9" * 70] * 4) + "}",
                "${round(5, -1000000000)}", "${round(record.amount, 10 ** 9)}",
                "${round(5, -999999999)}",
                "${format(1, '1000000000d')}", "${format('x', '>1000000')}",
                "${format(record.date, '%1000000000Y')}",
                "${'%1000000000d' % 1}", "${'%*d' % (1000000000, 1)}",
                "${'%.1000000000f' % 1.0}", "${'%s' % record.words}",
                "${record.date.strftime('%1000000000d')}",
                "${record.date.strftime('%d' * 1000)}",
                "${long.replace('x', long)}", "${long.replace('', 'xxx')}",
                "${long.join(words)}", "${long + long}",
                "${long.ljust(1000000000)}", "${long.zfill(1000000000)}",
                "${long.center(10000000)}", "${long.expandtabs(1000000)}",
                "${range(10 ** 9)}", "${list(range(1000000000))}",
                "${timedelta(days=10000000000000)}",
                "${sum([words, words])}", "${words == words}",
                "${words in [words]}", "${sorted([words, words])}",
                "${long.split('x')}",
                "${len([1 for a in words for b in words for c in words])}",
                "#for a in words\n#for b in words\n$a\n#end\n#end",
                "#for a in words\n${long}\n#end",
                "${''.join([long for a in words])}",
                "${len([long.upper() for a in words])}",
                "${len([long.split('y') for a in words])}",
                "${" + "(" * 5000 + "1" + ")" * 5000 + "}",
                "${" + "-" * 1900 + "1}", "${" + "not " * 400 + "1}",
                "${" + "[" * 90 + "]" * 90 + "}",
                "${" + "record" + ".name" * 300 + "}",
                "${1" + " + 1" * 400 + "}",
                "x" * 20_000,
                "#if 1\n" * 200 + "#end\n" * 200,
                "${" + "9" * 1500 + "}",
                "${float('9' * 1000) * 2 and " + "int('9' * 5000)}",
                ]:
            with self.subTest(source=source[:60]):
                with Work() as work, self.assertRaises(TemplateError):
                    render(source)
                self.assertLess(work.calls, HOSTILE)

    def test_output(self):
        "The output has a limit"
        self.assertEqual(render("abc", limit=3), "abc")
        with self.assertRaises(TemplateError) as error:
            render("abcd", limit=3)
        self.assertEqual(error.exception.code, 'too_long')


# Expressions of anything, more often of what is dangerous
NAMES = st.sampled_from([
        'record', 'long', 'words', 'x', '__class__', '_', 'len', 'str',
        'format', 'secret', 'name', 'lines', 'date', 'open', 'upper', 'join',
        'replace', 'split', 'strftime', 'format', 'sorted', 'sum', 'zip'])
ATOMS = st.one_of(
    NAMES, st.integers(-10, 10 ** 30).map(str),
    st.text(alphabet="abx%{}.0s'", max_size=6).map(repr),
    st.sampled_from(['None', '[]', '()', '1.5', "'%s'", "'a' * 99999"]))


def _extend(children):
    operators = st.sampled_from([
            '+', '-', '*', '/', '//', '%', '**', '<<', 'and', 'or', '==', '<',
            'in', 'is not', '|'])
    return st.one_of(
        st.tuples(children, operators, children).map(
            lambda p: f'({p[0]} {p[1]} {p[2]})'),
        st.tuples(children, NAMES).map(lambda p: f'{p[0]}.{p[1]}'),
        st.tuples(NAMES, children).map(lambda p: f'{p[0]}({p[1]})'),
        st.tuples(children, NAMES, children).map(
            lambda p: f'{p[0]}.{p[1]}({p[2]})'),
        st.tuples(children, children).map(lambda p: f'{p[0]}[{p[1]}]'),
        st.tuples(children, children).map(lambda p: f'[{p[0]}, {p[1]}]'),
        st.tuples(children, NAMES, children).map(
            lambda p: f'[{p[0]} for {p[1]} in {p[2]}]'),
        st.tuples(children, children, children).map(
            lambda p: f'({p[0]} if {p[1]} else {p[2]})'))


EXPRESSIONS = st.recursive(ATOMS, _extend, max_leaves=12)
LINES = st.one_of(
    st.text(max_size=12), EXPRESSIONS.map(lambda e: '${%s}' % e),
    EXPRESSIONS.map(lambda e: f'#if {e}'),
    EXPRESSIONS.map(lambda e: f'#for x in {e}'), st.just('#end'))


class LawsTestCase(unittest.TestCase):

    @settings(max_examples=600, deadline=2_000)
    @given(st.one_of(
            EXPRESSIONS.map(lambda e: '${%s}' % e),
            st.lists(LINES, max_size=6).map('\n'.join),
            st.text(alphabet="${}#.()[]_abifn 'end\n", max_size=60)))
    def test_laws(self, source):
        "It ends soon, in a text that is no secret or in a TemplateError"
        try:
            result = render(source)
        except TemplateError as error:
            self.assertNotIn(SECRET, repr(error.arguments))
            return
        self.assertIs(type(result), str)
        self.assertLessEqual(len(result), 10_000)
        self.assertNotIn(SECRET, result)
        self.assertNotRegex(result, r'<(class|bound|function|object)')
        result.encode()
