# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What is wrong with a rule is told when it is saved."""
import trytond.config as config
from trytond.i18n import gettext
from trytond.modules.google_integration.exceptions import (
    RuleError, RulePathError)
from trytond.modules.google_integration.record_path import steps
from trytond.modules.google_integration.template_record import check_fields
from trytond.pool import Pool

from . import matching
from .pattern import Pattern, PatternError
from .rule_match import KINDS

__all__ = ['RuleCheck']


class RuleCheck:
    "The part of a rule that refuses what can not work"
    __slots__ = ()

    @classmethod
    def validate_fields(cls, rules, field_names):
        super().validate_fields(rules, field_names)
        if field_names and field_names <= {'name', 'sequence', 'root_name'}:
            return
        for rule in rules:
            rule.check_folders()
            rule.check_account()
            rule.check_templates()
            rule.check_types()
            rule.check_pattern()
            rule.check_domain()
            rule.check_encryption()

    def _refuse(self, code, **arguments):
        raise RuleError(gettext(
                f'google_drive.msg_rule_{code}', rule=self.rec_name,
                **arguments))

    def check_folders(self):
        for name in self.folder_fields():
            text = getattr(self, name)
            if not text:
                continue
            try:
                matching.folder_id(text)
            except matching.InvalidRoot:
                self._refuse('folder', **self.__names__(name))
        if (self.orphans == 'quarantine'
                and self.quarantine in {self.root, self.drive.google_id}):
            self._refuse('quarantine')

    def check_account(self):
        "A service account has no space for files of its own"
        credentials = self.drive.credentials
        if (self.drive.kind == 'my_drive'
                and credentials.type == 'service_account'
                and not credentials.subject):
            self._refuse('service_account', credentials=credentials.rec_name)

    def check_template(self, name, template):
        super().check_template(name, template)
        check_fields(
            template, Pool().get('ir.attachment'), name, 'attachment')

    def check_templates(self):
        super().check_templates()
        if self.receives_files and self.match_folder:
            template = self.template('path')
            if not template or not self.path_fields(template):
                self._refuse('match_folder')

    def check_types(self):
        for name in ['mime_types_in', 'mime_types_out']:
            try:
                matching.types(getattr(self, name))
            except matching.InvalidLine as error:
                self._refuse(
                    'type', line=error.args[0], **self.__names__(name))

    def check_pattern(self):
        try:
            names = matching.pairs(self.match_fields)
        except matching.InvalidLine as error:
            self._refuse('match_fields', line=error.args[0])
        for name, path in names.items():
            self._check_field(name, path)
        if not self.match_pattern:
            return
        try:
            pattern = Pattern(self.match_pattern)
        except PatternError as error:
            self._refuse(
                f'pattern_{error.code}',
                reason=error.arguments.get('message', ''))
        if not pattern.groups:
            self._refuse('pattern_groups')
        for name in pattern.groups:
            if name not in names:
                self._check_field(name, name)

    def _check_field(self, name, path):
        "What a name is compared with must be a field that can be searched"
        try:
            found = list(steps(self.Model, path))
        except RulePathError as error:
            self._refuse('match_field', name=name, field=error.name)
        if found[-1][0]._type not in KINDS or not all(
                field.searchable(Source) for field, Source, _ in found):
            self._refuse('match_kind', name=name, field=path)

    def check_encryption(self):
        if self.encrypted and not config.get(
                'google_drive', 'encryption_key', default=''):
            self._refuse('encryption_key')
