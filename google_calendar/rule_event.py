# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What the rules add to the events."""
from trytond.i18n import gettext
from trytond.model import fields
from trytond.model.exceptions import AccessError
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Bool, Eval

from .published import OWNED

__all__ = ['FIXED', 'RuleMixin', 'SyncError']

FIXED = [
    *OWNED, 'resource', 'status', 'recurrence', 'repeat', 'repeat_interval',
    'repeat_weekdays', 'repeat_monthly', 'repeat_end', 'repeat_until',
    'repeat_count']


class RuleMixin:
    "The part of an event that a rule has made"
    __slots__ = ()

    rule = fields.Many2One(
        'google_calendar.rule', "Rule", readonly=True, ondelete='SET NULL',
        states={
            'invisible': ~Eval('rule'),
            })

    @classmethod
    def __setup__(cls):
        super().__setup__()
        for name in FIXED:
            field = getattr(cls, name)
            readonly = Bool(Eval('rule'))
            if field.states.get('readonly') is not None:
                readonly |= field.states['readonly']
            field.states['readonly'] = readonly

    @classmethod
    def check_modification(cls, mode, events, values=None, external=False):
        super().check_modification(
            mode, events, values=values, external=external)
        if not external or mode == 'create':
            return
        if mode == 'write' and not (
                {*FIXED} & values.keys()):
            return
        for event in events:
            if event.rule:
                raise AccessError(gettext(
                        f'google_calendar.msg_event_rule_{mode}',
                        event=event.rec_name, rule=event.rule.rec_name))

    @property
    def mails(self):
        if self.rule and not self.notifications and not self.is_past:
            return self.rule.notifications
        return super().mails

    @classmethod
    def on_modification(cls, mode, events, field_names=None):
        super().on_modification(mode, events, field_names=field_names)
        # what came from Google, or went at Google
        if mode == 'delete' or (
                mode == 'write' and 'google_revision' in (field_names or [])
                and {*OWNED, 'status'} & set(field_names)):
            cls._notice_rules([e for e in events if e.rule])

    @classmethod
    def _notice_rules(cls, events):
        if not events:
            return
        pool = Pool()
        Publication = pool.get('google_calendar.publication')
        Rule = pool.get('google_calendar.rule')
        by_rule = {}
        for publication in Publication.search([
                    ('event', 'in', [e.id for e in events]),
                    ]):
            by_rule.setdefault(publication.rule.id, []).append(
                publication.record_id)
        for rule, ids in by_rule.items():
            Rule.notice(rule, '', ids)


class SyncError(metaclass=PoolMeta):
    __name__ = 'google_integration.sync_error'

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.operation.selection.append(('write_back', "Change the Record"))
