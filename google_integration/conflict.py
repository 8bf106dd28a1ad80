# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What was changed on both sides, to be decided or restored."""
from trytond.i18n import gettext
from trytond.model import ModelSQL, ModelView, fields
from trytond.pool import Pool
from trytond.pyson import Eval
from trytond.transaction import without_check_access

from . import bookkeeping
from .bookkeeping import utcnow
from .sync_log import AboutMixin

__all__ = ['Conflict']


class Conflict(AboutMixin, ModelSQL, ModelView):
    __name__ = 'google_integration.conflict'

    model = fields.Char("Model", required=True, readonly=True)
    record_name = fields.Char("Name", readonly=True)
    unit = fields.Char("Unit", required=True, readonly=True)
    unit_name = fields.Function(fields.Char("What"), 'get_unit_name')
    stood = fields.Selection([
            (None, ""),
            ('tryton', "Tryton"),
            ('google', "Google"),
            ], "What Stands", readonly=True, sort=False)
    state = fields.Selection([
            ('open', "To Decide"),
            ('settled', "Settled"),
            ('restored', "Restored"),
            ], "State", required=True, readonly=True, sort=False)
    tryton_values = fields.Text("Values of Tryton", readonly=True)
    google_values = fields.Text("Values of Google", readonly=True)
    in_tryton = fields.Function(fields.Text("In Tryton"), 'get_values')
    in_google = fields.Function(fields.Text("On Google"), 'get_values')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._buttons.update({
                'restore': {
                    'invisible': Eval('state') != 'settled',
                    'depends': ['state'],
                    },
                'keep_tryton': {
                    'invisible': Eval('state') != 'open',
                    'depends': ['state'],
                    },
                'keep_google': {
                    'invisible': Eval('state') != 'open',
                    'depends': ['state'],
                    },
                })

    def get_rec_name(self, name):
        return self.record_name or self.service.rec_name

    @classmethod
    def get_values(cls, conflicts, names):
        result = {n: {} for n in names}
        for conflict in conflicts:
            sides = {
                'in_tryton': bookkeeping.loads(conflict.tryton_values) or {},
                'in_google': bookkeeping.loads(conflict.google_values) or {},
                }
            filled = {n for s in sides.values() for n in s if _text(s[n])}
            for name in names:
                result[name][conflict.id] = '\n'.join(
                    f'{conflict._label(field)}: {_text(value)}'
                    for field, value in sorted(sides[name].items())
                    if field in filled)
        return result

    def get_unit_name(self, name):
        "The labels of what differs"
        if self.unit == 'deletion':
            return gettext('google_integration.msg_conflict_deletion')
        ours = bookkeeping.loads(self.tryton_values) or {}
        theirs = bookkeeping.loads(self.google_values) or {}
        return ', '.join(
            self._label(n) for n in ours if ours[n] != theirs.get(n))

    def _label(self, name):
        Model = Pool().get(self.model)
        known = name in Model._fields
        return Model.__names__(name)['field'] if known else name

    @classmethod
    def keep(cls, service, record, unit, stood, ours, theirs):
        "Keep what did not stand, or what is to be decided"
        values = {
            'record_name': record.rec_name,
            'date': utcnow(),
            'stood': stood,
            'state': 'open' if stood is None else 'settled',
            'tryton_values': bookkeeping.dumps(ours) if ours else None,
            'google_values': bookkeeping.dumps(theirs) if theirs else None,
            }
        known = cls.search([
                ('resource', '=', str(record)),
                ('unit', '=', unit),
                ('state', '=', 'open'),
                ])
        if known:
            cls.write(known, values)
        else:
            cls.create([{
                        'credentials': service.credentials.id,
                        'service': str(service),
                        'resource': str(record),
                        'model': record.__name__,
                        'unit': unit,
                        **values,
                        }])

    @classmethod
    def keep_deleted(cls, service, tombstone, theirs):
        "Keep what Google had when the deletion of the record stood"
        cls.create([{
                    'credentials': service.credentials.id,
                    'service': str(service),
                    'model': tombstone.model,
                    'record_name': tombstone.record_name,
                    'date': utcnow(),
                    'unit': 'deletion',
                    'stood': 'tryton',
                    'state': 'settled',
                    'google_values': bookkeeping.dumps(theirs),
                    }])

    def _write(self, values):
        "Give the record the values, as a change to send"
        record = self.resource
        if record:
            Model = type(record)
            Model.write([record], Model.google_record_values(
                    record.google_service, values, record))
            if not record.google_etag:
                Model.google_forget([record], 'to_push')
        else:
            Model = Pool().get(self.model)
            record, = Model.create([{
                        **Model.google_record_values(self.service, values),
                        Model.google_service_field: self.service.id,
                        }])
            type(self).write([self], {'resource': str(record)})

    @classmethod
    @ModelView.button
    def restore(cls, conflicts):
        "Give the record what did not stand"
        cls._check_records(conflicts)
        for conflict in cls._to_settle(conflicts, 'settled'):
            lost = (conflict.google_values if conflict.stood == 'tryton'
                else conflict.tryton_values)
            Pool().get(conflict.model).google_restore(
                conflict, bookkeeping.loads(lost) or {})
            cls._settle(conflict, 'restored')

    @classmethod
    @ModelView.button
    def keep_tryton(cls, conflicts):
        cls._check_records(conflicts)
        for conflict in cls._to_settle(conflicts, 'open'):
            cls._settle(conflict, 'settled', 'tryton')

    @classmethod
    @ModelView.button
    def keep_google(cls, conflicts):
        cls._check_records(conflicts)
        for conflict in cls._to_settle(conflicts, 'open'):
            record = conflict.resource
            if record and conflict.unit == 'deletion':
                bookkeeping.update(type(record), [record], {
                        'google_state': 'to_delete',
                        'google_confirmed_revision': record.google_revision,
                        })
            elif record:
                conflict._write(
                    bookkeeping.loads(conflict.google_values) or {})
            cls._settle(conflict, 'settled', 'google')

    @classmethod
    def _check_records(cls, conflicts):
        "Who decides must have the right to change the record"
        for conflict in conflicts:
            if record := conflict.resource:
                bookkeeping.check_write(type(record), [record])

    @classmethod
    @without_check_access
    def _to_settle(cls, conflicts, state):
        return [c for c in cls.browse(conflicts) if c.state == state]

    @classmethod
    @without_check_access
    def _settle(cls, conflict, state, stood=None):
        values = {'state': state}
        if stood:
            values['stood'] = stood
        cls.write([conflict], values)
        record = conflict.resource
        if record and not cls.search([
                    ('resource', '=', str(record)),
                    ('state', '=', 'open'),
                    ]):
            bookkeeping.update(
                type(record), [record], {'google_state': 'to_push'},
                lambda table: table.google_state == 'conflict')


def _text(value):
    "The value as people read it, without what is empty"
    match value:
        case None | False | '':
            return ''
        case list():
            return '; '.join(map(_text, value))
        case dict():
            return ', '.join(filter(None, map(_text, value.values())))
    return str(value)
