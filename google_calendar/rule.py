# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The rules that publish records of any model to a calendar."""
from trytond.cache import Cache
from trytond.i18n import gettext
from trytond.model import ModelSQL, ModelView, fields
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.exceptions import RuleError
from trytond.modules.google_integration.google_rule import GoogleRule
from trytond.modules.google_integration.record_path import (
    relation_path, steps)
from trytond.pool import Pool
from trytond.pyson import Bool, Eval, If, TimeDelta
from trytond.transaction import Transaction

from .choices import NOTIFICATIONS, TRANSPARENCIES, time_zones
from .follow import Follow

__all__ = ['Rule']

DATES = {'date', 'datetime', 'timestamp'}
TEMPLATES = ['summary', 'description', 'location']
# what decides on what is read, as the acting user
REACH = {
    'user', 'model', 'calendar', 'domain', 'start_field', 'end_field',
    'related', 'attendees_field', 'write_back', *TEMPLATES}
# what changes the events
CONTENT = REACH | {
    'active', 'duration', 'time_zone', 'language', 'notifications',
    'visibility', 'transparency'}


class Rule(GoogleRule, ModelSQL, ModelView):
    __name__ = 'google_calendar.rule'

    google_templates = TEMPLATES
    google_reach = REACH
    google_content = CONTENT
    google_left = 'publications'
    google_removal = 'google_calendar.msg_rule_removal'
    google_changes = 'google_calendar.rule_change'

    calendar = fields.Many2One(
        'google_calendar.calendar', "Calendar", required=True,
        ondelete='CASCADE')
    model = fields.Selection(
        'get_models', "Model", required=True,
        states={
            'readonly': Eval('id', -1) >= 0,
            },
        help="The records of which model are published.")
    domain = fields.Char(
        "Domain", required=True,
        help="A PYSON domain in JSON that the published records match.\n"
        "A record that does not match it any more is removed from the "
        "calendar.")
    language = fields.Selection(
        'get_languages', "Language", translate=False,
        help="The language of the events.\n"
        "Leave empty for the language of the acting user.")
    start_field = fields.Char(
        "Start", required=True,
        help="The name of the field with the start of the event, or the dots "
        "separated names that lead to it.")
    end_field = fields.Char(
        "End",
        help="The name of the field with the end of the event.\n"
        "The end of an all-day event is its last day.")
    duration = fields.TimeDelta(
        "Duration",
        domain=['OR',
            ('duration', '=', None),
            ('duration', '>=', TimeDelta()),
            ],
        states={
            'invisible': Bool(Eval('end_field')),
            },
        help="The duration of the events if there is no field for their end.\n"
        "Leave empty for an hour, or one day.")
    time_zone = fields.Selection(
        'get_time_zones', "Time Zone", translate=False,
        help="Leave empty for the time zone of the calendar.")
    summary = fields.Char(
        "Summary", required=True,
        help="The template of the title, with the record as \"record\".")
    description = fields.Text(
        "Description", help="The template of the description.")
    location = fields.Char("Location", help="The template of the place.")
    visibility = fields.Selection([
            ('default', "Default"),
            ('public', "Public"),
            ('private', "Private"),
            ], "Visibility", required=True, sort=False)
    transparency = fields.Selection(
        list(TRANSPARENCIES), "Show As", required=True, sort=False)
    attendees_field = fields.Char(
        "Guests",
        help="The name of the field with the parties, users, employees or "
        "email addresses to invite.\n"
        "Leave empty to invite nobody.")
    notifications = fields.Selection(
        list(NOTIFICATIONS), "Notifications", required=True, sort=False,
        help="Who gets emails about the events from Google.")
    related = fields.Text(
        "Follow Also",
        help="The names of the fields, one a line, that lead from the record "
        "to those of which a change updates the event.")
    write_back = fields.Boolean(
        "Write Back",
        help="Check to change the date of the record when its event is moved "
        "on Google, if the acting user may.")
    publications = fields.One2Many(
        'google_calendar.publication', 'rule', "Published", readonly=True)
    published = fields.Function(
        fields.Integer("Events"), 'get_count')
    failed = fields.Function(fields.Integer("Errors"), 'get_count')
    claimed = fields.Timestamp("Claimed", readonly=True)

    _watched_cache = Cache('google_calendar.rule.watched', context=False)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('name', 'ASC'), ('id', 'ASC')]
        cls._buttons.update({
                'test': {},
                })

    @staticmethod
    def default_summary():
        return '${record.rec_name}'

    @staticmethod
    def default_visibility():
        return 'default'

    @staticmethod
    def default_transparency():
        return 'opaque'

    @staticmethod
    def default_notifications():
        return 'none'

    @staticmethod
    def default_write_back():
        return False

    @classmethod
    def get_time_zones(cls):
        return [(None, ""), *time_zones()]

    @fields.depends('model', 'start_field')
    def autocomplete_start_field(self):
        return self._complete(self.start_field, *DATES)

    @fields.depends('model', 'end_field')
    def autocomplete_end_field(self):
        return self._complete(self.end_field, *DATES)

    @fields.depends('model', 'attendees_field')
    def autocomplete_attendees_field(self):
        return self._complete(
            self.attendees_field, 'many2one', 'one2many', 'many2many', 'char')

    def _complete(self, text, *kinds):
        if not self.model:
            return []
        return sorted(
            name for name, field in Pool().get(self.model)._fields.items()
            if getattr(field, '_type', None) in kinds
            and name not in bookkeeping.STORAGE
            and name.startswith(text or ''))

    @classmethod
    def get_count(cls, rules, names):
        Publication = Pool().get('google_calendar.publication')
        return Publication.count(rules, names)

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree', 'visual',
                If((Eval('failed', 0) > 0) | Bool(Eval('error')),
                    'danger', '')),
            ]

    # Validation

    @classmethod
    def validate_fields(cls, rules, field_names):
        super().validate_fields(rules, field_names)
        if field_names and not (field_names & CONTENT):
            return
        for rule in rules:
            rule.check_paths()
            rule.check_templates()
            rule.check_domain()

    def check_paths(self):
        Model = Pool().get(self.model)
        start = last_field(Model, self.start_field)
        kinds = {start._type in {'datetime', 'timestamp'}}
        if start._type not in DATES:
            self._refuse('path_date', self.start_field)
        if self.end_field:
            end = last_field(Model, self.end_field)
            kinds.add(end._type in {'datetime', 'timestamp'})
            if end._type not in DATES:
                self._refuse('path_date', self.end_field)
        if len(kinds) > 1:
            self._refuse('path_kinds', self.end_field)
        if self.attendees_field:
            last_field(Model, self.attendees_field)
        for path in self.related_paths:
            relation_path(Model, path)
        if self.write_back:
            for path in filter(None, [self.start_field, self.end_field]):
                if '.' in path:
                    self._refuse('path_write_back', path)

    def _refuse(self, code, path):
        raise RuleError(gettext(
                f'google_calendar.msg_rule_{code}',
                rule=self.rec_name, path=path))

    @classmethod
    def count_removed(cls, rules):
        return sum(r.published for r in rules)

    # What the rule says

    @property
    def related_paths(self):
        return [
            path.strip() for path in (self.related or '').splitlines()
            if path.strip()]

    # Changes of the rule

    @classmethod
    def expire(cls, rules):
        Publication = Pool().get('google_calendar.publication')
        Publication.expire([('rule', 'in', [r.id for r in rules])])
        for rule in rules:
            cls.__queue__.follow([rule])

    @classmethod
    def on_delete(cls, rules):
        Publication = Pool().get('google_calendar.publication')
        Publication.withdraw(Publication.search([
                    ('rule', 'in', [r.id for r in rules]),
                    ]))
        return super().on_delete(rules)

    @classmethod
    def copy(cls, rules, default=None):
        default = default.copy() if default is not None else {}
        for name in ['publications', 'code', 'arguments', 'claimed']:
            default.setdefault(name)
        return super().copy(rules, default=default)

    @classmethod
    @ModelView.button_action('google_calendar.wizard_rule_test')
    def test(cls, rules):
        pass

    # Following the records

    @classmethod
    def notice_records(cls, rule, Model, mode, ids):
        # when they were written tells that they have changed
        cls.enqueue(rule, ids)

    @classmethod
    def enqueue(cls, rule, ids=()):
        """Put the task in the queue that follows the records.

        What this transaction changes later will be seen as well: one task for
        a record is enough.
        """
        seen = Transaction().trigger_records[f'{cls.__name__},{rule}']
        new = [id for id in ids if id not in seen]
        if new or not (ids or seen):
            seen.update(new or [None])
            cls.__queue__.follow([rule], new)

    @classmethod
    def follow(cls, rules, ids=None):
        "Bring the events up to date, of the records only if there are ids"
        for rule in rules:
            Follow(rule.id, ids)()


def last_field(Model, path):
    "The field at the end of the path, raise RulePathError if there is none"
    *_, (field, _, _) = steps(Model, path)
    return field
