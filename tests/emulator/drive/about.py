# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"about.get [Return user info]"
from ..api import method
from . import formats
from .resource import user_resource


def may_create_drives(user):
    "Accounts of an organisation [Manage shared drives]"
    return not user.service and not user.email.endswith('@gmail.com')


@method('drive.about.get')
def get(call):
    state, user = call.state, call.user
    store = state.drive
    used = store.usage(user.email)
    quota = {
        'usage': str(used), 'usageInDrive': str(used),
        'usageInDriveTrash': str(sum(
                f.quota for f in store.files.values()
                if f.owner == user.email and store.is_trashed(f)))}
    limit = 0 if user.service else store.quotas.get(
        user.email, state.options['storage_limit'])
    if limit is not None:
        quota['limit'] = str(limit)
    themes = [{
            'id': name, 'colorRgb': color,
            'backgroundImageLink': f'https://ssl.gstatic.com/team_drive_'
            f'themes/{name}_background.jpg'}
        for name, color in formats.THEMES]
    allowed = may_create_drives(user)
    return {
        'kind': 'drive#about',
        'user': user_resource(state, user.email, user.email),
        'storageQuota': quota,
        'importFormats': {k: list(v) for k, v in formats.imports().items()},
        'exportFormats': {k: list(v) for k, v in formats.exports().items()},
        'maxImportSizes': {
            k: str(v) for k, v in formats.MAX_IMPORT.items()},
        'maxUploadSize': str(formats.MAX_UPLOAD),
        'folderColorPalette': list(formats.COLORS),
        'driveThemes': themes,
        'teamDriveThemes': themes,
        'appInstalled': call.token is not None,
        'canCreateDrives': allowed,
        'canCreateTeamDrives': allowed,
        }
