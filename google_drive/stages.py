# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What a run of a drive sends, one kind of work at a time.

Each stage ends with a commit, so that whoever dies in between repeats no more
than one: identifiers are known before anything has them, folders are there
before what is in them, and the address of a large upload before its bytes.
"""
from sql import Null

from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.operation import (
    ItemError, Operation, WorkDone)
from trytond.pool import Pool

from . import mapping
from .lock_stages import LockStagesMixin
from .network import ROOT
from .network_push import IDENTIFIERS

__all__ = ['StagesMixin']

# what is looked for at a time
SOUGHT = 50
# the most that Google takes in a batch
BATCH = 100
# the contents that are sent, or come, without a pause between them, and the
# bytes above which they are no more than those of a chunk
CONTENTS = 200
AT_A_TIME = 64 * 1024 * 1024


def at_a_time(files, least):
    "The first of the files, which are large only if they are the least"
    size = 0
    for count, file in enumerate(files):
        size += file.size or 0
        if count >= least and size > AT_A_TIME:
            return files[:count]
    return files


class StagesMixin(LockStagesMixin):
    "The hooks of the drive that choose what is sent"
    __slots__ = ()

    def pending(self, limit):
        "One stage, as a list with its name and its records"
        pool = Pool()
        File = pool.get('google_drive.file')
        Tombstone = pool.get('google_integration.tombstone')
        for name, find in [
                ('release', lambda: File.google_locks_ended(self, limit)),
                ('place', lambda: File.google_unplaced(self, limit)),
                ('check', self._unchecked),
                ('seek', self._unsought),
                ('allocate', self._without_id),
                ('folders', lambda: self._folders_due(limit)),
                ('locks', lambda: File.google_to_lock(self, limit)),
                ('others', lambda: Tombstone.search([
                            ('service', '=', str(self)),
                            ('state', '=', 'to_delete'),
                            ], limit=BATCH, order=[('id', 'ASC')])),
                ('others', lambda: File.google_pending(self, BATCH)),
                ('sessions', lambda: File.google_without_session(
                        self, limit)),
                ('others', lambda: at_a_time(
                        File.google_contents(self, CONTENTS), limit)),
                ]:
            if records := find():
                return [(name, records)]
        return []

    def _unchecked(self):
        "The folders that files go into and nobody tells of"
        if self.google_receives:
            return []
        pool = Pool()
        Folder = pool.get('google_drive.folder')
        File = pool.get('google_drive.file')
        return Folder.outdated(
            self, [f.place for f in File.google_into(self)])[:BATCH]

    def _without_id(self):
        "The folders and files that need an identifier"
        folders = []
        if self.google_receives:
            folders = self._folders_without_id(IDENTIFIERS)
        rules = [
            r.id for r in self.rules
            if r.sends_files and self._hears_of(r)]
        return folders + self._files_without_id(
            IDENTIFIERS, lambda t: t.rule.in_(rules or [-1])
            )[:IDENTIFIERS - len(folders)]

    def _unsought(self):
        """Those that may be there already, as nobody tells of them

        The folders come a level after the other, the files at the end: what
        a folder holds is known when it is known which one it is.
        """
        if not self.google_receives and (
                folders := self._folders_without_id(
                    SOUGHT, ('parent_google_id', '!=', None))):
            return folders
        rules = [
            r.id for r in self.rules
            if r.sends_files and not self._hears_of(r)]
        return self._files_without_id(
            SOUGHT, lambda t: t.rule.in_(rules or [-1])
            & (t.parent_google_id != Null))

    def _hears_of(self, rule):
        "Tell if the files that people put below the root are received"
        return self.google_receives and rule.receives_files

    def _folders_without_id(self, limit, *domain):
        Folder = Pool().get('google_drive.folder')
        return Folder.search([
                ('drive', '=', self.id),
                ('google_id', '=', None),
                *domain,
                ], limit=limit, order=[('id', 'ASC')])

    def _files_without_id(self, limit, where):
        File = Pool().get('google_drive.file')
        return File.google_rows(
            self, lambda t: (t.google_id == Null)
            & t.google_state.in_(['local', 'to_push']) & where(t), limit)

    def _folders_due(self, limit):
        "The folders of which the parent is there"
        Folder = Pool().get('google_drive.folder')
        return Folder.search([
                ('drive', '=', self.id),
                ('state', 'in', ['local', 'creating']),
                ('google_id', '!=', None),
                ('parent_google_id', '!=', None),
                ('trashed', '=', False),
                ['OR',
                    ('parent', '=', None),
                    ('parent.state', '=', 'known'),
                    ],
                ], limit=limit, order=[('id', 'ASC')])

    def prepare(self, records):
        (name, records), = records
        if name == 'others':
            return super().prepare(records)
        return getattr(self, f'_prepare_{name}')(records)

    def _prepare_place(self, records):
        return [], Pool().get('google_drive.file').google_place(records)

    def _prepare_check(self, records):
        return [Operation(
                'check', self.__name__, self.id, None, parameters={
                    'folders': {r.google_id: r.id for r in records},
                    })], []

    def _prepare_allocate(self, records):
        return [Operation(
                'allocate', self.__name__, self.id, None, parameters={
                    'count': len(records),
                    'records': [(r.__name__, r.id) for r in records],
                    })], []

    def _prepare_seek(self, records):
        (operation,), errors = self._prepare_allocate(records)
        operation.kind = 'seek'
        operation.parameters['sought'] = [
            r.google_sought() for r in records]
        return [operation], errors

    def _prepare_folders(self, records):
        Folder = Pool().get('google_drive.folder')
        bookkeeping.update(Folder, records, {'state': 'creating'})
        return [
            Operation(
                'folder', r.__name__, r.id, r.google_id, body={
                    'name': r.name,
                    'mimeType': mapping.FOLDER,
                    **({} if r.parent_google_id == ROOT else {
                            'parents': [r.parent_google_id]}),
                    })
            for r in records], []

    def _prepare_sessions(self, records):
        File = Pool().get('google_drive.file')
        operations, errors = [], []
        for record in records:
            try:
                operation = record.google_operation()
            except ItemError as error:
                bookkeeping.update(
                    File, [record], {'google_state': 'failed'})
                errors.append((record, error))
                continue
            if operation:
                operation.parameters['insert'] = operation.kind == 'insert'
                operation.kind = 'session'
                operations.append(operation)
        File.google_lift(operations)
        return operations, errors

    def confirm(self, operations, answers):
        kind = operations[0].kind
        if kind in {'check', 'allocate', 'seek', 'folder', 'session', 'lock'}:
            return getattr(self, f'_confirm_{kind}')(operations, answers)
        return super().confirm(operations, answers)

    def _confirm_check(self, operations, answers):
        """Note what became of the folders

        Not what that makes of their files: nothing is received.
        """
        pool = Pool()
        Folder = pool.get('google_drive.folder')
        File = pool.get('google_drive.file')
        (operation,), (answer,) = operations, answers
        changes = answer.resource['changes']
        errors = [(None, c.google_id, c.error) for c in changes if c.error]
        Folder.google_apply(self, [c for c in changes if not c.error])
        bookkeeping.update(
            Folder, list(operation.parameters['folders'].values()),
            {'checked_at': bookkeeping.utcnow()})
        File.google_displaced(self)
        return WorkDone(errors=len(errors)), errors

    def _confirm_allocate(self, operations, answers):
        pool = Pool()
        Folder = pool.get('google_drive.folder')
        File = pool.get('google_drive.file')
        (operation,), (answer,) = operations, answers
        for (model, id), google_id in zip(
                operation.parameters['records'], answer.resource['ids']):
            bookkeeping.update(
                pool.get(model), [id], {'google_id': google_id},
                lambda table: table.google_id == Null)
            if model == Folder.__name__:
                bookkeeping.update(
                    Folder, Folder.search([('parent', '=', id)]),
                    {'parent_google_id': google_id})
                bookkeeping.update(
                    File, File.search([
                            ('place', '=', id),
                            ('parent_google_id', '=', None),
                            ]),
                    {'parent_google_id': google_id})
        return WorkDone(), []

    def _confirm_seek(self, operations, answers):
        "Take what is there, if it is nobody's, in the place of the new ones"
        pool = Pool()
        Folder = pool.get('google_drive.folder')
        (operation,), (answer,) = operations, answers
        found = answer.resource['found']
        taken = self._known_ids(r['id'] for some in found for r in some)
        folders, files = [], []
        for i, ((model, _), resources) in enumerate(zip(
                    operation.parameters['records'], found, strict=True)):
            resource = next(
                (r for r in resources if r['id'] not in taken), None)
            if not resource:
                continue
            taken.add(resource['id'])
            answer.resource['ids'][i] = resource['id']
            change = self.google_change(resource)
            if model == Folder.__name__:
                folders.append(change)
            else:
                files.append(change)
        self._confirm_allocate(operations, answers)
        if folders:
            Folder.google_apply(self, folders)
        if not files:
            return WorkDone(), []
        File = pool.get('google_drive.file')
        File.google_alike(self, files)
        work, errors = File.google_apply(self, files)
        return work, [(None, c.google_id, e) for c, e in errors]

    def _known_ids(self, google_ids):
        "Those of the identifiers that folders or files have"
        pool = Pool()
        google_ids = list(google_ids)
        return {
            r.google_id for name in [
                'google_drive.folder', 'google_drive.file']
            for r in pool.get(name).search([
                    ('drive', '=', self.id),
                    ('google_id', 'in', google_ids),
                    ])}

    def _confirm_folder(self, operations, answers):
        Folder = Pool().get('google_drive.folder')
        File = Pool().get('google_drive.file')
        errors = []
        Folder.google_apply(self, [
                self.google_change(a.resource) for a in answers
                if a.status == 'done'])
        for operation, answer in zip(operations, answers, strict=True):
            if answer.status in {'done', 'later'}:
                continue
            # what was to go into it waits for another try
            folder = Folder(operation.id)
            bookkeeping.update(Folder, [folder], {
                    'trashed': True,
                    'path': None,
                    })
            error = answer.error or ItemError('google_drive.not_found')
            for file in File.search([('place', '=', folder.id)]):
                bookkeeping.update(File, [file], {
                        'google_state': 'failed',
                        'place': None,
                        'rendered_path': None,
                        })
                errors.append((file, None, error))
        return WorkDone(errors=len(errors)), errors

    def _confirm_session(self, operations, answers):
        File = Pool().get('google_drive.file')
        records = {r.id: r for r in File.search([
                    ('id', 'in', [o.id for o in operations]),
                    ])}
        errors = []
        for operation, answer in zip(operations, answers, strict=True):
            record = records.get(operation.id)
            if not record or answer.status == 'later':
                continue
            if answer.status == 'done':
                record.google_keep_session(
                    answer.resource['session'], operation)
                if lifted := answer.resource['lifted']:
                    bookkeeping.update(
                        File, [record], File.google_known(lifted))
                continue
            if answer.status == 'conflict':
                # it is prepared anew, but not for ever
                attempts = (record.google_attempts or 0) + 1
                _, failed = File.google_apply(
                    self, [self.google_change(answer.resource)])
                bookkeeping.update(
                    File, [record], {'google_attempts': attempts})
                errors.extend((None, c.google_id, e) for c, e in failed)
                continue
            bookkeeping.update(File, [record], {'google_state': 'failed'})
            errors.append((record, None, answer.error))
        return WorkDone(errors=len(errors)), errors
