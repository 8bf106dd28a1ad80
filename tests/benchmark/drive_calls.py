# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Google's library alone: a call for each file, one after the other"
import json

from google.oauth2.credentials import Credentials
from googleapiclient import discovery_cache
from googleapiclient.discovery import build_from_document
from googleapiclient.http import MediaFileUpload

__all__ = ['Calls']

BINARY = 'application/octet-stream'


class Calls:
    "The API of Drive for the account of a site"

    def __init__(self, site):
        document = json.loads(discovery_cache.get_static_doc('drive', 'v3'))
        document['rootUrl'] = site.emulator.url + '/'
        self.files = build_from_document(
            document, credentials=Credentials(site.token())).files()

    def upload(self, name, path, folder, resumable=False):
        return self.files.create(
            body={'name': name, 'parents': [folder]},
            media_body=MediaFileUpload(
                path, BINARY, resumable=resumable,
                chunksize=8 * 1024 * 1024),
            fields='id').execute()

    def list(self, folder):
        "The identifiers of the files in the folder"
        request = self.files.list(
            q=f"'{folder}' in parents", pageSize=1000,
            fields='nextPageToken,files(id)')
        while request:
            answer = request.execute()
            yield from (f['id'] for f in answer['files'])
            request = self.files.list_next(request, answer)

    def download(self, file, path):
        content = self.files.get_media(fileId=file).execute()
        with open(path, 'wb') as target:
            target.write(content)
