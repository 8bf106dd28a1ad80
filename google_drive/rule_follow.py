# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Following the records of a rule: who watches what, and the sweep."""
import logging

from sql import Literal, Null, Union

from trytond import backend
from trytond.cache import Cache
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.operation import ItemError
from trytond.modules.google_integration.record_path import link_of
from trytond.modules.google_integration.rule_follow import FollowRun
from trytond.modules.google_integration.template_record import RELATIONS
from trytond.modules.google_integration.transaction import short
from trytond.pool import Pool
from trytond.transaction import Transaction, without_check_access

from .follow import notice_all, notice_attached, record_id, resources
from .tree import Tree

__all__ = ['RuleFollow']
logger = logging.getLogger(__name__)

CHUNK = 250
# the kind of what is due that is a file, not a record
ORPHAN = 3
# the chunks of one run
PATIENCE = 1_000


class RuleFollow:
    "The part of a rule that follows its records"
    __slots__ = ()

    google_changes = 'google_drive.rule_change'
    google_following = [
        ('active', '=', True),
        ('direction', '!=', 'to_tryton'),
        ]
    _watched_cache = Cache('google_drive.rule.watched', context=False)

    @classmethod
    def models(cls):
        "The names of the models of which attachments may be files"
        models = cls._watched_cache.get('models')
        if models is None:
            with Transaction().set_user(0), without_check_access():
                models = {r.model for r in cls.search([
                            ('active', '=', True),
                            ])}
            cls._watched_cache.set('models', models)
        return models

    @classmethod
    def notice_records(cls, rule, Model, mode, ids):
        if mode == 'write':
            # what is new has no attachment, what is gone none any more
            notice_attached(rule, Model, ids)

    @property
    def related_paths(self):
        "The relations of the record of which the templates read more"
        found = set()
        for names in self.template_paths():
            found.update(_relations(self.Model, names))
        return sorted(found)

    @classmethod
    def expire(cls, rules):
        "Look at all the attachments again"
        for rule in rules:
            try:
                notice_all(rule.id, rule.Model)
            except ItemError:
                # the sweep tells
                continue

    @classmethod
    def on_delete(cls, rules):
        "Let another rule have the files, or none"
        pool = Pool()
        Attachment = pool.get('ir.attachment')
        File = pool.get('google_drive.file')
        actions = super().on_delete(rules)
        files = File.search([('rule', 'in', [r.id for r in rules])])
        attachments = [f.attachment.id for f in files if f.attachment]

        def release():
            bookkeeping.update(File, files, {'google_state': 'apart'})
            assign(Attachment.browse(attachments))
            File.attached(Attachment.browse(attachments))
        if files:
            actions.append(release)
        return actions

    @classmethod
    def follow(cls, rules):
        "Bring the places of the files up to date"
        for rule in rules:
            Follow(rule.id)()


def _relations(Model, names):
    """The paths to the records of which something is read.

    As far as they can be followed back to the record.
    """
    path = []
    for name in names:
        field = Model._fields.get(name)
        if getattr(field, '_type', None) not in RELATIONS:
            return
        if not field.searchable(Model) and not link_of(field):
            return
        path.append(name)
        yield '.'.join(path)
        Model = field.get_target()


class Follow(FollowRun):
    """One run of one rule.

    What is due is asked in one query: what was noticed, the attachments that
    have no file although their record matches, and the files of which the
    record does not match any more.  Each chunk is one transaction.
    """
    rule_model = 'google_drive.rule'
    logger = logger

    def __init__(self, rule):
        super().__init__(rule)
        # what is noticed after this change has a task of its own
        self.until = None
        self.failure = None

    def all(self):
        patience = PATIENCE
        # each row once: what did not help once does not help now
        last = (0, 0)
        while patience and (rows := self.due(last)):
            Transaction().rollback()
            patience -= 1
            last = max(last, rows[-1])
            if self.until is None:
                self.until = self.last_change()
            self.chunk({id for kind, id in rows if kind not in {0, ORPHAN}})
            self.seek([id for kind, id in rows if kind == ORPHAN])
        if self.failure:
            raise self.failure

    def last_change(self):
        Change = Pool().get('google_drive.rule_change')
        changes = Change.search(
            [('rule', '=', self.id)], limit=1, order=[('id', 'DESC')])
        return changes[0].id if changes else 0

    # What is due

    def due(self, last):
        "Rows of kind and record id, the kind 0 for what was noticed"
        cursor = Transaction().connection.cursor()
        cursor.execute(*self.query(last))
        return [tuple(r) for r in cursor.fetchall()]

    def query(self, last):
        change = Pool().get('google_drive.rule_change').__table__()
        rule = self.rule
        noticed = change.rule == self.id
        if self.until is not None:
            noticed &= change.id <= self.until
        # what was noticed comes first, and once
        changes = change.select(
            Literal(0).as_('kind'), Literal(0).as_('id'),
            where=noticed, limit=1)
        queries = [changes.select(changes.kind, changes.id)]
        if rule.sends_files:
            queries.append(self.left(rule))
            if rule.active:
                queries.append(self.entered(rule))
        if rule.active and rule.receives_files:
            queries.append(self.orphans(rule))
        union = Union(*queries, all_=True)
        kind, id = last
        return union.select(
            union.kind, union.id,
            where=(union.kind == 0) | (union.kind > kind)
            | ((union.kind == kind) & (union.id > id)),
            order_by=[union.kind, union.id], limit=CHUNK)

    def matching(self, rule):
        "The SQL of the names of the records that the acting user finds"
        return resources(rule.Model, super().matching(rule))

    def entered(self, rule):
        "The records that match and have an attachment without file"
        pool = Pool()
        attachment = pool.get('ir.attachment').__table__()
        file = pool.get('google_drive.file').__table__()
        return attachment.join(
            file, 'LEFT', condition=file.attachment == attachment.id
            ).select(
                Literal(1).as_('kind'),
                record_id(attachment, rule.Model).as_('id'),
                where=(attachment.type == 'data')
                & (attachment.google_drive_version == Null)
                & ((file.id == Null) | (file.rule == Null)
                    | file.rule.in_(self.former()))
                & attachment.resource.in_(self.matching(rule)))

    def former(self):
        "The SQL of the rules that sent files and do not any more"
        rule = Pool().get('google_drive.rule').__table__()
        return rule.select(
            rule.id, where=(rule.active == Literal(False))
            & (rule.direction != 'to_tryton'))

    def left_of(self, rule, attachments):
        "The rows of `left` of these attachments"
        cursor = Transaction().connection.cursor()
        cursor.execute(*self.left(rule, attachments))
        return cursor.fetchall()

    def left(self, rule, attachments=None):
        "The records that do not match any more, or in another drive"
        pool = Pool()
        attachment = pool.get('ir.attachment').__table__()
        file = pool.get('google_drive.file').__table__()
        where = (file.rule == self.id) & (file.orphan == Null) & (
            attachment.resource.like(f'{rule.model},%'))
        if rule.active:
            where &= ~attachment.resource.in_(self.matching(rule)) | (
                file.drive != rule.drive.id)
        if attachments is not None:
            where &= attachment.id.in_(attachments or [-1])
        return attachment.join(
            file, condition=file.attachment == attachment.id
            ).select(
                Literal(2).as_('kind'),
                record_id(attachment, rule.Model).as_('id'), where=where)

    def orphans(self, rule):
        "The files without record"
        file = Pool().get('google_drive.file').__table__()
        return file.select(
            Literal(ORPHAN).as_('kind'), file.id,
            where=(file.rule == self.id) & (file.orphan != Null)
            & (file.incoming == Literal(False))
            & (file.moved == Literal(False)))

    def seek(self, ids):
        "Let the files be taken that have a record by now"
        File = Pool().get('google_drive.file')
        if not ids:
            return
        tree = Tree(self.rule.drive)
        found = [f for f in File.browse(ids) if f.has_new_record(tree)]
        moved = [f.id for f in found if f.attachment]
        incoming = [f.id for f in found if not f.attachment]

        def take():
            bookkeeping.update(File, moved, {'moved': True})
            bookkeeping.update(File, incoming, {'incoming': True})
        Transaction().rollback()
        if found:
            short(take)

    # One chunk

    def chunk(self, ids):
        try:
            short(lambda: self.work(ids))
        except backend.DatabaseOperationalError:
            raise
        except Exception:
            # one by one the culprit is found
            Transaction().rollback()
            logger.info("a chunk of rule %s is redone by record", self.id)
            self.one_by_one(ids)

    def one_by_one(self, ids):
        Change = Pool().get('google_drive.rule_change')
        changes, noticed = self.changes()
        changes = [c.id for c in changes]
        Transaction().rollback()
        failed = []
        for id in sorted(ids | noticed):
            try:
                short(lambda id=id: self.place([id]))
            except backend.DatabaseOperationalError:
                raise
            except Exception as exception:
                Transaction().rollback()
                failed.append(id)
                self.failure = exception

        def settle():
            Change.delete(Change.browse(changes))
            # the sweep tries again
            Change.create([{
                        'rule': self.id, 'path': '', 'record_id': id,
                        } for id in failed])
        short(settle)

    def work(self, ids):
        changes, noticed = self.changes()
        self.place(ids | noticed)
        Pool().get('google_drive.rule_change').delete(changes)

    def changes(self):
        "What was noticed, and the ids of the records that it concerns"
        Change = Pool().get('google_drive.rule_change')
        changes = Change.search(
            [('rule', '=', self.id), ('id', '<=', self.until)],
            limit=CHUNK, order=[('id', 'ASC')])
        return changes, self.concerned(changes)

    def place(self, ids):
        pool = Pool()
        Attachment = pool.get('ir.attachment')
        File = pool.get('google_drive.file')
        SyncError = pool.get('google_integration.sync_error')
        records = self.rule.Model.browse(sorted(ids))
        attachments = Attachment.search([
                ('resource', 'in', list(map(str, records))),
                ])
        assign(attachments)
        File.attached(attachments)
        File.place_changed(records)
        SyncError.tell_twice(records)


def assign(attachments):
    """Give the files of the attachments to the rules that match now.

    A file that no rule has any more stays on Drive as it is. One of which the
    rule has another drive goes on there if that sees it, else to the trash of
    its own; the sweep asks again as long as that has not looked.
    """
    pool = Pool()
    File = pool.get('google_drive.file')
    Rule = pool.get('google_drive.rule')
    rules = Rule.all_of(attachments)
    moved = []
    for file in File.search([
                ('attachment', 'in', [a.id for a in attachments]),
                ]):
        former, matching = file.rule, rules.get(file.attachment.id) or [None]
        rule = matching[0]
        if former and (
                not former.sends_files
                or former == rule and rule.drive == file.drive
                or former.active and file.orphan):
            continue
        if not rule:
            if former:
                bookkeeping.update(
                    File, [file], {'rule': None, 'google_state': 'apart'})
        elif rule.drive == file.drive:
            bookkeeping.update(
                File, [file], {'rule': rule.id, 'to_place': True})
            File.google_touch([file])
        elif (former in matching and former.drive == file.drive
                and former.receives_files):
            # somebody has put it there
            continue
        elif seen := file.google_is_seen(rule):
            File.google_change_drive([file], rule)
            File.google_touch([file])
        elif seen is not None:
            moved.append(file)
    bookkeeping.update(
        File, File.google_not_to_bury(moved), {'google_state': 'apart'})
    File.delete(File.browse([f.id for f in moved]))
