# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The client of a rule, for what people wait for."""
from contextlib import contextmanager

from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.client import GoogleError
from trytond.modules.google_integration.sync_log import format_error
from trytond.pool import Pool
from trytond.transaction import Transaction

from .exceptions import DriveFolderError

__all__ = ['drive_client']


@contextmanager
def drive_client(drive, api=None):
    """A client of the drive, after a commit: no transaction waits for Google.

    What the block needs of records is read before. ``api`` is the name and
    the version of another API than that of Drive.
    """
    pool = Pool()
    Credentials = pool.get('google_integration.google_credentials')
    Drive = pool.get('google_drive.drive')
    transaction = Transaction()
    id, parameters = drive.credentials.id, drive.google_parameters()
    transaction.commit()
    with Credentials.google_errors(id):
        client = Credentials(id).get_client(
            *(api or Drive.google_api), parameters)
        transaction.commit()
        try:
            yield client
        except GoogleError as error:
            transaction.rollback()
            code = Drive.google_error_code(error)
            if code in {'unreachable', 'google'}:
                raise
            message = format_error(code, bookkeeping.dumps({
                        'status': error.status,
                        'reason': error.reason,
                        'message': error.message,
                        }))
            raise DriveFolderError(message, error.message) from error
        finally:
            client.close()
