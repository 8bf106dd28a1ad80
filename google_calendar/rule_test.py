# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Trying a rule without changing anything."""
from trytond.i18n import gettext
from trytond.model import ModelView, fields
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.operation import ItemError
from trytond.modules.google_integration.sync_log import (
    format_error, one_line)
from trytond.modules.google_integration.template_record import RELATIONS
from trytond.pyson import Bool, Eval, If
from trytond.wizard import Button, StateView, Wizard

from .published import Content

__all__ = ['RuleTest', 'RuleTestLine', 'RuleTestResult']

# the records that are shown
SAMPLE = 20


class RuleTest(Wizard):
    __name__ = 'google_calendar.rule_test'

    start = StateView(
        'google_calendar.rule_test.result',
        'google_calendar.rule_test_result_view_form', [
            Button("Close", 'end', 'tryton-close', default=True),
            ])

    def default_start(self, fields):
        rule = self.record
        with rule.acting():
            domain = rule.decoded_domain()
            count = rule.Model.search(domain, count=True)
            ids = [r.id for r in rule.Model.search(domain, limit=SAMPLE)]
        content = Content(rule)
        return {
            'count': count,
            'sample': [
                self.line(record, found)
                for record, found in content.contents(ids)],
            'missing': '\n'.join(missing_paths(rule)),
            }

    def line(self, record, content):
        if content is None:
            return {'note': gettext(
                    'google_calendar.msg_rule_test_no_date', id=record.id)}
        if isinstance(content, ItemError):
            return {'note': gettext(
                    'google_calendar.msg_rule_test_error', id=record.id,
                    error=one_line(format_error(
                            content.code,
                            bookkeeping.dumps(content.arguments))))}
        values, emails = content
        return {
            'start': values.get('start'),
            'start_date': values.get('start_date'),
            'summary': values['summary'],
            'location': values['location'],
            'guests': ', '.join(sorted(emails)),
            }


def missing_paths(rule):
    "The relations that the templates read and of which nothing is followed"
    found = set()
    for names in rule.template_paths():
        found.update(_relations(rule.Model, names))
    followed = {
        '.'.join(path.split('.')[:i + 1])
        for path in rule.related_paths for i in range(path.count('.') + 1)}
    return sorted(found - followed)


def _relations(Model, names):
    "The paths to the records of which more than the record itself is read"
    path = []
    for name in names[:-1]:
        field = Model._fields.get(name)
        if getattr(field, '_type', None) not in RELATIONS:
            return
        path.append(name)
        yield '.'.join(path)
        Model = field.get_target()


class RuleTestLine(ModelView):
    __name__ = 'google_calendar.rule_test.line'

    start = fields.DateTime("Start", readonly=True)
    start_date = fields.Date("First Day", readonly=True)
    summary = fields.Char("Summary", readonly=True)
    location = fields.Char("Location", readonly=True)
    guests = fields.Char("Guests", readonly=True)
    note = fields.Char("Note", readonly=True)

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree', 'visual', If(Bool(Eval('note')), 'warning', '')),
            ]


class RuleTestResult(ModelView):
    __name__ = 'google_calendar.rule_test.result'

    count = fields.Integer("Matching Records", readonly=True)
    sample = fields.One2Many(
        'google_calendar.rule_test.line', None, "First Events", readonly=True,
        states={
            'invisible': ~Eval('sample'),
            })
    missing = fields.Text(
        "Not Followed", readonly=True,
        states={
            'invisible': ~Eval('missing'),
            },
        help="What the templates read besides, of which changes are only "
        "noticed within a day as long as \"Follow Also\" does not name it.")
