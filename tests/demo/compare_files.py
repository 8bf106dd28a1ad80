# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Attachments against files, by code that shares nothing with the modules.

Each file of Google must be one attachment of the customer whose name its
folder has, and the other way, with the same name and the same bytes. A
document of Google has no bytes: its text must be that of its export.
"""
import hashlib
import re

from .documents import open_text

__all__ = ['compare', 'find']

APPS = 'application/vnd.google-apps.'
# what the documents of Google are exported as, as the rule says
EXPORTS = {APPS + 'document': '.docx', APPS + 'presentation': '.pdf'}


def find(files, prefix):
    "The files of the folders in the folder of the path, by folder and name"
    found = {}
    for file in files:
        if not file['path'].startswith(prefix) or (
                file['mime_type'] == APPS + 'folder'):
            continue
        folder, _, name = file['path'].removeprefix(prefix).rpartition('/')
        found[folder, name + EXPORTS.get(file['mime_type'], '')] = file
    return found


def compare(files, read, rows):
    """Yield the differences in words

    files: of Google, by folder and name; read: the content of one; rows: the
    attachments as they were read by RPC.
    """
    attachments = {}
    for row in rows:
        key = tuple(map(_clean, [row['resource.']['rec_name'], row['name']]))
        if key in attachments:
            yield f"{_label(key)} is twice in Tryton"
        attachments[key] = row
    for key in sorted(files.keys() - attachments.keys()):
        yield f"{_label(key)} is missing in Tryton"
    for key in sorted(attachments.keys() - files.keys()):
        yield f"{_label(key)} is missing at Google"
    for key in sorted(files.keys() & attachments.keys()):
        yield from _compare(key, files[key], read, attachments[key])


def _compare(key, file, read, row):
    if row['type'] != 'data':
        yield f"{_label(key)} is a {row['type']} in Tryton"
        return
    data = bytes(row['data'] or b'')
    content = read(file['id'])
    if file['mime_type'] in EXPORTS:
        lines = [
            line for part in content
            for line in ([part] if isinstance(part, str) else part)]
        text = open_text(key[1], data)
        if lines != text.splitlines():
            yield (
                f"{_label(key)} has {lines} at Google, {text!r} in Tryton")
        return
    if data != content:
        yield (
            f"{_label(key)} has {len(content)} bytes at Google, others in "
            f"Tryton, which are {len(data)}")
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    if md5 != file['md5']:
        yield (
            f"{_label(key)} has the MD5 {file['md5']} at Google, {md5} in "
            "Tryton")


def _clean(name):
    "The name as files can have it"
    return re.sub(r'[<>:"/\\|?*]', '_', name)


def _label(key):
    return '"{}" of "{}"'.format(key[1], key[0])
