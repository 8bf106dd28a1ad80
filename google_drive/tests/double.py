# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The plainest rule"
import contextlib
from typing import Any, NamedTuple

from trytond.modules.google_drive import rule


class Place(NamedTuple):
    folders: tuple
    name: str


class Target(NamedTuple):
    record: Any = None
    orphan: str | None = None
    fields: dict = {}
    folder: str | None = None


class Export(NamedTuple):
    mime_type: str
    extension: str


def place(self, attachment):
    return Place((attachment.resource.name,), attachment.name)


def target(self, resource, folders):
    from trytond.pool import Pool
    Group = Pool().get('res.group')
    groups = Group.search([('name', '=', (folders or [''])[0])])
    if groups:
        return Target(groups[0])
    return Target(None, 'log')


@classmethod
def of_attachments(cls, attachments):
    rules = cls.search([('direction', '!=', 'to_tryton')])
    return {
        a.id: r for a in attachments for r in reversed(rules)
        if a.resource and a.resource.__name__ == r.model and a.type == 'data'}


def export_of(self, resource):
    mime_type = resource.get('mimeType') or ''
    if mime_type.endswith('.shortcut'):
        return 'link'
    if mime_type.startswith('application/vnd.google-apps.'):
        return Export('application/pdf', '.pdf')


if not hasattr(rule.Rule, 'root_id'):
    Rule = rule.Rule
    Rule.root_id = property(lambda self: self.root or self.drive.google_id)
    Rule.sends_files = property(lambda self: self.direction != 'to_tryton')
    Rule.receives_files = property(lambda self: self.direction != 'to_google')
    Rule.acting = lambda self: contextlib.nullcontext()
    Rule.place = place
    Rule.sends = lambda self, attachment: None
    Rule.receives = lambda self, resource: True
    Rule.target = target
    Rule.of_attachments = of_attachments
    Rule.export_of = export_of
    Rule.storage_of = lambda self, resource: 'copy'
