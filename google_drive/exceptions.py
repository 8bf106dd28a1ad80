# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
from trytond.exceptions import UserError, UserWarning


class DriveFolderError(UserError):
    pass


class DriveRestoreError(UserError):
    pass


class DriveShareError(UserError):
    pass


class DriveShareAnyoneWarning(UserWarning):
    pass


class DriveCreateError(UserError):
    pass


class DriveActivityError(UserError):
    pass


class DriveLockError(UserError):
    pass


class DriveLockBreakWarning(UserWarning):
    pass


class DriveDisabledError(UserError):
    pass
