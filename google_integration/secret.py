# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The secrets, encrypted in a table of their own."""
import json
import logging

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from trytond.i18n import gettext
from trytond.model import ModelSQL, Unique, fields
from trytond.pool import Pool
from trytond.transaction import Transaction

from . import configuration
from .exceptions import ConfigurationError, EncryptionKeyError, SecretError

__all__ = ['Secret']

logger = logging.getLogger(__name__)


def _fernet():
    keys = configuration.encryption_keys()
    if not keys:
        raise EncryptionKeyError(
            gettext('google_integration.msg_encryption_key_missing'),
            gettext('google_integration.msg_encryption_key_example',
                section='[google_integration]',
                line=f'encryption_key = {Fernet.generate_key().decode()}'))
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        raise ConfigurationError(
            gettext('google_integration.msg_encryption_key_invalid')
            ) from None


class Secret(ModelSQL):
    """What must never leave the server.

    Not a ModelView: nothing of it can be called by RPC.  The cipher text holds
    the record and the name to which it belongs: in another row it is worth
    nothing.
    """
    __name__ = 'google_integration.secret'
    _log = False

    resource = fields.Reference(
        "Resource", selection='get_models', required=True, readonly=True)
    name = fields.Char("Name", required=True, readonly=True, strip=False)
    ciphertext = fields.Text(
        "Cipher Text", required=True, readonly=True, strip=False)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        table = cls.__table__()
        cls._sql_constraints += [
            ('resource_name_unique',
                Unique(table, table.resource, table.name),
                'google_integration.msg_secret_unique'),
            ]

    @classmethod
    def __post_setup__(cls):
        super().__post_setup__()
        cls.__rpc__.clear()

    @classmethod
    def get_models(cls):
        Model = Pool().get('ir.model')
        return Model.get_name_items(ModelSQL)

    @classmethod
    def check_key(cls):
        "Raise a message that says what to do if nothing can be encrypted"
        _fernet()

    @classmethod
    def store(cls, record, name, value):
        "Keep the secret of the record; an empty one is forgotten"
        if not value:
            cls.forget(type(record), [record.id], [name])
            return
        resource = str(record)
        ciphertext = _fernet().encrypt(json.dumps({
                    'resource': resource,
                    'name': name,
                    'value': value,
                    }).encode()).decode()
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.update(
                [table.ciphertext], [ciphertext],
                where=(table.resource == resource) & (table.name == name)))
        if not cursor.rowcount:
            cursor.execute(*table.insert(
                    [table.resource, table.name, table.ciphertext],
                    [[resource, name, ciphertext]]))

    @classmethod
    def reveal(cls, record, name):
        "Return the secret of the record, None if none is held"
        resource = str(record)
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.select(
                table.ciphertext,
                where=(table.resource == resource) & (table.name == name)))
        row = cursor.fetchone()
        if not row:
            return
        fernet = _fernet()
        try:
            content = json.loads(fernet.decrypt(row[0].encode()))
            if (content['resource'], content['name']) == (resource, name):
                return content['value']
        except (InvalidToken, KeyError, TypeError, ValueError):
            pass
        logger.error("the secret %s of %s can not be read", name, resource)
        raise SecretError(gettext(
                'google_integration.msg_secret_unreadable',
                **type(record).__names__(name, record=record)))

    @classmethod
    def held(cls, Model, ids, names):
        "Return the ids of the records that hold a secret for each name"
        result = {name: set() for name in names}
        if not ids or not names:
            return result
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.select(
                table.resource, table.name,
                where=cls._where(table, Model, ids, names)))
        for resource, name in cursor:
            result[name].add(int(resource.split(',')[1]))
        return result

    @classmethod
    def forget(cls, Model, ids, names=None):
        "Forget the secrets of the records, all of them without names"
        if not ids:
            return
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.delete(
                where=cls._where(table, Model, ids, names)))

    @staticmethod
    def _where(table, Model, ids, names):
        in_ = fields.SQL_OPERATORS['in']
        where = in_(table.resource, [f'{Model.__name__},{id}' for id in ids])
        if names is not None:
            where &= in_(table.name, list(names))
        return where

    @classmethod
    def rotate(cls):
        """Encrypt all the secrets with the newest key.

        Return how many could be read and how many could not: these stay as
        they are, their key may come back.
        """
        fernet = _fernet()
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.select(table.id, table.ciphertext))
        rotated = unreadable = 0
        for id, ciphertext in cursor.fetchall():
            try:
                value = fernet.rotate(ciphertext.encode()).decode()
            except InvalidToken:
                unreadable += 1
                continue
            # a secret that was replaced in the meantime is not put back
            cursor.execute(*table.update(
                    [table.ciphertext], [value],
                    where=(table.id == id)
                    & (table.ciphertext == ciphertext)))
            rotated += 1
        logger.info(
            "%s secrets encrypted again, %s could not be read",
            rotated, unreadable)
        return rotated, unreadable
