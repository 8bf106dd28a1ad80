# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The links between the events of Google and the records of Tryton.

An extended property of the event names the record, with the installation of
Tryton before it: several may synchronise the same calendar.
"""
from urllib.parse import quote

from trytond.i18n import gettext
from trytond.model import ModelSQL, ModelView
from trytond.model.exceptions import AccessError
from trytond.modules.google_integration import configuration
from trytond.modules.google_integration.acting import acting
from trytond.pool import Pool
from trytond.transaction import (
    Transaction, check_access, inactive_records)

__all__ = [
    'check', 'event_text', 'find', 'is_linkable', 'is_own_source', 'own',
    'prefix', 'source', 'text']


def is_linkable(Model):
    """Tell if events may belong to the records of the model.

    The name of the record is shown with the event: of sessions and of the
    applications of users it is a secret.
    """
    return (issubclass(Model, ModelSQL) and issubclass(Model, ModelView)
        and Model._rec_name != 'key'
        and not Model.__name__.startswith('google_'))


@check_access
def check(value):
    "Raise an error if the user may not read the record, such as party.party,1"
    pool = Pool()
    if not value:
        return
    name, _, id = str(value).partition(',')
    Model = pool.get(name)
    if not is_linkable(Model):
        raise AccessError(gettext(
                'ir.msg_access_rule_error', **Model.__names__()))
    pool.get('ir.model.access').check(name, 'read')
    if id and int(id) >= 0:
        # there may be such a record later
        with inactive_records():
            Model.read([int(id)], ['id'])


def prefix():
    "What the names of the records of this installation start with"
    Configuration = Pool().get('ir.configuration')
    return Configuration.get_google_installation() + ':'


def text(record):
    "The text that names the record at Google, None without record"
    if record is not None and getattr(record, 'id', None) is not None \
            and record.id >= 0:
        return f'{prefix()}{record}'


def event_text(event):
    "The text that names the event of Tryton at Google"
    return f'{prefix()}{event.id}'


def own(value):
    "The text if it names a record of this installation, else None"
    if value and value.startswith(prefix()):
        return value


def find(value, users):
    """The name of the record, such as party.party,1, None if there is none

    It must be one that all the users may read: who else writes to the
    calendar at Google can name any.
    """
    if not own(value):
        return
    name, _, id = value.removeprefix(prefix()).partition(',')
    try:
        Model = Pool().get(name)
        id = int(id)
    except (KeyError, ValueError):
        return
    if not is_linkable(Model):
        return
    Access = Pool().get('ir.model.access')
    for user in users:
        with acting(user), inactive_records():
            if (not Access.check(name, 'read', raise_exception=False)
                    or not Model.search([('id', '=', id)], limit=1)):
                return
    if users:
        return f'{name},{id}'


def source(record):
    """The source of an event: the title and the address of the record

    https://developers.google.com/workspace/calendar/api/v3/reference/events
    """
    base = _base()
    if not base or not text(record):
        return
    return {
        'title': record.rec_name,
        'url': f'{base}{record.__name__}/{record.id}',
        }


def is_own_source(source):
    "Tell if the source of an event is the address of a record of ours"
    base = _base()
    return bool(base) and str(source.get('url')).startswith(base)


def _base():
    "What the addresses of the records start with"
    base = configuration.base_url()
    if base:
        database = quote(Transaction().database.name)
        return f'{base}/#{database}/model/'
