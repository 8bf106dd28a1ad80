# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The methods of files that deal with one file [Create and manage files]"
from ..api import method
from ..errors import ApiError
from . import access, activity, errors, files, rules
from .model import new_id
from .resource import resource


@method('drive.files.generateIds')
def generate_ids(call):
    space, kind = call.get('space', 'drive'), call.get('type', 'files')
    if space not in {'drive', 'appDataFolder'}:
        raise errors.bad(f"Invalid value {space}", 'space', 'invalid')
    if kind not in {'files', 'shortcuts'} or (
            kind == 'shortcuts' and space != 'drive'):
        raise errors.bad(f"Invalid value {kind}", 'type', 'invalid')
    if space == 'appDataFolder':
        access.resolve(call, space)
    elif call.token is not None and not access.scopes(call.token) & {
            'drive', 'drive.file'}:
        raise ApiError(
            'insufficientScopes', "The granted scopes do not give access to "
            "the requested space.", code=403, location='space')
    ids = [new_id() for _ in range(call.get('count', 10))]
    call.state.drive.generated.update((i, (space, kind)) for i in ids)
    return {'kind': 'drive#generatedIds', 'space': space, 'ids': ids}


@method('drive.files.create')
def create(call):
    file = files.create_file(
        call.state, call.user, call.token, call.body, None, call.params)
    return resource(call, file)


@method('drive.files.get')
def get(call):
    return resource(call, access.find(call, call.params['fileId']))


@method('drive.files.update')
def update(call):
    file = files.update_file(
        call.state, call.user, call.token, call.params['fileId'],
        call.body, None, call.params)
    if file.id not in call.state.drive.files:
        raise errors.not_found(file.id)
    return resource(call, file)


@method('drive.files.listLabels')
def list_labels(call):
    access.find(call, call.params['fileId'])
    return {'kind': 'drive#labelList', 'labels': []}


@method('drive.files.copy')
def copy(call):
    source = access.find(call, call.params['fileId'])
    metadata = dict(call.body)
    rules.check_names(metadata, rules.CREATE)
    if source.folder:
        # (undocumented) the reason, which developers report
        raise errors.forbidden(
            'cannotCopyFile', "This file cannot be copied by the user.")
    access.check_content(call, source)
    access.require(call, source, 'canCopy')
    if metadata.get('mimeType') not in {None, source.mime_type}:
        # (undocumented) conversions by a copy are not offered
        raise errors.bad(
            "The MIME type cannot be changed by a copy.", 'mimeType',
            'invalid')
    metadata['mimeType'] = source.mime_type
    metadata.setdefault('name', f"Copy of {source.name}")
    if not metadata.get('parents'):
        metadata['parents'] = [_inherited_parent(call, source)]
    if source.shortcut:
        metadata['shortcutDetails'] = {'targetId': source.target}
    for name in ['description']:
        if name not in metadata and source.description is not None:
            metadata[name] = source.description
    size = source.content.size if source.binary else 0
    parent, mime_type = files.plan_create(
        call, metadata, size, source.content is not None)
    changes = {
        n: metadata.pop(n) for n in ['properties', 'appProperties']
        if n in metadata}
    file = files.new_file(call, metadata, parent, mime_type)
    file.properties = dict(source.properties)
    file.app_properties = {
        c: dict(v) for c, v in source.app_properties.items()}
    # [Files resource] null values clear in copy requests
    rules.properties(call, file, changes)
    files.assign(call, file, changes)
    file.original_name = file.original_name or source.original_name
    files.fill(call, file, source.content)
    file.extension = file.extension or source.extension
    return resource(call, files.finish(call, file, {'copy': {
                    'originalObject': activity.reference(source)}}))


def _inherited_parent(call, source):
    "[Files: copy] any discoverable parent of the source"
    parent = call.state.drive.files[source.parent]
    if access.visible(call, parent) and access.level(
            call.state, parent, call.user.email, 'writer'):
        return parent.id
    return 'root'
