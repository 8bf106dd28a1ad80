# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The events of records: what they say, and what is written."""
import datetime as dt

from trytond.exceptions import UserError, UserWarning
from trytond.model import fields
from trytond.model.modelstorage import _record_eval_pyson
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.operation import ItemError
from trytond.modules.google_integration.template_record import (
    TemplateRecord, readable, render_template)
from trytond.modules.google_integration.template_values import TemplateError
from trytond.pool import Pool
from trytond.tools import timezone as tz

from .people import is_email, normalize_email

__all__ = ['Content', 'MoveBack', 'OWNED', 'TIMES']

HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
SUMMARY_LIMIT = 1_024
# https://developers.google.com/workspace/calendar/api/v3/reference/events
DESCRIPTION_LIMIT = 8_192
TIMES = ['all_day', 'start', 'end', 'start_date', 'end_date']
# what the rule alone writes
OWNED = [
    'summary', 'description', 'location', 'visibility', 'transparency',
    'time_zone', *TIMES]


class MoveBack(Exception):
    "The date of the event can not be written on the record"

    def __init__(self, error):
        super().__init__(error.code)
        self.error = error


class Content:
    "What a rule makes of its records"

    def __init__(self, rule):
        self.rule = rule
        self.templates = {
            name: template
            for name in rule.google_templates
            if (template := rule.template(name))}

    # From the record

    def values(self, record):
        "The values of the event, None if the record has no date"
        times = self.times(record)
        if times is None:
            return
        values = self.texts(record)
        emails = self.emails(record)
        return {
            **values,
            **times,
            'visibility': self.rule.visibility,
            'transparency': self.rule.transparency,
            }, emails

    def texts(self, record):
        values = {'description': None, 'location': None}
        for name, template in self.templates.items():
            text = render_template(
                template, record, name, limit=DESCRIPTION_LIMIT)
            if name == 'description':
                text = text.strip()
            else:
                text = ' '.join(text.split())
                if len(text) > SUMMARY_LIMIT:
                    text = text[:SUMMARY_LIMIT - 1] + '…'
            values[name] = text or None
        return values

    def times(self, record):
        rule = self.rule
        start = read_path(record, rule.start_field)
        end = rule.end_field and read_path(record, rule.end_field)
        if start is None:
            return
        if isinstance(start, dt.datetime):
            start = start.replace(microsecond=0)
            if end:
                end = end.replace(microsecond=0)
            else:
                end = start + (
                    HOUR if rule.duration is None else rule.duration)
            return {
                'all_day': False, 'start': start, 'end': end,
                'start_date': None, 'end_date': None,
                'time_zone': self.time_zone(),
                }
        end = end or start + max(
            dt.timedelta((rule.duration or DAY).days) - DAY, dt.timedelta())
        return {
            'all_day': True, 'start_date': start, 'end_date': end,
            'time_zone': None}

    def time_zone(self):
        name = self.rule.time_zone or self.rule.calendar.time_zone
        return name if name in tz.available_timezones() else 'UTC'

    def emails(self, record):
        if not self.rule.attendees_field:
            return set()
        value = read_path(record, self.rule.attendees_field, many=True)
        return set(_emails(value))

    # To the event

    def publish(self, ids, move=False, refused=None):
        """Publish the records and return the ids of those to be done alone.

        What was moved on Google is written back only with ``move``, which
        may need to be rolled back.
        """
        pool = Pool()
        Publication = pool.get('google_calendar.publication')
        known = {
            p.record_id: p for p in Publication.search([
                    ('rule', '=', self.rule.id),
                    ('record_id', 'in', ids),
                    ], order=[('record_id', 'ASC')])}
        create, write, alone, done = [], [], [], []
        for record, content in self.contents(ids):
            publication = known.get(record.id)
            if isinstance(content, ItemError):
                Publication.keep_error(self.rule, record.id, content)
                done.append(record.id)
                continue
            event = publication and publication.event
            if event and event.calendar != self.rule.calendar:
                Publication.withdraw([publication])
                publication = event = None
            if content is None:
                Publication.hide(self.rule, record.id, publication)
            elif not event:
                create.append((record, publication, content))
            elif self.moved(publication, content[0]) and not refused:
                if not move:
                    alone.append(record.id)
                    continue
                self.move(record, event, content[0])
                # it may have made more of it than was asked
                (_, content), = self.contents([record.id])
                if not isinstance(content, tuple):
                    raise content or ItemError('google_calendar.rule_no_date')
                write.append((publication, content))
            else:
                write.append((publication, content))
            done.append(record.id)
        Publication.publish(self.rule, create)
        Publication.update(self.rule, write)
        Publication.stamp_records(self.rule, done)
        if refused:
            self.tell(known, refused)
        return alone

    def contents(self, ids):
        "Records and their contents, which may be errors"
        with self.rule.acting():
            # what is read is cached by user
            result = []
            for record in readable(self.rule.Model.browse(sorted(ids))):
                try:
                    content = self.values(TemplateRecord(record, checked=True))
                except ItemError as error:
                    content = error
                result.append((record, content))
            return result

    def tell(self, known, error):
        SyncError = Pool().get('google_integration.sync_error')
        for publication in known.values():
            event = publication.event
            if event:
                SyncError.record(
                    self.rule.calendar, 'write_back', event, event.google_id,
                    error)

    def keep_error(self, id, error):
        Publication = Pool().get('google_calendar.publication')
        Publication.keep_error(self.rule, id, error)
        Publication.stamp_records(self.rule, [id])

    # From the event to the record

    def moved(self, publication, values):
        "Tell if the event was moved on Google, and the record was not"
        if not self.rule.write_back:
            return False
        base = bookkeeping.loads(publication.content)
        event = publication.event
        if not base:
            return False
        now = times(lambda name: getattr(event, name))
        return times(base.get) == times(values.get) != now

    def move(self, record, event, values):
        "Write the times of the event on the record"
        rule = self.rule
        if event.all_day != values['all_day']:
            raise MoveBack(ItemError('google_calendar.rule_kind'))
        names = (
            ('start_date', 'end_date') if event.all_day
            else ('start', 'end'))
        changes = {}
        for path, name in zip([rule.start_field, rule.end_field], names):
            value = getattr(event, name)
            if path and value != values[name]:
                changes[path] = value
        if not changes:
            raise MoveBack(ItemError('google_calendar.rule_no_end'))
        try:
            with self.rule.acting():
                Model = rule.Model
                record = Model(record.id)
                for name in changes:
                    check_editable(record, name)
                Model.write([record], changes)
        except ItemError as error:
            raise MoveBack(error) from None
        except UserWarning as warning:
            raise MoveBack(ItemError('google_calendar.rule_refused', {
                        'message': warning.message,
                        })) from None
        except UserError as error:
            raise MoveBack(ItemError('google_calendar.rule_refused', {
                        'message': error.message,
                        })) from None


def read_path(record, path, many=False):
    "The value to which the path leads, as the acting user may read it"
    try:
        values = [record]
        for name in path.split('.'):
            values = [
                v for value in values
                for v in _list(value.template_get(name))]
    except TemplateError as error:
        raise ItemError('google_calendar.rule_path_denied', {
                'path': path, 'name': error.arguments.get('name', '')})
    values = [v for v in values if v is not None]
    if many:
        return values
    if len(values) > 1:
        raise ItemError('google_calendar.rule_path_many', {'path': path})
    return values[0] if values else None


def _list(value):
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _emails(values):
    for value in values:
        if isinstance(value, TemplateRecord):
            names = value._record.__class__._fields
            for name in ['email', 'party']:
                if name in names:
                    yield from _emails(_list(value.template_get(name)))
                    break
        elif isinstance(value, str):
            email = normalize_email(value)
            if is_email(email):
                yield email


def times(get):
    "The values that say when an event is"
    if get('all_day'):
        return get('start_date'), get('end_date')
    return get('start'), get('end')


def check_editable(record, name):
    "Raise an error if the field is read-only, as it is for people"
    field = record._fields[name]
    readonly = field.readonly or (
        isinstance(field, fields.Function) and not field.setter)
    if not readonly and (state := (field.states or {}).get('readonly')):
        readonly = (
            state if isinstance(state, bool)
            else _record_eval_pyson(record, state))
    if readonly:
        raise ItemError('google_calendar.rule_read_only', {
                'field': record.__names__(name)['field']})
