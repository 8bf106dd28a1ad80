# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""An attachment that people lock, for the tests."""
import contextlib
import datetime as dt
from unittest.mock import patch

from trytond.modules.google_integration import bookkeeping

from .tools import (
    ACCESS, ALICE, ATTACHMENT, BOB, GoogleDriveTestCase, database)

__all__ = ['HOUR', 'LockCase']

NOTIFICATION = 'res.notification'
HOUR = dt.timedelta(hours=1)


class LockCase(GoogleDriveTestCase):

    def prepare(self):
        super().prepare()
        self.access = self.allow()
        self.set_rule(lock=True, lock_timeout=HOUR)
        self.attachment = self.attach("a.txt", b'old')
        self.synchronize()
        self.google_id = self.file(self.attachment, 'google_id')
        self.google.share_file(self.google_id, BOB, 'writer')
        self.synchronize()
        self.requests()

    def press(self, button, user=None, attachment=None):
        self.click(
            ATTACHMENT, attachment or self.attachment,
            f'google_drive_{button}', user)

    def press_unchecked(self, button, user):
        "The button of a form that was open before"
        with database(user) as pool:
            Attachment = pool.get(ATTACHMENT)
            getattr(Attachment, f'google_drive_{button}')(
                [Attachment(self.attachment)])

    def change(self, user, **values):
        "Change the attachment as the client of the user does"
        with database(user, context=ACCESS) as pool:
            Attachment = pool.get(ATTACHMENT)
            Attachment.write([Attachment(self.attachment)], values)

    def shown(self, *names, user=None):
        with self.as_user(user or self.jane) as pool:
            values, = pool.get(ATTACHMENT).read(
                [self.attachment], [f'google_drive_{n}' for n in names])
            values = [values[f'google_drive_{n}'] for n in names]
            return values if len(names) > 1 else values[0]

    def restriction(self, google_id=None):
        "What Google has, None if nothing"
        answer = self.google.act(
            ALICE, 'drive.files.get', fileId=google_id or self.google_id,
            fields='contentRestrictions')
        found = answer.get('contentRestrictions') or [None]
        self.assertEqual(len(found), 1)
        return found[0]

    def restrict(self, user, read_only=True, **values):
        "Lock or unlock on Drive, as a person"
        self.google.edit_file(user, self.google_id, contentRestrictions=[
                {'readOnly': read_only, **values}])

    def notifications(self, user):
        return self.search(NOTIFICATION, 'label', domain=[
                ('user', '=', user), ('label', 'like', '%a.txt%')])

    @contextlib.contextmanager
    def later(self, delta):
        "The clock goes on"
        now = bookkeeping.utcnow() + delta
        with patch.object(bookkeeping, 'utcnow', lambda: now):
            yield

    def assert_locked(self, owner="Jane"):
        restriction = self.restriction()
        self.assertIsNotNone(restriction)
        self.assertIn(owner, restriction['reason'])
        self.assertEqual(
            restriction['restrictingUser']['emailAddress'], ALICE)
        self.assertEqual(
            self.shown('locked', 'lock_owner'), ['tryton', owner])

    def assert_free(self):
        self.assertIsNone(self.restriction())
        self.assertEqual(self.shown('locked', 'lock_owner'), [None, None])
        self.assertEqual(
            self.file(self.attachment, 'lock_reason', 'google_lock'),
            [None, None])
