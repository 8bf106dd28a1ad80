# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The rules that publish records of any model to a calendar."""
from trytond import backend
from trytond.cache import Cache
from trytond.i18n import gettext
from trytond.model import (
    DeactivableMixin, ModelSQL, ModelView, fields)
from trytond.model.exceptions import AccessError
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.acting import acting
from trytond.modules.google_integration.checked_read import CheckedReadMixin
from trytond.modules.google_integration.operation import ItemError
from trytond.modules.google_integration.record_path import owners
from trytond.modules.google_integration.sync_log import (
    format_error, one_line)
from trytond.modules.google_integration.template_record import (
    check_fields, compile_template)
from trytond.pool import Pool
from trytond.pyson import Bool, Eval, If, PYSONDecoder, TimeDelta
from trytond.transaction import (
    Transaction, inactive_records, without_check_access)

from .choices import NOTIFICATIONS, TRANSPARENCIES, time_zones
from .exceptions import RuleDomainError, RulePathError, RuleRemovalWarning
from .follow import Follow
from .rule_path import DATES, follow_path, relation_path

__all__ = ['Rule']

TEMPLATES = ['summary', 'description', 'location']
# what decides on what is read, as the acting user
REACH = {
    'user', 'model', 'calendar', 'domain', 'start_field', 'end_field',
    'related', 'attendees_field', 'write_back', *TEMPLATES}
# what changes the events
CONTENT = REACH | {
    'active', 'duration', 'time_zone', 'language', 'notifications',
    'visibility', 'transparency'}


class Rule(DeactivableMixin, CheckedReadMixin, ModelSQL, ModelView):
    __name__ = 'google_calendar.rule'

    name = fields.Char("Name", required=True)
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
    user = fields.Many2One(
        'res.user', "Acting User", required=True, ondelete='RESTRICT',
        help="The records are searched, read and changed with the access of "
        "this user.")
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
    code = fields.Char("Code", readonly=True)
    arguments = fields.Text("Arguments", readonly=True)
    error = fields.Function(
        fields.Char(
            "Error",
            states={
                'invisible': ~Eval('error'),
                }),
        'get_error')
    claimed = fields.Timestamp("Claimed", readonly=True)

    _watched_cache = Cache('google_calendar.rule.watched', context=False)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('name', 'ASC'), ('id', 'ASC')]
        cls._buttons.update({
                'update_all': {
                    'invisible': ~Eval('active', True),
                    'depends': ['active'],
                    },
                'test': {},
                })

    @staticmethod
    def default_domain():
        return '[]'

    @staticmethod
    def default_user():
        return Transaction().user

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
    def get_models(cls):
        pool = Pool()

        def publishable(name):
            try:
                Model = pool.get(name)
            except KeyError:
                # of a module that is not there any more
                return False
            return (issubclass(Model, ModelSQL)
                and not Model._is_table_query()
                and not name.startswith('google_'))
        return [
            (name, string)
            for name, string in pool.get('ir.model').get_name_items(ModelView)
            if publishable(name)]

    @classmethod
    def get_languages(cls):
        Language = Pool().get('ir.lang')
        return [(None, "")] + [
            (language.code, language.rec_name)
            for language in Language.search([('translatable', '=', True)])]

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

    def get_error(self, name):
        return one_line(format_error(self.code, self.arguments))

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
        start = follow_path(Model, self.start_field)
        kinds = {start._type in {'datetime', 'timestamp'}}
        if start._type not in DATES:
            self._refuse('path_date', self.start_field)
        if self.end_field:
            end = follow_path(Model, self.end_field)
            kinds.add(end._type in {'datetime', 'timestamp'})
            if end._type not in DATES:
                self._refuse('path_date', self.end_field)
        if len(kinds) > 1:
            self._refuse('path_kinds', self.end_field)
        if self.attendees_field:
            follow_path(Model, self.attendees_field)
        for path in self.related_paths:
            relation_path(Model, path)
        if self.write_back:
            for path in filter(None, [self.start_field, self.end_field]):
                if '.' in path:
                    self._refuse('path_write_back', path)

    def _refuse(self, code, path):
        raise RulePathError(gettext(
                f'google_calendar.msg_rule_{code}',
                rule=self.rec_name, path=path))

    def check_templates(self):
        for name in TEMPLATES:
            try:
                template = self.template(name)
                if template:
                    check_fields(template, self.Model, name)
            except ItemError as error:
                raise RulePathError(format_error(
                        error.code,
                        bookkeeping.dumps(error.arguments))) from None

    def check_domain(self):
        try:
            with acting(self.user, self.language):
                domain = self.decoded_domain()
                fields.domain_validate(domain)
                self.Model.search(domain, limit=1)
                for path in self.related_paths:
                    owners(self.Model, path, [-1])
        except (AccessError, backend.DatabaseOperationalError):
            raise
        except Exception as error:
            raise RuleDomainError(gettext(
                    'google_calendar.msg_rule_domain',
                    rule=self.rec_name)) from error

    @classmethod
    def check_modification(cls, mode, rules, values=None, external=False):
        pool = Pool()
        User = pool.get('res.user')
        Warning = pool.get('res.user.warning')
        super().check_modification(
            mode, rules, values=values, external=external)
        if external and (mode == 'create' or REACH & (values or {}).keys()):
            for rule in rules:
                user = (values or {}).get('user', rule.user.id)
                if not cls._may_act_as(user):
                    raise AccessError(gettext(
                            'google_calendar.msg_rule_user',
                            rule=rule.rec_name, user=User(user).rec_name))
        if mode == 'delete' or (
                mode == 'write' and values.get('active', True) is False):
            count = sum(
                r.published for r in rules if mode == 'delete' or r.active)
            if count:
                key = Warning.format('google_rule_removal', rules)
                if Warning.check(key):
                    raise RuleRemovalWarning(key, gettext(
                            'google_calendar.msg_rule_removal',
                            rule=', '.join(r.rec_name for r in rules),
                            count=count))

    @classmethod
    def _may_act_as(cls, user):
        """Tell if the rule may use the access of the user.

        Only who may change users, and so become any, may use another's.
        """
        transaction = Transaction()
        if user == transaction.user:
            return True
        ModelAccess = Pool().get('ir.model.access')
        with transaction.set_context(_check_access=True):
            return ModelAccess.check(
                'res.user', 'write', raise_exception=False)

    # What the rule says

    @property
    def Model(self):
        try:
            return Pool().get(self.model)
        except KeyError:
            # of a module that is not there any more
            raise ItemError('google_calendar.rule_model') from None

    @property
    def related_paths(self):
        return [
            path.strip() for path in (self.related or '').splitlines()
            if path.strip()]

    def decoded_domain(self):
        transaction = Transaction()
        return PYSONDecoder({
                **transaction.context,
                'context': transaction.context,
                'user': transaction.user,
                }).decode(self.domain)

    def template(self, name):
        "The checked template of the field, None if there is none"
        source = getattr(self, name)
        return compile_template(source, name) if source else None

    # Changes of the rule

    @classmethod
    def on_modification(cls, mode, rules, field_names=None):
        super().on_modification(mode, rules, field_names=field_names)
        cls._watched_cache.clear()
        if mode == 'create' or (
                mode == 'write' and (field_names or CONTENT) & CONTENT):
            cls.expire(rules)

    @classmethod
    def expire(cls, rules):
        "Look at all the records again"
        pool = Pool()
        Publication = pool.get('google_calendar.publication')
        Publication.expire([('rule', 'in', [r.id for r in rules])])
        for rule in rules:
            cls.__queue__.follow([rule])

    @classmethod
    def on_delete(cls, rules):
        Publication = Pool().get('google_calendar.publication')
        Publication.withdraw(Publication.search([
                    ('rule', 'in', [r.id for r in rules]),
                    ]))
        actions = super().on_delete(rules)
        # it may have been asked for while they were still there
        actions.append(cls._watched_cache.clear)
        return actions

    @classmethod
    def copy(cls, rules, default=None):
        default = default.copy() if default is not None else {}
        for name in ['publications', 'code', 'arguments', 'claimed']:
            default.setdefault(name)
        return super().copy(rules, default=default)

    @classmethod
    @ModelView.button
    def update_all(cls, rules):
        bookkeeping.check_write(cls, rules)
        cls.expire(rules)

    @classmethod
    @ModelView.button_action('google_calendar.wizard_rule_test')
    def test(cls, rules):
        pass

    # Following the records

    @classmethod
    def watched(cls):
        """What is followed, by name of the model.

        The values are the id of the rule, the path from its model, which is
        empty for the model itself, and the fields by which a record says to
        whom it belongs.
        """
        watched = cls._watched_cache.get('watched')
        if watched is None:
            watched = {}
            with Transaction().set_user(0), without_check_access():
                rules = cls.search([('active', '=', True)])
                for rule in rules:
                    for name, entry in rule._watches():
                        watched.setdefault(name, []).append(entry)
            cls._watched_cache.set('watched', watched)
        return watched

    def _watches(self):
        try:
            Model = self.Model
            yield self.model, (self.id, '', ())
            seen = set()
            for path in self.related_paths:
                for name, step, links in relation_path(Model, path):
                    if step not in seen:
                        seen.add(step)
                        yield name, (self.id, step, links)
        except (ItemError, RulePathError):
            # the sweep tells
            return

    @classmethod
    def follow(cls, rules, ids=None):
        "Bring the events up to date, of the records only if there are ids"
        for rule in rules:
            Follow(rule.id, ids)()

    @classmethod
    def sweep(cls, rules=None):
        "Find what was missed"
        transaction = Transaction()
        with transaction.set_user(0), transaction.reset_context():
            if rules is None:
                with inactive_records():
                    rules = cls.search(['OR',
                            ('active', '=', True),
                            ('publications', '!=', None),
                            ])
            cls.follow(rules)

    @classmethod
    def verify(cls, rules=None):
        "Render everything again, for what no trigger tells"
        if rules is None:
            rules = cls.search([('active', '=', True)])
        cls.expire(rules)
