# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What is removed once a day because nobody needs it any more."""
import datetime as dt
import logging

from trytond.modules.google_integration.bookkeeping import utcnow
from trytond.modules.google_integration.redaction import log_unexpected
from trytond.pool import Pool, PoolMeta

from . import store

__all__ = ['Synchronization']
logger = logging.getLogger(__name__)

# [Upload file data] so long lives the address of an upload
SESSION = dt.timedelta(days=7)
# what leads nowhere may come back for so long
APART = dt.timedelta(days=30)


class Synchronization(metaclass=PoolMeta):
    __name__ = 'google_integration.synchronization'

    @classmethod
    def clean(cls):
        super().clean()
        pool = Pool()
        pool.get('google_drive.creation').clean()
        forget_sessions()
        forget_apart()
        trash_quarantined()
        try:
            store.sweep()
        except OSError:
            log_unexpected(logger, "temporary files could not be removed")


def forget_sessions():
    "Forget the addresses of uploads that Google has forgotten"
    File = Pool().get('google_drive.file')
    files = File.search([('session_at', '<', utcnow() - SESSION)])
    File.google_forget_sessions([f.id for f in files])


def forget_apart():
    "Forget the files that are neither at hand nor attached"
    File = Pool().get('google_drive.file')
    _delete(File.search([
                ('google_state', '=', 'apart'),
                ('attachment', '=', None),
                ('create_date', '<', utcnow() - APART),
                ]))


def trash_quarantined():
    "Move to the trash what the rules keep in quarantine only for a time"
    pool = Pool()
    File = pool.get('google_drive.file')
    Rule = pool.get('google_drive.rule')
    for rule in Rule.search([
                ('orphans', '=', 'quarantine'),
                ('quarantine_days', '!=', None),
                ]):
        until = utcnow() - dt.timedelta(days=rule.quarantine_days)
        _delete(File.search([
                    ('rule', '=', rule.id),
                    ('orphan', '=', 'quarantine'),
                    ('orphaned_at', '<', until),
                    ('attachment', '=', None),
                    ('google_state', '=', 'synchronized'),
                    # somebody may have moved or changed it since
                    ('parent_google_id', '=', rule.quarantine),
                    ['OR',
                        ('google_modified', '=', None),
                        ('google_modified', '<', until),
                        ],
                    ]))


def _delete(files):
    "Delete the files, at Google too where that is remembered, with errors"
    pool = Pool()
    File = pool.get('google_drive.file')
    SyncError = pool.get('google_integration.sync_error')
    SyncError.delete(SyncError.search([
                ('google_id', 'in', [f.google_id for f in files]),
                ('service', 'like', 'google_drive.drive,%'),
                ]))
    File.delete(files)
