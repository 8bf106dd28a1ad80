# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Noticing changes of the records that rules publish."""
from trytond.model import ModelSQL, fields
from trytond.modules.google_integration.rule_notice import (
    RuleChangeMixin, watched_by)

__all__ = ['RuleChange', 'WatchedMixin']

WatchedMixin = watched_by('google_calendar.rule')


class RuleChange(RuleChangeMixin, ModelSQL):
    __name__ = 'google_calendar.rule_change'

    rule = fields.Many2One(
        'google_calendar.rule', "Rule", required=True, ondelete='CASCADE')
