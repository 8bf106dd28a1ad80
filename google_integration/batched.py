# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What synchronises both ways with an API that takes batches."""
from .apply import gone
from .client import GoogleError
from .google_two_way import GoogleTwoWay
from .operation import Change

__all__ = ['GoogleBatched', 'not_found']


class GoogleBatched(GoogleTwoWay):
    "A service that looks up many resources at once"
    __slots__ = ()

    @classmethod
    def check_found(cls, client):
        "Raise the error of Google if it is the service that is not found"
        raise NotImplementedError

    @classmethod
    def google_removed(cls, google_id):
        "Return the `Change` of a resource that is not found"
        return gone(google_id)

    @classmethod
    def look_up(cls, client, google_ids):
        answers = client.batch([
                cls.google_read(client, id) for id in google_ids])
        if any(not_found(a) for a in answers):
            cls.check_found(client)
        return [
            cls._looked_up(id, answer)
            for id, answer in zip(google_ids, answers, strict=True)]

    @classmethod
    def _looked_up(cls, google_id, answer):
        if not isinstance(answer, GoogleError):
            return cls.google_change(answer)
        if answer.status in {404, 410}:
            return cls.google_removed(google_id)
        failure = cls.google_failure(answer)
        if failure.status == 'later':
            raise answer
        return Change(google_id, {'id': google_id}, error=failure.error)


def not_found(answer):
    return isinstance(answer, GoogleError) and answer.status == 404
