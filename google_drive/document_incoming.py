# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The files of Drive that become incoming documents."""
from sql import Null

from trytond.model import Index, fields
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.operation import ItemError, WorkDone
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Bool, Eval, If
from trytond.tools import grouped_slice
from trytond.transaction import Transaction, without_check_access

from . import store
from .orphans import Target

__all__ = ['DocumentIncoming', 'File', 'Rule']

DOCUMENT = 'document.incoming'
SOURCE = 'google_drive'
FIELDS = {
    'document_incoming_type', 'document_incoming_company',
    'document_incoming_process', 'document_incoming_done'}
# what is only asked about the records of attachments
OF_RECORDS = [
    'match_folder', 'match_pattern', 'match_fields', 'match_properties',
    'orphans', 'quarantine', 'fallback', 'storage', 'link_size', 'images']
_of_documents = Eval('model') == DOCUMENT
_states = {'invisible': ~_of_documents}


class Rule(metaclass=PoolMeta):
    __name__ = 'google_drive.rule'

    document_incoming_type = fields.Selection(
        'get_document_incoming_types', "Document Type", sort=False,
        states={
            **_states,
            'required': Bool(Eval('document_incoming_process')),
            },
        help="The type of the documents.")
    document_incoming_company = fields.Many2One(
        'company.company', "Company", states=_states)
    document_incoming_process = fields.Boolean(
        "Process", states=_states,
        help="Check to process the documents at once.")
    document_incoming_done = fields.Char(
        "Done Folder", strip=False, states=_states,
        help="The identifier or the address of the folder at Google to which "
        "the files are moved of which documents were made.\n"
        "Leave empty to leave them where they are.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        for name in OF_RECORDS:
            field = getattr(cls, name)
            field.states = {
                **field.states,
                'invisible': (
                    field.states.get('invisible', False) | _of_documents),
                }
        cls.google_reach = cls.google_reach | FIELDS
        cls.direction.domain = [
            cls.direction.domain,
            If(_of_documents, ('direction', '=', 'to_tryton'), ()),
            ]

    @classmethod
    def get_document_incoming_types(cls):
        Document = Pool().get(DOCUMENT)
        return Document.fields_get(['type'])['type']['selection']

    @fields.depends('model')
    def on_change_model(self):
        if self.model == DOCUMENT:
            self.direction = 'to_tryton'

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/form//page[@id="document_incoming"]', 'states', _states),
            ('/form//page[@id="records"]', 'states', {
                    'invisible': _of_documents}),
            ]

    @classmethod
    def folder_fields(cls):
        return [*super().folder_fields(), 'document_incoming_done']

    def check_folders(self):
        super().check_folders()
        if self.document_incoming_done in {
                self.root_id, self.drive.google_id}:
            self._refuse('document_done')

    @property
    def makes_documents(self):
        return self.model == DOCUMENT

    def wants(self, resource):
        return super().wants(resource) and not (
            self.makes_documents and self.export_of(resource) == 'link')

    def storage_of(self, resource):
        return 'copy' if self.makes_documents else super().storage_of(resource)

    def folders_of(self, parent, tree):
        if (self.document_incoming_done and tree.names(
                    parent, self.document_incoming_done) is not None):
            # what was put away, by Tryton or by people
            return None
        return super().folders_of(parent, tree)

    def target(self, resource, folders, known=None):
        if self.makes_documents:
            return Target()
        return super().target(resource, folders, known)

    @classmethod
    def _offer_documents(cls, models):
        super()._offer_documents(models - {DOCUMENT})

    @classmethod
    def for_document(cls, record):
        if record.__name__ == DOCUMENT:
            return []
        return super().for_document(record)


class File(metaclass=PoolMeta):
    __name__ = 'google_drive.file'

    document = fields.Many2One(
        DOCUMENT, "Incoming Document", readonly=True, ondelete='SET NULL',
        states={
            'invisible': ~Eval('document'),
            })

    @classmethod
    def __setup__(cls):
        super().__setup__()
        table = cls.__table__()
        cls._sql_indexes.add(Index(
                table,
                (table.document, Index.Equality()),
                where=table.document != Null))

    @property
    def google_outlived(self):
        return super().google_outlived or (
            self.makes_document and bool(self.held_md5))

    def google_whom(self):
        values = super().google_whom()
        if self.document:
            values.update(
                record=str(self.document),
                record_name=self.document.rec_name)
        return values

    @property
    def makes_document(self):
        return super().makes_document or bool(
            self.rule and self.rule.makes_documents and not self.attachment)

    def _find_record(self, tree, rules, known):
        if (self.google_outlived
                and not self._targets(tree, rules, known)):
            # what becomes of it where it was put away is no document
            bookkeeping.update(type(self), [self], {'incoming': False})
            return self.rule, None
        return super()._find_record(tree, rules, known)

    def google_make_document(self, result):
        """Make a document of the content, or find that which it is

        Return the work done.
        """
        if not result.get('size'):
            raise ItemError('google_drive.document_empty', {
                    'name': self.name or '',
                    })
        before = self.document
        document = self._twin_document(result['md5'])
        if document:
            store.forget(result['path'])
        else:
            document = self._write_document(result['path'])
        bookkeeping.update(type(self), [self], {'document': document.id})
        done = self.rule.document_incoming_done
        if done and self.parent_google_id != done:
            self._move_to(done)
        if document == before:
            return WorkDone(updated=1)
        return WorkDone(created=1)

    def _twin_document(self, md5):
        "What was made of the same content of the same file in another drive"
        cls = type(self)
        Drive = Pool().get('google_drive.drive')
        twins = cls.search([
                ('drive', 'in', [d.id for d in Drive.search([])]),
                ('google_id', '=', self.google_id),
                ('id', '!=', self.id),
                ('held_md5', '=', md5),
                ('document', '!=', None),
                ], limit=1)
        return twins[0].document if twins else None

    def _open_document(self):
        "The document, as long as nobody has made anything of it"
        document = self.document
        if (not document or not document.active or document.children
                or document.state != 'draft'):
            return None
        if store.checksum(document) == self.held_md5:
            return document

    def _write_document(self, path):
        """Give the content to the document, or to another one

        What was processed, or changed by people, is never changed, and what
        follows it is only processed by people.
        """
        Document = Pool().get(DOCUMENT)
        rule, document = self.rule, self._open_document()
        is_first = not self.held_md5
        replaced = [document] if document else []
        # its size tells as well that there is a content
        with rule.acting(), Transaction().set_context({
                    f'{DOCUMENT}.data': 'size'}):
            values = store.values(path, replaced, Document)
            if document:
                Document.write([Document(document.id)], values)
            else:
                document, = Document.create([{
                            'name': self.google_attachment_name(
                                self.name or self.google_id),
                            'company': rule.document_incoming_company,
                            'type': rule.document_incoming_type,
                            'source': SOURCE,
                            **values,
                            }])
        if is_first and rule.document_incoming_process:
            with rule.acting():
                Document.process([Document(document.id)])
        return Document(document.id)


class DocumentIncoming(metaclass=PoolMeta):
    __name__ = 'document.incoming'

    google_drive_link = fields.Function(
        fields.Char(
            "Open in Google Drive",
            states={
                'invisible': ~Eval('google_drive_link'),
                }),
        'get_google_drive_link')

    @classmethod
    @without_check_access
    def get_google_drive_link(cls, documents, name):
        "The links of the files of which the documents, or their parents, are"
        result, sources = {}, {}
        for document in cls.browse(documents):
            source = document
            while source.parent:
                source = source.parent
            result[document.id] = None
            sources.setdefault(source.id, []).append(document.id)
        File = Pool().get('google_drive.file')
        for ids in grouped_slice(list(sources), 500):
            for file in File.search([('document', 'in', list(ids))]):
                for id in sources[file.document.id]:
                    result[id] = file.link
        return result

    @classmethod
    def delete(cls, documents):
        File = Pool().get('google_drive.file')
        with without_check_access():
            files = File.search([
                    ('document', 'in', [d.id for d in documents]),
                    ])
        # Tryton would write it as a change to send
        bookkeeping.update(File, files, {'document': None})
        super().delete(documents)
