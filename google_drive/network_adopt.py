# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What is there already of what is to be created: plain data, no record.

What is received is known: this is for what is only sent.
"""
from collections import defaultdict

from trytond.modules.google_integration.client import GoogleError
from trytond.modules.google_integration.listing import identified, pages
from trytond.tools import grouped_slice

from . import mapping
from .network import FIELDS, PAGE, quoted

__all__ = ['AdoptNetwork']

# what one query asks for: no page says how long a query may be
TERMS = 10


class AdoptNetwork:
    "The hook of the drive that looks for files and folders"
    __slots__ = ()

    @classmethod
    def adoptable(cls, client, sought):
        """Return the resources that each of the sought ones may be

        ``sought`` are dictionaries: of the ``name`` in the ``parent``, if
        that is there, of a file with the ``md5`` and the ``marks``, the
        properties of the application. What is marked comes first.
        """
        queries = [*_by_marks(sought), *_by_name(sought)]
        found = {}
        for resource in cls._search(client, queries):
            found.setdefault(resource['id'], resource)
        return [_fitting(item, found.values()) for item in sought]

    @staticmethod
    def _search(client, queries):
        "All that Google lists of the queries"
        def request(query, pageToken=None):
            drive_id = client.parameters.get('drive_id')
            return client.api.files().list(
                q=query, pageSize=PAGE, spaces='drive', pageToken=pageToken,
                corpora='drive' if drive_id else 'user', driveId=drive_id,
                supportsAllDrives=True,
                includeItemsFromAllDrives=bool(drive_id),
                fields=f'nextPageToken,files({FIELDS})')
        firsts = client.batch([request(q) for q in queries])
        for query, first in zip(queries, firsts, strict=True):
            if isinstance(first, GoogleError):
                if first.status == 404:
                    # the folder: who creates in it is told so
                    continue
                raise first
            yield from identified(first, 'files')
            if first.get('nextPageToken'):
                for page in pages(
                        client, request, first['nextPageToken'],
                        query=query):
                    yield from identified(page, 'files')


def _by_marks(sought):
    marked = [s['marks'] for s in sought if s.get('marks')]
    for marks in grouped_slice(marked, TERMS):
        yield 'trashed = false and ({})'.format(' or '.join(
                '({})'.format(' and '.join(
                        f'appProperties has {{ key={quoted(key)} and '
                        f'value={quoted(value)} }}'
                        for key, value in sorted(one.items())))
                for one in marks))


def _by_name(sought):
    names = defaultdict(dict)
    for item in sought:
        if item['parent']:
            names[item['parent']][item['name']] = True
    for parent, found in names.items():
        for some in grouped_slice(list(found), TERMS):
            yield '{} in parents and trashed = false and ({})'.format(
                quoted(parent), ' or '.join(
                    f'name = {quoted(name)}' for name in some))


def _fitting(item, resources):
    marked, same = [], []
    for resource in resources:
        properties = resource.get('appProperties') or {}
        values = mapping.to_values(resource)
        if item.get('marks') and item['marks'].items() <= properties.items():
            marked.append(resource)
        elif (item['parent']
                and values['parent_google_id'] == item['parent']
                # Google ignores the case
                and values['name'] == item['name']
                and (values['md5'] == item['md5'] if item['md5']
                    else mapping.is_folder(resource))):
            same.append(resource)
    return marked + same
