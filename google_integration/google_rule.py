# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What a rule is: the records of a model, read as a user."""
from trytond import backend
from trytond.i18n import gettext
from trytond.model import DeactivableMixin, ModelSQL, ModelView, fields
from trytond.model.exceptions import AccessError
from trytond.pool import Pool
from trytond.pyson import Eval, PYSONDecoder
from trytond.transaction import Transaction, inactive_records

from . import bookkeeping
from .acting import acting
from .checked_read import CheckedReadMixin
from .exceptions import RuleError, RuleRemovalWarning
from .operation import ItemError
from .record_path import owners
from .rule_notice import NoticeMixin
from .sync_log import format_error, one_line
from .template_record import NAMES, check_fields, compile_template

__all__ = ['GoogleRule']


class GoogleRule(NoticeMixin, DeactivableMixin, CheckedReadMixin):
    """What is to be done with the records of a model that match a domain.

    A rule has the fields `model`, `domain` and `language`, with the texts of
    its module, and the hooks `related_paths`, `expire`, `follow` and
    `count_removed`.
    """
    __slots__ = ()

    # the fields that are templates, and the variables in them
    google_templates = ()
    google_names = NAMES
    # the fields that decide on what is read, as the acting user
    google_reach = frozenset()
    # the fields of which a change lets all the records be looked at again
    google_content = frozenset()
    # the beginnings of the names of the models that no rule is for
    google_unruled = ('google_',)
    # the field of what a rule leaves behind that is not active any more
    google_left = None
    # the warning that tells how much a rule leaves behind
    google_removal = None

    name = fields.Char("Name", required=True)
    user = fields.Many2One(
        'res.user', "Acting User", required=True, ondelete='RESTRICT',
        help="The records are searched, read and changed with the access of "
        "this user.")
    code = fields.Char("Code", readonly=True)
    arguments = fields.Text("Arguments", readonly=True)
    error = fields.Function(
        fields.Char(
            "Error",
            states={
                'invisible': ~Eval('error'),
                }),
        'get_error')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._buttons.update({
                'update_all': {
                    'invisible': ~Eval('active', True),
                    'depends': ['active'],
                    },
                })

    @staticmethod
    def default_domain():
        return '[]'

    @staticmethod
    def default_user():
        return Transaction().user

    @classmethod
    def get_models(cls):
        pool = Pool()

        def is_ruled(name):
            try:
                Model = pool.get(name)
            except KeyError:
                # of a module that is not there any more
                return False
            return (issubclass(Model, ModelSQL)
                and not Model._is_table_query()
                and not name.startswith(cls.google_unruled))
        return [
            (name, string)
            for name, string in pool.get('ir.model').get_name_items(ModelView)
            if is_ruled(name)]

    @classmethod
    def get_languages(cls):
        Language = Pool().get('ir.lang')
        return [(None, "")] + [
            (language.code, language.rec_name)
            for language in Language.search([('translatable', '=', True)])]

    def get_error(self, name):
        return one_line(format_error(self.code, self.arguments))

    # What it says

    @property
    def Model(self):
        try:
            return Pool().get(self.model)
        except KeyError:
            # of a module that is not there any more
            raise ItemError('rule_model') from None

    def acting(self):
        return acting(self.user.id, self.language)

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
        if source:
            return compile_template(source, name, self.google_names)

    def template_paths(self):
        "The lists of names by which the templates read from the record"
        for name in self.google_templates:
            template = self.template(name)
            for path in template.paths() if template else []:
                variable, *names = path.split('.')
                if variable == 'record':
                    yield names

    # What is refused

    def check_templates(self):
        for name in self.google_templates:
            try:
                template = self.template(name)
                if template:
                    self.check_template(name, template)
            except ItemError as error:
                raise RuleError(format_error(
                        error.code,
                        bookkeeping.dumps(error.arguments))) from None

    def check_template(self, name, template):
        check_fields(template, self.Model, name)

    def check_domain(self):
        try:
            with self.acting():
                domain = self.decoded_domain()
                fields.domain_validate(domain)
                self.Model.search(domain, limit=1)
                for path in self.related_paths:
                    owners(self.Model, path, [-1])
        except (AccessError, backend.DatabaseOperationalError):
            raise
        except Exception as error:
            raise RuleError(gettext(
                    'google_integration.msg_rule_domain',
                    rule=self.rec_name)) from error

    @classmethod
    def check_modification(cls, mode, rules, values=None, external=False):
        super().check_modification(
            mode, rules, values=values, external=external)
        values = values or {}
        if external and (
                mode == 'create' or cls.google_reach & values.keys()):
            for rule in rules:
                cls._check_user(rule, values.get('user', rule.user.id))
        if mode == 'delete' or (
                mode == 'write' and values.get('active', True) is False):
            cls._warn_removal(
                [r for r in rules if mode == 'delete' or r.active])

    @classmethod
    def _check_user(cls, rule, user):
        """Raise an error if the rule may not use the access of the user.

        Only who may change users, and so become any, may use another's.
        """
        pool = Pool()
        ModelAccess = pool.get('ir.model.access')
        User = pool.get('res.user')
        transaction = Transaction()
        if user == transaction.user:
            return
        with transaction.set_context(_check_access=True):
            allowed = ModelAccess.check(
                'res.user', 'write', raise_exception=False)
        if not allowed:
            raise AccessError(gettext(
                    'google_integration.msg_rule_user',
                    rule=rule.rec_name, user=User(user).rec_name))

    @classmethod
    def _warn_removal(cls, rules):
        Warning = Pool().get('res.user.warning')
        count = cls.count_removed(rules)
        if count:
            key = Warning.format('google_rule_removal', rules)
            if Warning.check(key):
                raise RuleRemovalWarning(key, gettext(
                        cls.google_removal,
                        rule=', '.join(r.rec_name for r in rules),
                        count=count))

    @classmethod
    def count_removed(cls, rules):
        "The number of what the rules leave behind"
        raise NotImplementedError

    # Changes of the rule

    @classmethod
    def on_modification(cls, mode, rules, field_names=None):
        super().on_modification(mode, rules, field_names=field_names)
        content = cls.google_content
        if mode == 'create' or (
                mode == 'write' and (field_names or content) & content):
            cls.expire(rules)

    @classmethod
    def expire(cls, rules):
        "Look at all the records again"
        raise NotImplementedError

    @classmethod
    @ModelView.button
    def update_all(cls, rules):
        bookkeeping.check_write(cls, rules)
        cls.expire(rules)

    # Following the records

    @classmethod
    def follow(cls, rules):
        "Do what is due"
        raise NotImplementedError

    @classmethod
    def sweep(cls, rules=None):
        "Find what was missed"
        transaction = Transaction()
        with transaction.set_user(0), transaction.reset_context():
            if rules is None:
                with inactive_records():
                    rules = cls.search(['OR',
                            ('active', '=', True),
                            (cls.google_left, '!=', None),
                            ])
            cls.follow(rules)

    @classmethod
    def verify(cls, rules=None):
        "Render everything again, for what no trigger tells"
        if rules is None:
            rules = cls.search([('active', '=', True)])
        cls.expire(rules)
