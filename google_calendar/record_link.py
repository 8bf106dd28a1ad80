# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The links between the events of Google and the records of Tryton.

An extended property of the event names the record, with the installation of
Tryton before it: several may synchronise the same calendar.
"""
import re
from collections import defaultdict
from contextlib import contextmanager
from contextvars import ContextVar
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
    'prefix', 'source', 'text', 'together']

# the values of which the records are searched together, and what was found
_together = ContextVar('together', default=((), {}))


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


@contextmanager
def together(values):
    "Search the records that the values name once, when the first is found"
    token = _together.set((set(values), {}))
    try:
        yield
    finally:
        _together.reset(token)


def find(value, credentials):
    """The name of the record, such as party.party,1, None if there is none

    It must be one that all the owners of the credentials may read: who else
    writes to the calendar at Google can name any.
    """
    named = _named(value)
    if not named:
        return
    values, found = _together.get()
    if value not in values:
        values, found = {value}, {}
    if credentials not in found:
        found[credentials] = _readable(
            filter(None, map(_named, values)), credentials.owners)
    if named in found[credentials]:
        return ','.join(map(str, named))


def _named(value):
    "The model and the id that the value names, None if there is no such model"
    if not own(value):
        return
    name, _, id = value.removeprefix(prefix()).partition(',')
    # as large as any database takes
    if not re.fullmatch(r'[0-9]{1,18}', id, re.ASCII):
        return
    try:
        Model = Pool().get(name)
    except KeyError:
        return
    if is_linkable(Model):
        return name, int(id)


def _readable(named, users):
    "Those of the records that all the users may read"
    models = defaultdict(set)
    for name, id in named:
        models[name].add(id)
    if not users:
        return set()
    Access = Pool().get('ir.model.access')
    readable = set()
    for name, ids in models.items():
        Model = Pool().get(name)
        for user in users:
            with acting(user), inactive_records():
                if not Access.check(name, 'read', raise_exception=False):
                    ids = set()
                if not ids:
                    break
                ids = set(map(int, Model.search(
                            [('id', 'in', list(ids))], order=[])))
        readable.update((name, id) for id in ids)
    return readable


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
