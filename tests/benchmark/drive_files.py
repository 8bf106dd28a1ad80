# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The files that are synchronised to be measured"
import glob
import hashlib
import os
import re

from tests.robustness.laboratory import USER
from trytond.modules.google_drive import store
from trytond.pool import Pool
from trytond.tools import grouped_slice

from .drive_site import NAME

__all__ = [
    'EACH', 'assert_same', 'attach', 'attach_large', 'content', 'drop',
    'folder_of', 'folders', 'large', 'name']

# the files of a record
EACH = 10
SLICE = 500
PIECE = 1024 * 1024


def name(number):
    return f'File {number}.bin'


def content(number, size):
    "Bytes that no other file has"
    return hashlib.shake_128(str(number).encode()).digest(size)


def large(size):
    "Bytes of which no piece is like another, a piece at a time"
    piece = content('large', PIECE)
    for start in range(0, size, PIECE):
        yield (start.to_bytes(8) + piece[8:])[:size - start]


def folders(count):
    "The number of records to which so many files belong"
    return -(-count // EACH)


# In Tryton

def attach(site, numbers, size, each=EACH):
    "Attach files as a person does, so many to each record"
    with site.transaction(user=1) as transaction:
        Attachment = Pool().get('ir.attachment')
        for sub_numbers in grouped_slice(numbers, SLICE):
            Attachment.create([{
                        'name': name(n),
                        'resource': f'res.group,{site.records[n // each]}',
                        'data': content(n, size),
                        } for n in sub_numbers])
        transaction.commit()


def attach_large(site, size):
    "Attach a file that is made on the server"
    with site.transaction(user=1) as transaction:
        Attachment = Pool().get('ir.attachment')
        path = store.temporary()
        with open(path, 'xb') as file:
            file.writelines(large(size))
        Attachment.create([{
                    'name': name(0),
                    'resource': f'res.group,{site.records[0]}',
                    **store.values(path),
                    }])
        transaction.commit()


# At Google

def folder_of(site, number, each=EACH):
    "The folder of the record of the file, as a person makes it"
    record = NAME % (number // each)
    known = site.__dict__.setdefault('folders', {})
    if record not in known:
        found = site.admin.act(
            USER, 'drive.files.list', fields='files(id)',
            q=f"'{site.root}' in parents and name = '{record}'")['files']
        known[record] = (found and found[0] or site.admin.create_folder(
                USER, record, parent=site.root))['id']
    return known[record]


def drop(site, numbers, size, each=EACH):
    "Put files into the folders of records, as a person does"
    for number in numbers:
        site.admin.create_file(
            USER, name(number), content(number, size),
            parent=folder_of(site, number, each))
    site.admin.clear_log()


# Both

def assert_same(site, count):
    "Both sides have the same files, and all of them are settled"
    here, there = tryton(site), google(site)
    if here != there or len(here) != count:
        raise AssertionError(
            f"in Tryton alone {sorted(here - there)}, at Google alone "
            f"{sorted(there - here)}, {len(here)} of {count} files")
    if left := settled(site):
        raise AssertionError(f"not settled: {left}")
    if left := glob.glob(
            os.path.join(site.laboratory.folder, '.google_drive', '*')):
        raise AssertionError(f"temporary files are left: {left}")


def google(site):
    "The folder, the name, the size and the digest of each file"
    return {
        (*file['path'].split('/')[-2:], file['size'], file['md5'])
        for file in site.admin.files(user=USER, trashed=False)
        if file.get('md5')
        and re.fullmatch('Record [0-9]+', file['path'].split('/')[-2])}


def tryton(site):
    rows = site.rows(
        'ir_attachment a JOIN res_group g '
        "ON a.resource = 'res.group,' || CAST(g.id AS VARCHAR(20))",
        'g.name AS record, a.name, a.file_id', order='a.id')
    return {
        (row['record'], row['name'], *digest(site, row['file_id']))
        for row in rows}


def digest(site, file_id):
    "The size and the digest of a content in the store"
    path = os.path.join(
        site.laboratory.folder, site.name, file_id[:2], file_id[2:4], file_id)
    with open(path, 'rb') as file:
        return os.path.getsize(path), hashlib.file_digest(
            file, 'md5').hexdigest()


def settled(site):
    "Return what is left to do, in words"
    left = [
        f"{row['name']} is {row['google_state']}"
        for row in site.rows('google_drive_file', 'id, name, google_state')
        if row['google_state'] != 'synchronized']
    left += [
        f"tombstone of {row['google_id']}"
        for row in site.rows('google_integration_tombstone')]
    left += [
        f"error {row['code']} of {row['google_id'] or row['resource']}"
        for row in site.rows('google_integration_sync_error')]
    return left
