# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""How files are made read-only at Google: plain data, no record."""
from trytond.modules.google_integration.client import GoogleError
from trytond.modules.google_integration.operation import Answer

from . import mapping
from .network import FIELDS

__all__ = ['LockNetwork']


class LockNetwork:
    "The hooks of the drive that lock and unlock"
    __slots__ = ()

    @classmethod
    def _locks(cls, client, operations):
        """Set and lift restrictions, but those of others

        Setting one overwrites the one there is, and there is no
        precondition: it is looked at just before.
        https://developers.google.com/workspace/drive/api/guides/content-restrictions
        """
        known = client.batch([
                client.api.files().get(
                    fileId=o.google_id, supportsAllDrives=True,
                    fields=FIELDS)
                for o in operations])
        answers = [
            cls._not_to_lock(operation, answer)
            for operation, answer in zip(operations, known, strict=True)]
        todo = [i for i, answer in enumerate(answers) if answer is None]
        sent = client.batch([
                client.api.files().update(
                    fileId=operations[i].google_id, body=operations[i].body,
                    supportsAllDrives=True, fields=FIELDS)
                for i in todo])
        for i, answer in zip(todo, sent, strict=True):
            answers[i] = cls._patched(operations[i], answer)
            # else something besides the restriction has changed, too
            operations[i].parameters['same'] = (
                operations[i].etag == mapping.etag(known[i]))
        return answers

    # What is read-only is so for Tryton, too

    @staticmethod
    def _lifting(client, operation):
        return client.api.files().update(
            fileId=operation.google_id, supportsAllDrives=True,
            body={'contentRestrictions': mapping.restrictions()},
            fields=FIELDS)

    @classmethod
    def _lift(cls, client, operation):
        "Lift the own restriction, which the same operation may set again"
        return client.execute(cls._lifting(client, operation))

    @classmethod
    def _lift_all(cls, client, operations, answers):
        "Lift those of the operations that have no answer yet"
        todo = [
            i for i, operation in enumerate(operations)
            if answers[i] is None and operation.parameters.get('lift')]
        lifted = client.batch([
                cls._lifting(client, operations[i]) for i in todo])
        for i, answer in zip(todo, lifted, strict=True):
            if isinstance(answer, GoogleError):
                answers[i] = cls._patched(operations[i], answer)

    @classmethod
    def _not_to_lock(cls, operation, known):
        "The answer if Google has not what was expected, else None"
        if isinstance(known, GoogleError):
            if known.status == 404:
                return cls._absent(operation)
            return cls.google_failure(known)
        held = mapping.lock_values(known, operation.parameters['mark'])
        if mapping.is_trashed(known) or held['holder']:
            return Answer('conflict', known)
        return None
