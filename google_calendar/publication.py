# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Which record a rule has published as which event."""
from sql import Column, Null
from sql.aggregate import Count

from trytond.i18n import gettext
from trytond.ir.resource import ResourceAccessMixin
from trytond.model import Index, ModelSQL, ModelView, Unique, fields
from trytond.model.exceptions import AccessError
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.checked_read import CheckedReadMixin
from trytond.modules.google_integration.sync_log import (
    format_error, one_line)
from trytond.modules.google_integration.template_record import readable
from trytond.pool import Pool
from trytond.pyson import Eval
from trytond.tools import grouped_slice
from trytond.transaction import (
    Transaction, inactive_records, without_check_access)

from .follow import stamp

__all__ = ['Publication']


class Publication(CheckedReadMixin, ModelSQL, ModelView):
    __name__ = 'google_calendar.publication'
    _log = False

    rule = fields.Many2One(
        'google_calendar.rule', "Rule", required=True, readonly=True,
        ondelete='CASCADE')
    record_id = fields.Integer("Record ID", required=True, readonly=True)
    record = fields.Function(
        fields.Reference("Record", selection='get_models'), 'get_record')
    event = fields.Many2One(
        'google_calendar.event', "Event", readonly=True, ondelete='SET NULL')
    # the date of the record that was published, empty if it is to be
    stamp = fields.Timestamp("Stamp", readonly=True)
    content = fields.Text(
        "Content", readonly=True, strip=False, loading='lazy')
    code = fields.Char("Code", readonly=True)
    arguments = fields.Text("Arguments", readonly=True)
    error = fields.Function(fields.Char("Error"), 'get_error')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('code', 'ASC NULLS LAST'), ('id', 'DESC')]
        table = cls.__table__()
        cls._sql_constraints.append((
                'record_unique', Unique(table, table.rule, table.record_id),
                'google_calendar.msg_publication_unique'))
        cls._sql_indexes.add(Index(table, (table.event, Index.Equality())))
        cls._buttons.update({
                'retry': {
                    'invisible': ~Eval('code'),
                    'depends': ['code'],
                    },
                })

    @classmethod
    def get_models(cls):
        # without those that the user may not read, which hide the field
        return [(None, "")] + ResourceAccessMixin.get_models()

    @classmethod
    def get_record(cls, publications, name):
        "The record, for those who may read it"
        pool = Pool()
        result = dict.fromkeys(map(int, publications))
        by_model = {}
        for publication in publications:
            by_model.setdefault(publication.rule.model, []).append(publication)
        for model, publications in by_model.items():
            try:
                Model = pool.get(model)
                ids = {r.id for r in readable(Model.browse(
                            [p.record_id for p in publications]))}
            except (KeyError, AccessError):
                continue
            for publication in publications:
                if publication.record_id in ids:
                    result[publication.id] = f'{model},{publication.record_id}'
        return result

    def get_error(self, name):
        return one_line(format_error(self.code, self.arguments))

    def get_rec_name(self, name):
        return self.event.rec_name if self.event else str(self.record_id)

    @classmethod
    def count(cls, rules, names):
        "The numbers of events and errors"
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        ids = [r.id for r in rules]
        result = {}
        for name, column in [
                ('published', table.event), ('failed', table.code)]:
            if name in names:
                result[name] = dict.fromkeys(ids, 0)
                cursor.execute(*table.select(
                        table.rule, Count(),
                        where=table.rule.in_(ids) & (column != Null),
                        group_by=table.rule))
                result[name].update(dict(cursor))
        return result

    @classmethod
    @ModelView.button
    def retry(cls, publications):
        bookkeeping.check_write(cls, publications)
        Rule = Pool().get('google_calendar.rule')
        by_rule = {}
        for publication in publications:
            by_rule.setdefault(publication.rule.id, []).append(
                publication.record_id)
        cls.expire([('id', 'in', [p.id for p in publications])])
        for rule, ids in by_rule.items():
            Rule.__queue__.follow([Rule(rule)], ids)

    @classmethod
    def check_modification(
            cls, mode, publications, values=None, external=False):
        super().check_modification(
            mode, publications, values=values, external=external)
        if external and mode == 'write':
            # or the rule would write on any event
            for name in sorted(
                    bookkeeping.readonly_fields(cls) & values.keys()):
                raise AccessError(gettext(
                        'google_integration.msg_resource_bookkeeping',
                        **cls.__names__(name)))

    # What the rules do

    @classmethod
    @without_check_access
    def expire(cls, domain):
        "Let the publications be due"
        publications = cls.search(domain, order=[])
        bookkeeping.update(cls, publications, {'stamp': None})

    @classmethod
    @inactive_records
    def withdraw(cls, publications):
        "Delete the events, there is nothing to publish"
        Event = Pool().get('google_calendar.event')
        events = [p.event.id for p in publications if p.event]
        # first, or they would be published again
        cls.delete(publications)
        Event.delete(Event.browse(events))

    @classmethod
    def hide(cls, rule, record_id, publication):
        "The record has no date: there is no event"
        if publication and publication.event:
            cls.withdraw([publication])
            publication = None
        if not publication:
            publication, = cls.create([{
                        'rule': rule.id, 'record_id': record_id}])
        bookkeeping.update(
            cls, [publication],
            {'content': None, 'code': None, 'arguments': None})

    @classmethod
    def keep_error(cls, rule, record_id, error):
        "The record can not be published as it is; its event is left alone"
        publications = cls.search([
                ('rule', '=', rule.id),
                ('record_id', '=', record_id),
                ])
        if not publications:
            publications = cls.create([{
                        'rule': rule.id, 'record_id': record_id}])
        bookkeeping.update(cls, publications, {
                'code': error.code,
                'arguments': bookkeeping.dumps(error.arguments),
                })

    @classmethod
    def publish(cls, rule, items):
        "Create the events of (record, publication, content)"
        Event = Pool().get('google_calendar.event')
        events = Event.create([{
                    'calendar': rule.calendar.id,
                    'rule': rule.id,
                    'resource': str(record),
                    **values,
                    'attendees': [
                        ('create', [{'email': e} for e in sorted(emails)])],
                    } for record, _, (values, emails) in items])
        create = []
        for event, (record, publication, (values, emails)) in zip(
                events, items, strict=True):
            books = cls.books(values, emails)
            if publication:
                bookkeeping.update(
                    cls, [publication], {'event': event.id, **books})
            else:
                create.append({
                        'rule': rule.id,
                        'record_id': record.id,
                        'event': event.id,
                        **books})
        cls.create(create)

    @classmethod
    def update(cls, rule, items):
        "Write what differs on the events of (publication, content)"
        Event = Pool().get('google_calendar.event')
        write, changed = [], []
        for publication, (values, emails) in items:
            event = publication.event
            invited = (bookkeeping.loads(publication.content) or {}).get(
                'emails', [])
            changes = cls.event_values(event, values)
            if commands := cls.guest_commands(event, emails, {*invited}):
                changes['attendees'] = commands
            if changes:
                write.extend([[event], changes])
            books = cls.books(values, emails)
            if any(getattr(publication, n) != v for n, v in books.items()):
                changed.append((publication, books))
        # not before all is read
        for publication, books in changed:
            bookkeeping.update(cls, [publication], books)
        if write:
            Event.write(*write)

    @classmethod
    def books(cls, values, emails):
        content = {**values, 'emails': sorted(emails)}
        return {
            'content': bookkeeping.dumps(content),
            'code': None,
            'arguments': None,
            }

    @classmethod
    def event_values(cls, event, values):
        "What differs and is to be written on the event"
        return {
            n: v for n, v in values.items()
            if (getattr(event, n) or None) != (v or None)}

    @classmethod
    def guest_commands(cls, event, emails, invited):
        "What invites the guests, each once, and leaves those of others"
        if event.attendees_omitted:
            return []
        guests = {a.email: a.id for a in event.attendees}
        commands = []
        gone = [guests[e] for e in sorted(invited - emails) if e in guests]
        if gone:
            commands.append(('delete', gone))
        if new := sorted(emails - invited - guests.keys()):
            commands.append(('create', [{'email': e} for e in new]))
        return commands

    @classmethod
    def stamp_records(cls, rule, ids):
        "Remember when the records that were published had been written"
        Model = rule.Model
        table, record = cls.__table__(), Model.__table__()
        cursor = Transaction().connection.cursor()
        for sub_ids in grouped_slice(ids, 500):
            cursor.execute(*table.update(
                    [table.stamp],
                    [record.select(
                            stamp(record),
                            where=record.id == Column(table, 'record_id'))],
                    where=(table.rule == rule.id)
                    & table.record_id.in_(list(sub_ids))))
