# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Finding the drives of an account."""
from trytond.i18n import gettext
from trytond.modules.google_integration.client import GoogleError
from trytond.modules.google_integration.listing import pages
from trytond.transaction import Transaction, without_check_access

from .network import ROOT

__all__ = ['DiscoveryMixin', 'ROOT']

# the maximum of https://developers.google.com/workspace/drive/api/reference/rest/v3/drives/list
DRIVE_PAGE = 100


class DiscoveryMixin:
    "How the drives of an account come to be known"
    __slots__ = ()

    @classmethod
    def discover(cls, credentials):
        "Create the disabled records of the drives of the account"
        credentials_id = credentials.id
        shared = credentials.drive_access == 'all'
        client = credentials.get_client(*cls.google_api)
        Transaction().commit()
        try:
            found = [cls._find_my_drive(client)]
            if shared:
                found += cls._find_shared_drives(client)
        finally:
            client.close()
        cls.save_found(credentials_id, found)

    @classmethod
    def _find_my_drive(cls, client):
        try:
            root = client.execute(client.api.files().get(
                    fileId=ROOT, fields='id'))
        except GoogleError as error:
            if error.status != 404:
                raise
            root = {'id': ROOT}
        return {'kind': 'my_drive', 'google_id': root['id'], 'name': None}

    @classmethod
    def _find_shared_drives(cls, client):
        """The shared drives of which the account is a member

        https://developers.google.com/workspace/drive/api/reference/rest/v3/drives/list
        """
        return [
            {'kind': 'shared', 'google_id': d['id'], 'name': d['name']}
            for answer in pages(
                client, client.api.drives().list, pageSize=DRIVE_PAGE,
                fields='nextPageToken,drives(id,name)')
            for d in answer.get('drives', [])]

    @classmethod
    @without_check_access
    def save_found(cls, credentials_id, found):
        "Write what was found; what is not found any more stays"
        known = cls.search([('credentials', '=', credentials_id)])
        shared = {d.google_id: d for d in known if d.kind == 'shared'}
        mine = next((d for d in known if d.kind == 'my_drive'), None)
        to_create, to_write = [], []
        for values in found:
            drive = shared.get(values['google_id'])
            if values['kind'] == 'my_drive':
                drive = mine
            if not drive:
                to_create.append({
                        'credentials': credentials_id,
                        **values,
                        'name': values['name']
                        or gettext('google_drive.msg_drive_mine'),
                        })
                continue
            changed = {
                n: v for n, v in values.items()
                if v and v != getattr(drive, n)
                # an account that sees less is not told what is known
                and not (n == 'google_id' and v == ROOT)}
            if changed:
                to_write.extend([[drive], changed])
        if to_create:
            cls.create(to_create)
        if to_write:
            cls.write(*to_write)
