# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Which attachments a rule sends, and the place that each has on Drive."""
import logging
import mimetypes
from collections import defaultdict
from typing import NamedTuple

from trytond import backend
from trytond.model import Model
from trytond.model.exceptions import AccessError
from trytond.modules.google_integration.operation import ItemError
from trytond.modules.google_integration.redaction import log_unexpected
from trytond.modules.google_integration.template_record import (
    TemplateRecord, render_parts)
from trytond.pool import Pool
from trytond.tools import grouped_slice
from trytond.tools import timezone as tz
from trytond.transaction import Transaction, without_check_access

from . import matching
from .naming import DEPTH_LIMIT, extension, file_name, segments
from .rule_formats import EXPORTS

__all__ = ['MEGABYTE', 'NAMES', 'Place', 'RulePlace', 'TEMPLATES']
logger = logging.getLogger(__name__)

TEMPLATES = ['path', 'filename']
# the variables of the templates
NAMES = {'record', 'attachment', 'date', 'file_ext'}
# those that say the extension themselves
EXTENDED = {
    'file_ext', 'attachment', 'attachment.name', 'attachment.rec_name'}
RENDER_LIMIT = 8_192
MEGABYTE = 1024 ** 2


class Place(NamedTuple):
    "The names of the folders from the root, and that of the file"
    folders: tuple
    name: str


class RulePlace:
    "The part of a rule that says what is sent, and to where"
    __slots__ = ()

    @property
    def makes_documents(self):
        "Tell if the files are no attachments but incoming documents"
        return False

    @property
    def sends_files(self):
        return self.direction != 'to_tryton'

    @property
    def receives_files(self):
        return self.direction != 'to_google'

    @property
    def root_id(self):
        "The identifier of the folder that holds the files"
        return self.root or self.drive.google_id

    # Which attachments

    @classmethod
    def of_attachments(cls, attachments):
        "The rule of each attachment that has one, by the id of the latter"
        return {
            id: rules[0] for id, rules in cls.all_of(attachments).items()}

    @classmethod
    def all_of(cls, attachments):
        """The rules that send each of the attachments, in their order

        The first has the attachment.
        """
        transaction = Transaction()
        ids = [a.id for a in attachments]
        result = defaultdict(list)
        with transaction.set_user(0), transaction.reset_context(), \
                without_check_access():
            by_model = cls._by_model(ids)
            if not by_model:
                return {}
            rules = cls.search([
                    ('model', 'in', list(by_model)),
                    ('active', '=', True),
                    ('direction', '!=', 'to_tryton'),
                    ])
            for rule in rules:
                records = by_model[rule.model]
                for record in rule.matching(list(records)):
                    for id in records[record]:
                        result[id].append(rule)
        return dict(result)

    @classmethod
    def _by_model(cls, ids):
        "The ids of the attachments by model, if it has rules, and record"
        Attachment = Pool().get('ir.attachment')
        followed = {
            name for name, entries in cls.watched().items()
            if any(not path for _, path, _ in entries)}
        result = defaultdict(lambda: defaultdict(list))
        if not followed:
            return result
        for attachment in Attachment.browse(ids):
            resource = attachment.resource
            if (attachment.type == 'data' and isinstance(resource, Model)
                    and attachment.google_drive_version is None
                    and resource.id >= 0
                    and resource.__name__ in followed):
                result[resource.__name__][resource.id].append(attachment.id)
        return result

    def matching(self, ids):
        "Those of the ids of records that match, none if it can not be told"
        try:
            with self.acting():
                found = []
                for sub_ids in grouped_slice(ids, 500):
                    found.extend(r.id for r in self.Model.search([
                                self.decoded_domain(),
                                ('id', 'in', list(sub_ids)),
                                ], order=[]))
                return found
        except backend.DatabaseOperationalError:
            raise
        except Exception:
            # nobody's attachment is refused because of a rule: the sweep
            # tells what is wrong with it
            log_unexpected(logger, "the domain of a rule failed")
            return []

    # The place

    def place(self, attachment):
        "Return the place of the attachment, raise ItemError if it has none"
        place = self.places([attachment])[attachment.id]
        if isinstance(place, ItemError):
            raise place
        return place

    def places(self, attachments):
        "The places of the attachments, or the errors, by their ids"
        Attachment = Pool().get('ir.attachment')
        try:
            templates = {n: self.template(n) for n in TEMPLATES}
        except ItemError as error:
            return {a.id: error for a in attachments}
        result = {}
        with self.acting():
            # what is read is cached by user
            for attachment in Attachment.browse([a.id for a in attachments]):
                try:
                    result[attachment.id] = self._place(attachment, templates)
                except ItemError as error:
                    result[attachment.id] = error
        return result

    def _place(self, attachment, templates):
        resource = attachment.resource
        if getattr(resource, '__name__', None) != self.model:
            # of the fallback record: the templates are not about it
            return Place((), file_name(attachment.name, own=True))
        try:
            values = template_values(attachment)
        except AccessError:
            raise ItemError('google_drive.rule_access', {
                    'user': self.user.rec_name}) from None
        folders = ()
        if templates['path']:
            folders = render_path(templates['path'], values)
        template = templates['filename']
        text = ''.join(
            text for _, text in render_parts(
                template, values, 'filename', limit=RENDER_LIMIT))
        return Place(folders, file_name(
                text, values['file_ext'],
                own=not EXTENDED.isdisjoint(template.paths())))

    # What is sent and received

    def sends(self, attachment, size=None):
        """None if the attachment is sent, else the error that says why not

        ``size`` are the bytes of its content, if they are known.
        """
        mime_type, _ = mimetypes.guess_type(attachment.name or '')
        mime_type = mime_type or 'application/octet-stream'
        if not matching.is_type(
                mime_type, matching.types(self.mime_types_out)):
            return ItemError('google_drive.type_out', {'type': mime_type})
        if size is None:
            size = attachment.data_size or 0
        return self._too_large(size)

    def receives(self, resource):
        "Tell if the file of Drive is one that the rule takes"
        return self.wants(resource) and not self.too_large(resource)

    def wants(self, resource):
        "Tell if the file of Drive is of a type that the rule takes"
        mime_type = resource.get('mimeType')
        if not self.receives_files or mime_type == matching.FOLDER:
            return False
        kinds = [mime_type]
        details = resource.get('shortcutDetails') or {}
        kinds.append(details.get('targetMimeType'))
        export = self.export_of(resource)
        if export and export != 'link':
            kinds.append(export.mime_type)
        patterns = matching.types(self.mime_types_in)
        return any(matching.is_type(k, patterns) for k in kinds if k)

    def too_large(self, resource):
        "The error of a file of Drive that is over the limit, else None"
        if not matching.is_native(resource.get('mimeType')):
            return self._too_large(
                size_of(resource), 'google_drive.size_in',
                name=resource.get('name') or '')

    def _too_large(self, size, code='google_drive.size', **arguments):
        if self.size_limit and size > self.size_limit * MEGABYTE:
            return ItemError(code, {
                    'size': -(-size // MEGABYTE),
                    'limit': self.size_limit,
                    **arguments,
                    })

    def export_of(self, resource):
        """Return the `Export` of a document of Google, or 'link'

        None for a file that has a content of its own.
        """
        mime_type = resource.get('mimeType')
        if not matching.is_native(mime_type):
            return
        kind = mime_type.removeprefix(matching.NATIVE)
        if kind not in EXPORTS:
            # forms, sites, maps, shortcuts...
            return 'link'
        return EXPORTS[kind].get(getattr(self, f'{kind}_format'), 'link')

    def storage_of(self, resource):
        "What Tryton keeps of the file: 'copy', 'thumbnail' or 'link'"
        if self.storage == 'link' or self.export_of(resource) == 'link':
            return 'link'
        if (self.storage == 'link_above'
                and size_of(resource) > self.link_size * MEGABYTE):
            return 'link'
        if (self.images == 'thumbnail'
                and resource.get('mimeType', '').startswith('image/')):
            return 'thumbnail'
        return 'copy'


def size_of(resource):
    try:
        return int(resource.get('size') or 0)
    except ValueError:
        return 0


def template_values(attachment):
    "What the templates read, with the access of the user"
    return {
        'record': TemplateRecord(attachment.resource),
        'attachment': TemplateRecord(attachment),
        'date': day(attachment),
        'file_ext': extension(attachment.name),
        }


def render_path(template, values):
    "The names of the folders, raise ItemError if they are too many"
    folders = segments(render_parts(
            template, values, 'path', limit=RENDER_LIMIT))
    if len(folders) > DEPTH_LIMIT:
        raise ItemError('google_drive.path_deep', {'limit': DEPTH_LIMIT})
    return folders


def day(attachment):
    """The day on which the attachment was made, where the company is

    It never changes: with the day of today files would move every day.
    """
    moment = attachment.create_date
    pool = Pool()
    company = Transaction().context.get('company')
    try:
        Company = pool.get('company.company')
    except KeyError:
        company = None
    zone = company and Company(company).timezone
    if zone:
        moment = moment.replace(tzinfo=tz.UTC).astimezone(
            tz.get_tzinfo(zone))
    return moment.date()
