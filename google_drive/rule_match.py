# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""To which record a file of Drive belongs."""
from contextlib import contextmanager

from trytond.model import Model
from trytond.model.exceptions import AccessError
from trytond.modules.google_integration.exceptions import RulePathError
from trytond.modules.google_integration.operation import ItemError
from trytond.modules.google_integration.record_path import steps
from trytond.modules.google_integration.template_record import (
    RELATIONS, TemplateRecord)
from trytond.pool import Pool
from trytond.transaction import without_check_access

from . import mapping, matching
from .naming import alike, wildcard
from .orphans import Target, orphan
from .pattern import Pattern
from .rule_place import render_path

__all__ = ['KINDS', 'RuleMatch', 'text_field']

# the records that may be in question for one file
CANDIDATES = 200
TEXTS = {'char', 'text'}
# what a name can tell the value of
KINDS = {
    *TEXTS, 'integer', 'float', 'numeric', 'date', 'selection', 'many2one'}


class RuleMatch:
    "The part of a rule that finds the records of files"
    __slots__ = ()

    def target(self, resource, folders, known=None):
        """Return the `Target` of the file in the folders below the root

        ``known`` keeps, of one transaction, what was found for other files.
        Raise ItemError if it may belong to several records.
        """
        match = Match(self, resource, tuple(folders), known)
        with self._matching():
            id = match.find()
        if id is None:
            return orphan(self, match.groups)
        return Target(self.Model(id), None, match.groups)

    @contextmanager
    def _matching(self):
        try:
            with self.acting():
                yield
        except AccessError:
            raise ItemError('google_drive.rule_access', {
                    'user': self.user.rec_name}) from None

    def folder_target(self, resource, folders):
        """Return the `Target` of the file that was put into the folders

        None if the folders are those of no record, in any rule: what people
        arrange on Drive stays with its record.
        """
        if not self.match_folder:
            return None
        match = Match(self, resource, tuple(folders))
        with self._matching():
            id = match.find_by_folder()
            if id is None and not match.is_anothers():
                return None
        return orphan(self) if id is None else Target(self.Model(id))

    def orphan(self):
        "Return the target of a file of which the record was deleted"
        return orphan(self)

    def folders_of(self, parent, tree):
        """Return the names of the folders from the root to the parent

        None if the rule does not look there.
        """
        return tree.names(parent, self.root_id)

    def path_fields(self, template):
        """The fields by which the path tells the record, by dotted path

        Empty if it tells none, or reads what no incoming file has.
        """
        pieces = template.pieces()
        if pieces is None or any(
                path.partition('.')[0] != 'record'
                for path in template.paths()):
            return {}
        fields = {}
        for _, path in pieces:
            if path and (field := text_field(self.Model, path)):
                fields[path] = field
        return fields


class Match:
    """The search for the record of one file, as the acting user.

    What somebody has said on purpose comes first: a property, then the
    folder, then the name, and in the end what a copy still carries of the
    file of which it is.
    """

    def __init__(self, rule, resource, folders, known=None):
        Configuration = Pool().get('ir.configuration')
        self.rule = rule
        self.resource = resource
        self.folders = folders
        self.known = {} if known is None else known
        self.properties = matching.properties(
            resource, Configuration.get_google_installation())
        self.names = matching.pairs(rule.match_fields)
        self.within = True
        self.groups = self._groups()

    def _groups(self):
        "The texts of the groups of the pattern, by name"
        if not self.rule.match_pattern:
            return {}
        found = Pattern(self.rule.match_pattern).search(
            self.resource.get('name') or '')
        return {n: t for n, t in (found or {}).items() if t}

    @property
    def parent(self):
        "The identifier of the folder that holds the file"
        return mapping.parent(self.resource)

    def find(self):
        "The id of the record, None if there is none"
        rule = self.rule
        ways = []
        if rule.match_properties:
            ways += [self.by_record, self.by_properties]
        if rule.match_folder:
            ways += [self.by_folder, self.by_siblings]
        if rule.match_pattern:
            ways.append(self.by_pattern)
        if rule.match_properties:
            ways.append(self.by_attachment)
        return self._first(ways)

    def find_by_folder(self):
        "The id of the record of the folder, None if there is none"
        return self._first([self.by_folder, self.by_siblings])

    def is_anothers(self):
        "Tell if the folder is that of a record that is not of the rule"
        self.within = False
        with without_check_access():
            return bool(self.by_folder())

    def _first(self, ways):
        for way in ways:
            records = way()
            if len(records) > 1:
                raise ItemError('google_drive.match_many', {
                        'file': self.resource.get('name'),
                        'records': ', '.join(sorted(
                                r.rec_name for r in records[:5])),
                        })
            if records:
                return records[0].id

    def search(self, *clauses):
        "The records of the rule for which the clauses hold"
        domain = [self.rule.decoded_domain()] if self.within else []
        records = self.rule.Model.search(
            [*domain, *clauses], limit=CANDIDATES + 1)
        if len(records) > CANDIDATES:
            raise ItemError('google_drive.match_too_many', {
                    'file': self.resource.get('name'),
                    'limit': CANDIDATES,
                    })
        return records

    # Properties

    def by_record(self):
        id = matching.named_record(self.properties, self.rule.model)
        return self.search(('id', '=', id)) if id is not None else []

    def by_properties(self):
        return self.by_values({
                n: self.properties[n] for n in self.names
                if n in self.properties})

    def by_attachment(self):
        "The record of the file of which this one is a copy"
        id = matching.own_attachment(self.properties)
        if id is None:
            return []
        Attachment = Pool().get('ir.attachment')
        with without_check_access():
            attachments = Attachment.search([('id', '=', id)])
            resource = attachments and attachments[0].resource
        if (isinstance(resource, Model)
                and resource.__name__ == self.rule.model):
            return self.search(('id', '=', resource.id))
        return []

    # The name

    def by_pattern(self):
        return self.by_values(self.groups)

    def by_values(self, texts):
        "The records that have all the values in the fields of these names"
        clauses, checks = [], []
        for name, text in texts.items():
            path = self.names.get(name, name)
            *_, (field, _, _) = steps(self.rule.Model, path)
            value = matching.to_value(text, field._type)
            if value is None:
                return []
            if field._type in RELATIONS:
                path += '.rec_name'
            if field._type in TEXTS | RELATIONS:
                # it may not be as it was typed, as in any name of a file
                clauses.append((path, 'ilike', wildcard(value)))
                checks.append((path, value))
            else:
                clauses.append((path, '=', value))
        if not clauses:
            return []
        return [
            r for r in self.search(*clauses)
            if all(alike(read(r, path), text) for path, text in checks)]

    # Folders

    def by_folder(self):
        return self._in(self.folders)

    def by_siblings(self):
        """The record of the folder, which was renamed or moved on Drive

        The files in it that are known tell where it would be.
        """
        siblings = self._siblings()
        # what waits to be moved may have another record by now
        paths = self._made_for() or {path for path, _ in siblings}
        found = []
        if len(paths) == 1:
            found = self._in(tuple(paths.pop().split('/')))
        return found or self._of_siblings({r for _, r in siblings})

    def _made_for(self):
        "The path for which Tryton has made or taken the folder, as a set"
        Folder = Pool().get('google_drive.folder')
        with without_check_access():
            return {
                f.path for f in Folder.search([
                        ('drive', '=', self.rule.drive.id),
                        ('google_id', '=', self.parent),
                        ('root', '=', self.rule.root_id),
                        ('path', '!=', None),
                        ])} if self.parent else set()

    def _siblings(self):
        "The paths and the records of the files that the folder holds"
        File = Pool().get('google_drive.file')
        if not self.parent:
            return []
        with without_check_access():
            return [
                (f.rendered_path, f.attachment and f.attachment.resource)
                for f in File.search([
                        ('rule', '=', self.rule.id),
                        ['OR',
                            ('parent_google_id', '=', self.parent),
                            # it waits to be moved
                            ('google_parent', '=', self.parent),
                            ],
                        ('rendered_path', '!=', None),
                        ('orphan', '=', None),
                        ], order=[])
                # it may have come from elsewhere itself
                if not f.google_id or f.google_id != self.resource.get('id')]

    def _of_siblings(self, records):
        "The record of the files, if it has another path than they have yet"
        template = self.rule.template('path')
        if len(records) != 1 or not template:
            return []
        record, = records
        if (not isinstance(record, Model)
                or record.__name__ != self.rule.model):
            return []
        record = self.rule.Model(record.id)
        try:
            found = self._in(self._path(template, record))
        except AccessError:
            # it is none that the acting user finds
            return []
        return found if record in found else []

    def _in(self, folders):
        "The records to which one of the folders belongs, as the path says"
        key = self.rule.id, self.within, folders
        if key not in self.known:
            self.known[key] = self._search_in(folders)
        return self.known[key]

    def _search_in(self, folders):
        template = self.rule.template('path')
        fields = template and self.rule.path_fields(template)
        if not fields:
            return []
        texts = matching.folder_values(template.pieces(), folders)
        if not texts:
            return []
        clauses = [
            (fields[path], 'ilike', wildcard(text))
            for path, text in texts.items() if path in fields]
        if not clauses:
            return []
        return [
            record for record in self.search(*clauses)
            if is_within(folders, self._path(template, record))]

    def _path(self, template, record):
        try:
            return render_path(
                template, {'record': TemplateRecord(record, checked=True)})
        except ItemError:
            # it has no folder
            return ()


def is_within(folders, path):
    "Tell if the folders are those of the path, or others below it"
    return bool(path) and len(path) <= len(folders) and all(
        map(alike, folders, path))


def read(record, path):
    "The text to which the path leads, as the user may read it"
    value = TemplateRecord(record, checked=True)
    for name in path.split('.'):
        if value is None:
            return ''
        value = value.template_get(name)
    return value or ''


def text_field(Model_, path):
    """The searchable field of text that the path of a template shows

    None if it shows another value.
    """
    _, *names = path.split('.')
    try:
        found = list(steps(Model_, '.'.join(names))) if names else []
    except RulePathError:
        return
    if any(field._type in RELATIONS - {'many2one'}
            or not field.searchable(Source) for field, Source, _ in found):
        return
    if found and found[-1][0]._type in TEXTS:
        return '.'.join(names)
    if all(field._type == 'many2one' for field, _, _ in found):
        return '.'.join([*names, 'rec_name'])
