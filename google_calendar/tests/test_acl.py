# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
from unittest import TestCase

from hypothesis import given
from hypothesis import strategies as st

from trytond.modules.google_calendar import acl

BOB = ('user', 'bob@example.com')
scopes = st.sampled_from([
        BOB, ('user', 'eve@example.com'), ('group', 'team@example.com'),
        ('domain', 'example.com'), acl.PUBLIC])
lists = st.dictionaries(scopes, st.sampled_from(acl.ROLES))


class AccessListTestCase(TestCase):
    "Test the differences of access lists"

    def test_scope(self):
        for type_, value, result in [
                ('user', ' Bob@Example.com ', BOB),
                ('group', 'team@example.com', ('group', 'team@example.com')),
                ('domain', 'Example.com', ('domain', 'example.com')),
                ('default', None, acl.PUBLIC),
                ('default', 'whatever', acl.PUBLIC)]:
            self.assertEqual(acl.scope(type_, value), result)
        for type_, value, code in [
                ('user', None, 'email'), ('user', 'bob', 'email'),
                ('user', 'a b@example.com', 'email'),
                ('user', 'a@b@example.com', 'email'),
                ('group', 'a@example.com, b@example.com', 'email'),
                ('user', 'bob@', 'email'), ('domain', '', 'domain'),
                ('domain', 'bob@example.com', 'domain'),
                ('domain', '-example.com', 'domain')]:
            with self.subTest(type=type_, value=value), \
                    self.assertRaises(acl.AccessListError) as error:
                acl.scope(type_, value)
            self.assertEqual(error.exception.code, code)

    def test_desired(self):
        self.assertEqual(
            acl.desired([
                    ('user', 'Bob@example.com', 'owner'),
                    ('default', None, 'reader')]),
            {BOB: 'owner', acl.PUBLIC: 'reader'})
        for rules, code in [
                ([(*BOB, 'reader'), ('user', 'BOB@example.com', 'owner')],
                    'double'),
                ([('default', '', 'writer')], 'public'),
                ([('default', '', 'owner')], 'public')]:
            with self.assertRaises(acl.AccessListError) as error:
                acl.desired(rules)
            self.assertEqual(error.exception.code, code)

    def test_read(self):
        "What grants nothing, or is not known, is left alone"
        def rule(role, **scope):
            return {
                'id': ':'.join(scope.values()), 'etag': '"1"', 'role': role,
                'scope': scope}

        self.assertEqual(
            acl.read([
                    rule('owner', type='user', value='Bob@example.com'),
                    rule('none', type='default'),
                    rule('reader', type='planet', value='mars'),
                    rule('king', type='domain', value='example.com'),
                    {'id': 'x', 'role': 'reader'},
                    {}]),
            {BOB: ('owner', 'user:Bob@example.com', '"1"')})

    @given(lists, lists)
    def test_changes(self, before, after):
        "The changes lead from one list to the other"
        changes = acl.changes(before, after)
        result = dict(before)
        for change in changes:
            self.assertEqual(result.get(change.scope), change.before)
            self.assertNotEqual(change.before, change.after)
            if change.after:
                result[change.scope] = change.after
            else:
                del result[change.scope]
        self.assertEqual(result, after)
        # in between nobody was without owner who has one in the end
        if 'owner' in before.values() and 'owner' in after.values():
            result = dict(before)
            for change in changes:
                result[change.scope] = change.after
                self.assertIn('owner', result.values())

    @given(lists, lists)
    def test_public(self, before, after):
        "Everybody sees more only if it is told"
        order = [None, *acl.ROLES]
        more = (order.index(after.get(acl.PUBLIC))
            > order.index(before.get(acl.PUBLIC)))
        self.assertEqual(acl.is_public(acl.changes(before, after)), more)

    @given(lists, lists)
    def test_state(self, before, after):
        "A repetition finds all done, another's change is seen"
        for change in acl.changes(before, after):
            self.assertEqual(acl.state(change, change.before), 'due')
            self.assertEqual(acl.state(change, change.after), 'done')
            for role in {None, *acl.ROLES} - {change.before, change.after}:
                self.assertEqual(acl.state(change, role), 'other')
