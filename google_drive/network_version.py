# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""How versions are kept at Google: plain data, no record.

https://developers.google.com/workspace/drive/api/guides/manage-revisions
"""
from trytond.modules.google_integration import media
from trytond.modules.google_integration.client import GoogleError
from trytond.modules.google_integration.listing import identified, pages

__all__ = ['MAXIMUM', 'VersionNetwork']

# what Google keeps for ever of a file
MAXIMUM = 200

# the maximum of https://developers.google.com/workspace/drive/api/reference/rest/v3/revisions/list
PAGE = 1000


class VersionNetwork:
    "The hooks of the drive that keep what is replaced"
    __slots__ = ()

    @staticmethod
    def _keep_forever(client, google_id, revision):
        """Keep a revision for ever, and tell if Google does

        It takes 200; of others it keeps what it keeps, for 30 days.
        """
        try:
            client.execute(client.api.revisions().update(
                    fileId=google_id, revisionId=revision,
                    body={'keepForever': True}, fields='id'))
        except GoogleError as error:
            if error.transient:
                raise
            return False
        return True

    @classmethod
    def _last_revision(cls, client, google_id):
        """The identifier of the last revision of a document of Google

        None for who may not see it. A name is no revision.
        """
        try:
            revisions = cls._revisions(client, google_id)
        except GoogleError as error:
            if error.transient:
                raise
            return None
        return revisions[-1] if revisions else None

    @staticmethod
    def _revisions(client, google_id):
        "The identifiers of all the revisions that Google tells, in order"
        return [
            revision['id']
            for answer in pages(
                client, client.api.revisions().list, fileId=google_id,
                pageSize=PAGE, fields='nextPageToken,revisions(id)')
            for revision in identified(answer, 'revisions')]

    @classmethod
    def _kept(cls, client, operation, send):
        """Send a content that is to be kept for ever

        Without that if Google keeps as many as it can.
        """
        parameters = operation.parameters
        if not parameters['keep_forever']:
            return send()
        parameters['kept'] = True
        try:
            return send()
        except media.SessionLost:
            # it begins anew, and is refused then
            raise
        except GoogleError as error:
            if (error.transient or not 400 <= error.status < 500
                    or not cls._is_full(client, operation.google_id)):
                raise
        parameters['keep_forever'] = parameters['kept'] = False
        return send()

    @staticmethod
    def _is_full(client, google_id):
        "Tell if no other revision can be kept for ever"
        try:
            return sum(
                bool(revision.get('keepForever'))
                for answer in pages(
                    client, client.api.revisions().list, fileId=google_id,
                    pageSize=PAGE,
                    fields='nextPageToken,revisions(keepForever)')
                for revision in answer.get('revisions', [])) >= MAXIMUM
        except GoogleError as error:
            if error.transient:
                raise
            return False
