# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Creating documents of Google: plain data in and out, no record."""
from trytond.modules.google_integration.client import GoogleError
from trytond.modules.google_integration.listing import identified

from .network import FIELDS

__all__ = ['CREATION', 'create']

# the property of the application by which a document is found again
CREATION = 'tryton_creation'


def create(client, body, again):
    """Create a document once and return its resource

    Documents take no identifier that was chosen before [Create and manage
    files]: after an answer that was lost they are looked for. ``again``
    tells that it was tried before.
    """
    if again and (found := _find(client, body)):
        return found
    try:
        return client.execute(
            client.api.files().create(
                body=body, supportsAllDrives=True, fields=FIELDS),
            idempotent=False)
    except GoogleError as error:
        if not error.unknown and error.status:
            raise
        found = _find(client, body)
        if not found:
            raise
        return found


def _find(client, body):
    "The document that was created, None if there is none"
    drive_id = client.parameters.get('drive_id')
    value = body['appProperties'][CREATION]
    parameters = {'corpora': 'user'}
    if drive_id:
        parameters = {
            'corpora': 'drive', 'driveId': drive_id,
            'includeItemsFromAllDrives': True}
    answer = client.execute(client.api.files().list(
            q="trashed = false and appProperties has "
            f"{{ key='{CREATION}' and value='{value}' }}",
            spaces='drive', supportsAllDrives=True, pageSize=10,
            fields=f'files({FIELDS})', **parameters))
    found = identified(answer, 'files')
    return found[0] if found else None
