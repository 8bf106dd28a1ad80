# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Attachments that more than one rule would send."""
from trytond.modules.google_integration.operation import ItemError
from trytond.pool import Pool, PoolMeta

__all__ = ['SyncError']


class SyncError(metaclass=PoolMeta):
    __name__ = 'google_integration.sync_error'

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.operation.selection.append(('rule', "Choose the Rule"))

    @classmethod
    def tell_twice(cls, records):
        "Keep, for the attachments of the records, that two rules match"
        pool = Pool()
        File = pool.get('google_drive.file')
        Rule = pool.get('google_drive.rule')
        if not records:
            return
        files = File.search([
                ('attachment.resource', 'in', list(map(str, records))),
                ('rule', '!=', None),
                ])
        rules = Rule.all_of([f.attachment for f in files])
        single = []
        for file in files:
            others = [
                r for r in rules.get(file.attachment.id, [])
                if r.id != file.rule.id]
            if not others:
                single.append(str(file))
                continue
            cls.record(
                file.drive, 'rule', file, file.google_id,
                ItemError('google_drive.rule_twice', {
                        'attachment': file.attachment.name,
                        'rule': file.rule.name,
                        'others': ', '.join(r.name for r in others),
                        }))
        if single:
            cls.delete(cls.search([
                        ('resource', 'in', single),
                        ('operation', '=', 'rule'),
                        ]))
