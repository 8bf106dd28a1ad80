# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"files.list [Search for files and folders; Files: list]"
import hashlib
import re
import secrets

from ..api import method
from ..errors import ApiError
from . import access, errors, query
from .changes import spaces
from .content import Content
from .lists import page, read_token
from .model import at_least
from .resource import in_corpus, resource

_KEYS = {
    'createdTime', 'folder', 'modifiedByMeTime', 'modifiedTime', 'name',
    'name_natural', 'quotaBytesUsed', 'recency', 'sharedWithMeTime',
    'starred', 'viewedByMeTime'}
_VISIBILITY = {
    'anyoneCanFind', 'anyoneWithLink', 'domainCanFind', 'domainWithLink',
    'limited'}
_INDEXED = 1 << 20


def full_text(file):
    "name, description, indexableText and the content"
    parts = [file.name, file.description or '', file.indexable]
    content = file.content
    if isinstance(content, Content):
        if file.mime_type.startswith('text/'):
            parts.append(content.read(0, _INDEXED).decode(
                    'utf-8', 'replace'))
    elif content is not None:
        parts.append(content.plain)
    return '\n'.join(parts)


def visibility(state, file):
    grants = [one.grant for one in access.effective(state, file).values()]
    for kind, names in [
            ('anyone', ('anyoneCanFind', 'anyoneWithLink')),
            ('domain', ('domainCanFind', 'domainWithLink'))]:
        found = [g for g in grants if g.type == kind]
        if found:
            return names[0 if any(g.discovery for g in found) else 1]
    return 'limited'


def in_collection(call, file, term):
    state, value = call.state, term.value
    if term.field == 'parents':
        return file.parent == value
    if value == 'me':
        value = call.user.email
    value = value.lower()
    if term.field == 'owners':
        return file.owner == value
    minimum = 'writer' if term.field == 'writers' else 'reader'
    return any(
        one.grant.type in {'user', 'group'} and one.grant.value == value
        and at_least(one.role, minimum)
        for one in access.effective(state, file).values())


def test(call, file, term):
    "Whether the file fulfils the term"
    state, me = call.state, call.user.email
    field, operator, value = term.field, term.operator, term.value
    if operator == 'in':
        return in_collection(call, file, term)
    if field == 'fullText':
        return query.has_words(full_text(file), value)
    if field in {'properties', 'appProperties'}:
        held = file.properties
        if field == 'appProperties':
            client = call.token.client_id if call.token else None
            held = file.app_properties.get(client, {})
        return held.get(value[0]) == value[1]
    if field in {'name', 'mimeType'}:
        text = file.name if field == 'name' else file.mime_type
        if operator == 'contains':
            # (undocumented) of a MIME type the beginning
            return query.has_prefix(text, value) if field == 'name' else (
                text.lower().startswith(value.lower()))
        # (undocumented) without regard to case
        return query.compare(operator, text.lower(), value.lower())
    found = {
        'modifiedTime': lambda: file.modified,
        'createdTime': lambda: file.created,
        'viewedByMeTime': lambda: file.viewed.get(me),
        'trashed': lambda: state.drive.is_trashed(file),
        'starred': lambda: me in file.starred,
        'sharedWithMe': lambda: me in file.shared_to and file.owner != me,
        'visibility': lambda: visibility(state, file),
        'shortcutDetails.targetId': lambda: file.target,
        }[field]()
    return query.compare(operator, found, value)


def parse(call):
    text = call.get('q')
    if text is None or not text.strip():
        return None
    tree = query.parse(text)
    for term in tree.terms():
        if term.field == 'visibility' and term.value not in _VISIBILITY:
            raise ApiError('invalid', location='q')
        if term.field == 'parents':
            term.value = access.resolve(call, term.value)
            parent = call.state.drive.files.get(term.value)
            known = parent is not None and access.role(
                call.state, parent, call.user.email) is not None
            if not known:
                # (undocumented) what developers report
                raise errors.not_found(term.value)
    return tree


def order(call, tree):
    "The sort keys (name, descending)"
    text = call.get('orderBy')
    if not text:
        return []
    result = []
    for part in text.split(','):
        found = part.split()
        if (not found or found[0] not in _KEYS
                or found[1:] not in ([], ['desc'])):
            raise ApiError('invalid', location='orderBy')
        result.append((found[0], len(found) == 2))
    if tree and any(t.field == 'fullText' for t in tree.terms()):
        raise errors.bad(
            "Sorting is not supported for queries with fullText terms. "
            "Results are always in descending relevance order.", 'orderBy')
    return result


def sort_key(call, file, name):
    me = call.user.email
    moments = {
        'modifiedByMeTime': file.modified_by.get(me, 0),
        'sharedWithMeTime': file.shared_to.get(me, (0,))[0],
        'viewedByMeTime': file.viewed.get(me, 0),
        'createdTime': file.created, 'modifiedTime': file.modified}
    if name in moments:
        return moments[name]
    if name == 'recency':
        return max(moments.values())
    if name == 'folder':
        return not file.folder
    if name == 'name_natural':
        return [
            (0, int(p), '') if p.isdigit() else (1, 0, p)
            for p in re.split(r'(\d+)', file.name.lower()) if p]
    return {
        'name': file.name.lower(), 'quotaBytesUsed': file.quota,
        'starred': me not in file.starred}[name]


def corpora(call):
    "(corpora, driveId, whether shared drives are included), checked"
    drive_id = call.get('driveId') or call.get('teamDriveId')
    wide = bool(
        call.get('includeItemsFromAllDrives')
        or call.get('includeTeamDriveItems'))
    name = call.get('corpora') or call.get('corpus') or 'user'
    if name not in {'user', 'domain', 'drive', 'allDrives', 'teamDrive'}:
        raise ApiError('invalid', location='corpora')
    name = 'drive' if name == 'teamDrive' else name
    # (undocumented) the reasons of these
    if (name == 'drive') != (drive_id is not None):
        raise errors.bad(
            "The driveId parameter must be specified if and only if corpora "
            "is set to drive.", 'driveId')
    if wide and not access.all_drives(call):
        raise errors.bad(
            "The supportsAllDrives parameter must be set to true if "
            "includeItemsFromAllDrives is set to true.",
            'supportsAllDrives')
    if name in {'drive', 'allDrives'} and not wide:
        raise errors.bad(
            "The includeItemsFromAllDrives parameter must be set to true "
            f"when corpora is set to {name}.", 'includeItemsFromAllDrives')
    if drive_id is not None and (
            drive_id not in call.state.drive.drives
            or not access.member(
                call.state, drive_id, call.user.email)):
        raise errors.drive_not_found(drive_id)
    return name, drive_id, wide


def belongs(call, file, name, drive_id, wide):
    "Whether the file is of the corpora"
    state = call.state
    if file.drive_id and not wide:
        return False
    if name == 'drive':
        return file.drive_id == drive_id
    if name == 'domain':
        return any(
            one.grant.type == 'domain' and one.grant.discovery
            for one in access.effective(state, file).values())
    if name == 'allDrives' and file.drive_id:
        return access.member(
            state, file.drive_id, call.user.email) or in_corpus(call, file)
    return in_corpus(call, file)


def found(call, tree, where, names):
    "The files in an arbitrary order, or as orderBy says"
    store = call.state.drive
    parents = tree.parent_ids() if tree else None
    if parents is None:
        files = store.files.values()
    else:
        limit = call.state.options['parents_limit']
        if limit is not None and len(parents) > limit:
            # (undocumented) what developers report: rclone#3114, #4289
            return []
        files = [
            store.files[i] for p in parents
            for i in store.children.get(p, ())]
    fresh = call.state.clock() - call.state.options['list_lag']
    held = [
        f for f in files
        if f.space in names and not f.root and f.born <= fresh
        and access.visible(call, f) and belongs(call, f, *where)
        and (tree is None or tree.evaluate(
                lambda term, f=f: test(call, f, term)))]
    # [Search for files and folders] without orderBy it is arbitrary
    held.sort(key=lambda f: hashlib.md5(f.id.encode()).digest())
    for name, descending in reversed(order(call, tree)):
        held.sort(
            key=lambda f: sort_key(call, f, name), reverse=descending)
    return held


@method('drive.files.list')
def list_files(call):
    state = call.state
    names = spaces(call)
    where = corpora(call)
    tree = parse(call)
    order(call, tree)
    after, _ = read_token(call)
    lists = state.drive.extra.setdefault('lists', {})
    if after is None:
        key = secrets.token_hex(4)
        lists[key] = [f.id for f in found(call, tree, where, names)]
        start = 0
    else:
        key, start = after
    items = []
    for number, file_id in enumerate(lists[key]):
        file = state.drive.files.get(file_id)
        # what is gone meanwhile is left out
        if number >= start and file and access.visible(call, file):
            items.append(([key, number], file))
    answer = page(
        call, 'files', 'drive#fileList', items, call.get('pageSize', 100))
    if 'nextPageToken' not in answer and after is None:
        del lists[key]
    answer['files'] = [resource(call, f) for f in answer['files']]
    answer['incompleteSearch'] = bool(
        state.options['incomplete_search'] and where[0] == 'allDrives')
    return answer
