# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Events that are at Google without Tryton knowing it.

An event that was never sent gets the identifier of the event of Google that
it is: it is merged with it, and not doubled.
"""
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.operation import ItemError
from trytond.pool import Pool

from . import record_link
from .matching import Candidate, Matcher, own_event

__all__ = ['AdoptionMixin']


class AdoptionMixin:
    "The events that are recognised at Google"
    __slots__ = ()

    @classmethod
    def google_adopt(cls, service, changes):
        adopted = cls._adopt_identified(service, changes)
        adopted.update(super().google_adopt(service, [
                    c for c in changes if c.google_id not in adopted]))
        return adopted

    @classmethod
    def _adopt_identified(cls, service, changes):
        "Find what was never sent by its iCalUID or by our own property"
        prefix = record_link.prefix()
        owns = {
            c.google_id: own_event(c.resource, prefix) for c in changes}
        records = cls._unsent(service, [
                'OR',
                ('ical_uid', 'in', [
                        u for u in (
                            c.resource.get('iCalUID') for c in changes)
                        if u and isinstance(u, str)]),
                ('id', 'in', [i for i in owns.values() if i]),
                ])
        if not records:
            return {}
        matcher = Matcher([r.google_candidate for r in records])
        by_id = {r.id: r for r in records}
        buried = cls._buried_ids(service, [c.google_id for c in changes])
        adopted = []
        for change in changes:
            if change.google_id in buried:
                # its deletion stands
                continue
            try:
                values = cls.google_to_values(change.resource)
            except ItemError:
                continue
            found = matcher.identify(
                change.google_id, values, owns[change.google_id])
            if found:
                by_id[found[0]].google_identify(change.google_id)
                adopted.append(found[0])
        # to be read together
        return {r.google_id: r for r in cls.browse(adopted)}

    @classmethod
    def _unsent(cls, service, domain):
        return cls.search([
                ('calendar', '=', service.id),
                ('google_etag', '=', None),
                ['OR',
                    [
                        ('google_id', '=', None),
                        ('google_state', 'in', [
                                'local', 'to_push', 'failed', 'conflict']),
                        ],
                    # an identifier that is only chosen
                    ('google_state', '=', 'local'),
                    ],
                domain,
                ])

    @staticmethod
    def _buried_ids(service, google_ids):
        Tombstone = Pool().get('google_integration.tombstone')
        return {
            t.google_id for t in Tombstone.search([
                    ('service', '=', str(service)),
                    ('google_id', 'in', google_ids),
                    ])}

    @property
    def google_candidate(self):
        "What the event is recognised by"
        return Candidate.of(
            self.id, self.google_identity, self.google_id)

    @property
    def google_identity(self):
        "The values by which it can be recognised"
        return {
            'recurring_event_id': self.recurring_identifier,
            **{n: getattr(self, n) for n in [
                    'summary', 'all_day', 'start', 'end', 'start_date',
                    'end_date', 'status', 'recurrence', 'ical_uid',
                    'original_start']}}

    def google_identify(self, google_id):
        "Give the event its identifier, by which its occurrences name it"
        cls = type(self)
        former = self.google_id
        bookkeeping.update(cls, [self], {'google_id': google_id})
        if former and former != google_id:
            occurrences = cls.search([
                    ('calendar', '=', self.calendar.id),
                    ('recurring_identifier', '=', former),
                    ])
            bookkeeping.update(
                cls, occurrences, {'recurring_identifier': google_id})

    @classmethod
    def google_adopt_pairs(cls, service, pairs):
        """Give the events the identifiers that a comparison has found

        What was sent or found since is left alone.
        """
        known = {
            e.google_id for e in cls.search([
                    ('calendar', '=', service.id),
                    ('google_id', 'in', [g for _, g in pairs]),
                    ])}
        known |= cls._buried_ids(service, [g for _, g in pairs])
        unsent = {
            e.id: e for e in cls._unsent(
                service, [('id', 'in', [i for i, _ in pairs])])}
        count = 0
        for id, google_id in pairs:
            if id in unsent and google_id not in known:
                unsent[id].google_identify(google_id)
                count += 1
        return count
