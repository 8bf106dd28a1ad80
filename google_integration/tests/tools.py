# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Google for the tests: the emulator and a way through its consent page."""
import contextlib
from urllib.parse import quote, urlsplit

from cryptography.fernet import Fernet
from werkzeug.test import Client

import trytond.config as config
from trytond.pool import Pool
from trytond.protocols.wrappers import Response
from trytond.tests.test_tryton import DB_NAME
from trytond.transaction import Transaction
from trytond.wsgi import app

__all__ = [
    'BASE', 'authorize', 'callback_uri', 'configure', 'create_credentials',
    'create_users', 'database', 'options', 'set_option', 'update_row',
    'visit']

SECTION = 'google_integration'
BASE = 'http://localhost'
KEY = Fernet.generate_key().decode()


def set_option(name, value):
    "Set the option of the configuration file, or remove it with None"
    if not config.has_section(SECTION):
        config.add_section(SECTION)
    config.set(SECTION, name, '' if value is None else str(value))


def _url(emulator):
    return getattr(emulator, 'url', emulator).rstrip('/')


def configure(emulator=None, **values):
    """Point the modules at the emulator, with an encryption key.

    `emulator` has the attribute `url`, or is the address itself.
    """
    options = {
        'encryption_key': KEY,
        'base_url': BASE,
        }
    if emulator is not None:
        url = _url(emulator)
        options.update(
            api_root=url + '/',
            auth_uri=url + '/o/oauth2/v2/auth',
            token_uri=url + '/token',
            revoke_uri=url + '/revoke')
    options.update(values)
    for name, value in options.items():
        set_option(name, value)


@contextlib.contextmanager
def options(**values):
    "Set the options for a while"
    before = {n: config.get(SECTION, n, default=None) for n in values}
    for name, value in values.items():
        set_option(name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            set_option(name, value)


def callback_uri(database=DB_NAME):
    return f'{BASE}/{quote(database)}/google/callback'


def create_credentials(emulator, name="Google", admin=None, **values):
    """Create credentials with a client of its own, by proteus.

    `admin` is the client of the emulator, by default that of `emulator`.
    """
    from proteus import Model
    Credentials = Model.get('google_integration.google_credentials')
    client = (admin or emulator.admin).add_client(
        redirect_uris=[callback_uri()])
    credentials = Credentials(name=name)
    credentials.client_id = client['client_id']
    credentials.client_secret = client['client_secret']
    credentials.redirect_uri = callback_uri()
    for field, value in values.items():
        setattr(credentials, field, value)
    credentials.save()
    return credentials


def create_users(**values):
    """Create Jane and John, who use Google, and Ada, who administrates it.

    Return their ids by their logins.
    """
    pool = Pool()
    ModelData = pool.get('ir.model.data')
    User = pool.get('res.user')
    users = User.create([{
                'name': login.title(),
                'login': login,
                'groups': [('add', [ModelData.get_id(
                                'google_integration',
                                f'group_google_{group}')])],
                **values} for login, group in [
                ('jane', 'user'), ('john', 'user'), ('ada', 'admin')]])
    return {u.login: u.id for u in users}


def visit(location, method='GET', **headers):
    "Open the address of the callback like a browser, without a session"
    parts = urlsplit(location)
    return Client(app, Response).open(
        parts.path + ('?' + parts.query if parts.query else ''),
        base_url=f'{parts.scheme}://{parts.netloc}', method=method,
        headers=headers)


def authorize(credentials, emulator, account=None, **consent):
    """Press Authorize, submit the consent page, arrive at the callback.

    Return the answer of the callback.
    """
    admin = getattr(emulator, 'admin', emulator)
    url = credentials.click('request_authorization')
    response = visit(admin.consent(url, account=account, **consent))
    credentials.reload()
    return response


@contextlib.contextmanager
def database(user=0, context=None, commit=True):
    "The database of the test, seen from the server"
    with Transaction().start(DB_NAME, user, context=context) as transaction:
        yield Pool(DB_NAME)
        if commit:
            transaction.commit()
        else:
            transaction.rollback()


def update_row(record, **values):
    "Write on the row of the record of proteus behind the back of the modules"
    from trytond.modules.google_integration import bookkeeping
    with database() as pool:
        Model = pool.get(record.__class__.__name__)
        bookkeeping.update(Model, [record.id], values)
