# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Looking at the folders of a drive: plain data in and out, no record."""
import os
import tempfile
from contextlib import suppress
from typing import NamedTuple

from trytond.modules.google_integration.client import GoogleError
from trytond.modules.google_integration.listing import identified, pages
from trytond.modules.google_integration.media_receive import receive
from trytond.modules.google_integration.media_send import send

from .matching import FOLDER
from .network import quoted

__all__ = ['Step', 'create_folder', 'folder', 'folders', 'probe']

FIELDS = (
    'id,name,mimeType,trashed,driveId,ownedByMe,'
    'capabilities(canListChildren,canAddChildren)')
PROBE = "Tryton Test"
CONTENT = b"This file tests the access of Tryton and may be deleted.\n"
# what Google answers when a right is missing
DENIED = {401, 403, 404}


class Step(NamedTuple):
    """What was tried, and the error of Google that it ended with.

    ``name`` is 'find', 'list', 'write', 'read', 'trash' or 'delete';
    ``reason`` is None for what went well.
    """
    name: str
    reason: str | None = None
    message: str = ''


def folder(client, google_id):
    "The resource of a folder"
    return client.execute(client.api.files().get(
            fileId=google_id, supportsAllDrives=True, fields=FIELDS))


def folders(client, parent):
    "The identifiers and the names of the folders in a folder, by name"
    found = []
    for answer in pages(
            client, client.api.files().list,
            q=f"{quoted(parent)} in parents and mimeType = '{FOLDER}' "
            "and trashed = false",
            pageSize=1000, spaces='drive', supportsAllDrives=True,
            includeItemsFromAllDrives=True,
            fields='nextPageToken,files(id,name)'):
        found.extend(
            (r['id'], r.get('name') or '')
            for r in identified(answer, 'files'))
    return sorted(found, key=lambda f: (f[1].casefold(), f[0]))


def create_folder(client, name, parent):
    "Create a folder and return its identifier"
    google_id = new_id(client)
    try:
        client.execute(client.api.files().create(
                body={
                    'id': google_id, 'name': name, 'mimeType': FOLDER,
                    'parents': [parent],
                    },
                supportsAllDrives=True, fields='id'))
    except GoogleError as error:
        if error.status != 409:
            raise
        # the answer to a first try was lost
    return google_id


def new_id(client):
    answer = client.execute(client.api.files().generateIds(
            count=1, space='drive', type='files'))
    return answer['ids'][0]


def probe(client, google_id):
    """Try what a rule does in the folder and yield the steps.

    What was created is deleted, whatever fails in between.
    """
    try:
        resource = folder(client, google_id)
    except GoogleError as error:
        yield _refused('find', error)
        return
    if resource.get('mimeType') != FOLDER:
        yield Step('find', 'no_folder')
        return
    if resource.get('trashed'):
        yield Step('find', 'trashed')
        return
    drive_id = resource.get('driveId')
    if drive_id != client.parameters.get('drive_id'):
        yield Step('find', 'other_drive')
        return
    yield Step('find')
    yield _try('list', lambda: folders(client, google_id))
    with tempfile.TemporaryDirectory() as directory:
        yield from _probe_file(client, google_id, directory)


def _probe_file(client, parent, directory):
    source = os.path.join(directory, 'source')
    with open(source, 'wb') as file:
        file.write(CONTENT)
    google_id = None

    def write():
        nonlocal google_id
        google_id = new_id(client)
        send(client, client.api.files().create(
                body={
                    'id': google_id, 'name': PROBE, 'parents': [parent]},
                supportsAllDrives=True, fields='id'),
            source, 'text/plain')

    def read():
        target = os.path.join(directory, 'target')
        receive(
            client, client.api.files().get_media(
                fileId=google_id, supportsAllDrives=True), target)
        with open(target, 'rb') as file:
            if file.read() != CONTENT:
                raise GoogleError(0, 'other_content')

    try:
        step = _try('write', write)
        yield step
        if step.reason:
            return
        yield _try('read', read)
    except GoogleError:
        if google_id:
            with suppress(GoogleError):
                _remove(client, google_id)
        raise
    yield _remove(client, google_id)


def _remove(client, google_id):
    "Delete the file, or move it to the trash, and return the step"
    step = _try('delete', lambda: client.execute(
            client.api.files().delete(
                fileId=google_id, supportsAllDrives=True)))
    if step.reason:
        # in a shared drive less is needed for the trash, which is enough
        step = _try('trash', lambda: client.execute(
                client.api.files().update(
                    fileId=google_id, body={'trashed': True},
                    supportsAllDrives=True, fields='id')))
    return step


def _try(name, function):
    try:
        function()
    except GoogleError as error:
        return _refused(name, error)
    return Step(name)


def _refused(name, error):
    "The step that Google refused; what is no refusal is nobody's right"
    if error.transient or (error.status and error.status not in DENIED):
        raise error
    return Step(name, error.reason, error.message)
