# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The links between the events of Google and the records of Tryton.

An extended property of the event names the record, with the installation of
Tryton before it: several may synchronise the same calendar.
"""
from urllib.parse import quote

from trytond.modules.google_integration import configuration
from trytond.pool import Pool
from trytond.transaction import Transaction, inactive_records

__all__ = [
    'event_text', 'find', 'own', 'prefix', 'source', 'text']


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


def find(value):
    "The name of the record, such as party.party,1, None if there is none"
    if not own(value):
        return
    name, _, id = value.removeprefix(prefix()).partition(',')
    try:
        Model = Pool().get(name)
        id = int(id)
    except (KeyError, ValueError):
        return
    if not hasattr(Model, 'search'):
        return
    with inactive_records():
        if Model.search([('id', '=', id)], limit=1):
            return f'{name},{id}'


def source(record):
    """The source of an event: the title and the address of the record

    https://developers.google.com/workspace/calendar/api/v3/reference/events
    """
    base = configuration.base_url()
    if not base or not text(record):
        return
    database = quote(Transaction().database.name)
    return {
        'title': record.rec_name,
        'url': f'{base}/#{database}/model/{record.__name__}/{record.id}',
        }
