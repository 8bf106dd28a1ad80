# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The contents of attachments as files, without having them in memory.

With the default store, which keeps them on a disk, nothing is copied.  What
another store or the database keeps can only be read and written whole: that is
done up to a limit.
"""
import hashlib
import os
import shutil
import time
import uuid
from dataclasses import dataclass

from sql import Column, Null
from sql.functions import Function

import trytond.config as config
from trytond.filestore import filestore
from trytond.i18n import gettext
from trytond.model.exceptions import AccessError
from trytond.model.fields import SQL_OPERATORS
from trytond.modules.google_integration.exceptions import ConfigurationError
from trytond.modules.google_integration.operation import ItemError
from trytond.pool import Pool
from trytond.transaction import Transaction

__all__ = [
    'Source', 'checksum', 'digests', 'discard', 'exchange', 'forget', 'source',
    'sweep', 'take', 'temporary', 'values']

SECTION = 'google_drive'
# The bytes of a content that can only be read whole
LIMIT = 50 * 1024 * 1024
# The seconds after which a temporary file is one that was forgotten
AGE = 24 * 60 * 60
_PIECE = 1024 * 1024


@dataclass(frozen=True)
class Source:
    """A content as a file.

    What is ``temporary`` is removed by `discard`, or at the end of a ``with``;
    the other one is the store's own: it is only read.
    """
    path: str
    size: int
    temporary: bool = False

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.discard()

    def discard(self):
        if self.temporary:
            discard(self.path)


class _Length(Function):
    # the bytes of a BLOB on SQLite, of a BYTEA on PostgreSQL
    __slots__ = ()
    _function = 'LENGTH'


# -- what is read

def source(attachment):
    """Return the `Source` of the content of an attachment.

    The access of the user is not checked.  Raises ItemError if the content is
    not there, or too large for a store that can only read it whole.
    """
    file_id, size = _stored(attachment)
    if file_id and _on_disk():
        path = filestore._filename(file_id, _prefix(attachment))
        try:
            return Source(path, os.stat(path).st_size)
        except OSError:
            raise ItemError('google_drive.store_missing') from None
    if file_id:
        try:
            size = filestore.size(file_id, prefix=_prefix(attachment))
        except OSError:
            raise ItemError('google_drive.store_missing') from None
    _check_limit(size)
    return _copied(_content(attachment, file_id) if size else b'')


def _stored(attachment):
    "Return the file id, or None and the size of what the row has"
    Model = type(attachment)
    try:
        # it is read with those of other attachments
        file_id = Model.data.file_id and getattr(
            attachment, Model.data.file_id)
    except AccessError:
        raise ItemError('google_drive.store_missing') from None
    if file_id:
        return file_id, None
    table = Model.__table__()
    cursor = Transaction().connection.cursor()
    cursor.execute(*table.select(
            _Length(table.data), where=table.id == attachment.id))
    row = cursor.fetchone()
    if row is None:
        raise ItemError('google_drive.store_missing')
    return None, row[0] or 0


def _content(attachment, file_id):
    if file_id:
        try:
            return filestore.get(file_id, prefix=_prefix(attachment))
        except OSError:
            raise ItemError('google_drive.store_missing') from None
    table = type(attachment).__table__()
    cursor = Transaction().connection.cursor()
    cursor.execute(*table.select(
            table.data, where=table.id == attachment.id))
    data, = cursor.fetchone()
    return data


def _copied(data):
    path = temporary()
    try:
        with open(path, 'xb') as file:
            file.write(data)
    except BaseException:
        discard(path)
        raise
    return Source(path, len(data), temporary=True)


def _on_disk():
    "If the store is trytond's own: one derived from it may encrypt"
    return type(filestore).__module__ == 'trytond.filestore'


def _prefix(attachment):
    prefix = type(attachment).data.store_prefix
    return Transaction().database.name if prefix is None else prefix


def _limit():
    "What the configuration allows to be read whole, in bytes"
    value = config.get(SECTION, 'store_limit', default='') or LIMIT
    try:
        limit = int(value)
        if limit < 0:
            raise ValueError
    except ValueError:
        raise ConfigurationError(gettext(
                'google_integration.msg_configuration',
                option='store_limit', section=SECTION)) from None
    return limit


def _check_limit(size):
    limit = _limit()
    if size > limit:
        raise ItemError('google_drive.store_limit', {
                'size': str(size),
                'limit': str(limit),
                })


# -- what is written

def take(path, prefix):
    """Keep a finished temporary file in the store and return its id.

    As with the store's own ``set`` the id is always a new one, and None stands
    for an empty content.  The temporary file stays until the transaction is
    committed, so that it can be taken again, and what was taken goes if it is
    rolled back.
    """
    taken = Transaction().join(_Taken())
    size = os.stat(path).st_size
    if not size:
        file_id = None
    elif _on_disk():
        file_id = filestore._id(None)
        target = filestore._filename(file_id, prefix)
        os.makedirs(os.path.dirname(target), mode=0o770, exist_ok=True)
        taken.files.append((file_id, prefix))
        try:
            os.link(path, target)
        except OSError:
            # another disk, or one without links
            shutil.copyfile(path, target)
    else:
        file_id = filestore.set(_whole(path, size), prefix=prefix)
        taken.files.append((file_id, prefix))
    taken.temporary.append(path)
    return file_id


def _whole(path, size):
    _check_limit(size)
    with open(path, 'rb') as file:
        return file.read()


def values(path, replaced=(), Model=None):
    """Return what to write to attachments so that they have the content.

    The file is taken.  The content of the attachments ``replaced`` is removed
    as trytond does it: when it is not needed any more.  ``Model`` is another
    model than that of attachments which keeps its content alike.
    """
    Model = Model or Pool().get('ir.attachment')
    field = Model.data
    if not field.file_id:
        data = _whole(path, os.stat(path).st_size)
        Transaction().join(_Taken()).temporary.append(path)
        return {'data': data or None}
    ids = [record.id for record in replaced]
    if ids:
        field.queue_for_removal(Model, field.name, ids)
        # of the time before there was a store
        table = Model.__table__()
        Transaction().connection.cursor().execute(*table.update(
                [table.data], [Null],
                where=SQL_OPERATORS['in'](table.id, ids)))
    prefix = field.store_prefix
    if prefix is None:
        prefix = Transaction().database.name
    return {field.file_id: take(path, prefix)}


def forget(path):
    "Remove a temporary file, if there is one, when it can not be needed again"
    if path:
        Transaction().join(_Taken()).temporary.append(path)


def exchange(attachment, other):
    """Let the contents of both attachments change places.

    They stay where they are: nothing is read.
    """
    Model = type(attachment)
    table = Model.__table__()
    cursor = Transaction().connection.cursor()
    columns = [table.data]
    if Model.data.file_id:
        columns.append(Column(table, Model.data.file_id))
    rows = []
    for one in [other, attachment]:
        cursor.execute(*table.select(*columns, where=table.id == one.id))
        rows.append(list(cursor.fetchone()))
    for one, row in zip([attachment, other], rows, strict=True):
        cursor.execute(*table.update(
                columns, row, where=table.id == one.id))


class _Taken:
    "What a transaction took into the store, and from where"

    def __init__(self):
        self.files = []
        self.temporary = []
        self.voted = False

    def __eq__(self, other):
        return type(other) is type(self)

    __hash__ = None

    def tpc_begin(self, transaction):
        pass

    def commit(self, transaction):
        pass

    def tpc_vote(self, transaction):
        self.voted = True

    def tpc_finish(self, transaction):
        paths, self.temporary = self.temporary, []
        self.files = []
        self.voted = False
        for path in paths:
            discard(path)

    def tpc_abort(self, transaction):
        files, self.files = self.files, []
        self.temporary = []
        if self.voted:
            # a commit that failed may be one of which the answer was lost
            self.voted = False
            return
        for file_id, prefix in files:
            filestore.delete(file_id, prefix=prefix)


# -- temporary files

def _folder():
    "The folder of the temporary files: by default on the disk of the store"
    path = config.get(SECTION, 'temporary_path', default='')
    if not path:
        path = os.path.join(config.get('database', 'path'), '.google_drive')
    # nobody else may read what is in it
    os.makedirs(path, mode=0o700, exist_ok=True)
    return path


def temporary():
    "Return a new path for a file that `take`, `discard` or `sweep` removes"
    return os.path.join(_folder(), str(uuid.uuid4()))


def discard(path):
    "Remove a temporary file, if it is still there"
    try:
        os.remove(path)
    except FileNotFoundError:
        pass


def sweep(age=AGE):
    """Remove the temporary files that are older than ``age`` seconds.

    Such are those of processes that were killed.  Return how many there were.
    """
    until = time.time() - age
    count = 0
    with os.scandir(_folder()) as entries:
        for entry in entries:
            try:
                if (entry.is_file(follow_symlinks=False)
                        and entry.stat().st_mtime < until):
                    discard(entry.path)
                    count += 1
            except FileNotFoundError:
                # another process was faster
                continue
    return count


def checksum(record):
    "Return the MD5 of the content of an attachment, None if it is not there"
    try:
        with source(record) as content:
            return digests(content.path)[0]
    except ItemError:
        return None


def digests(path):
    "Return (md5, sha256) of a file, in hexadecimal"
    md5 = hashlib.md5(usedforsecurity=False)
    sha256 = hashlib.sha256()
    with open(path, 'rb') as file:
        while piece := file.read(_PIECE):
            md5.update(piece)
            sha256.update(piece)
    return md5.hexdigest(), sha256.hexdigest()
