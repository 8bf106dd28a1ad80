# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import datetime as dt
import json

from trytond.pool import Pool

from .case import GoogleTestCase
from .tools import database

MODEL = 'google_integration.google_credentials'
ACCESS = {'_check_access': True}


def utcnow():
    return dt.datetime.now(dt.timezone.utc).replace(tzinfo=None)


class GoogleCredentialsTestCase(GoogleTestCase):
    "Test the credentials of google_integration"

    def get(self):
        return Pool().get(MODEL)(self.id)

    def click(self, button, user=None):
        with database(user or self.jane, context=ACCESS):
            return getattr(Pool().get(MODEL), button)([self.get()])

    def token(self):
        with database():
            return self.get().get_credentials().token

    def expire_soon(self, **delta):
        self.update(token_expiry=(
                utcnow() + dt.timedelta(**delta)).replace(microsecond=0))

    def service_account(self, **kwargs):
        key = self.google.add_service_account(**kwargs)
        with database(self.jane):
            record, = Pool().get(MODEL).create([{
                        'name': "Robot",
                        'type': 'service_account',
                        'service_account_key': json.dumps(key).encode(),
                        }])
            self.id = record.id
        return key


del GoogleTestCase
