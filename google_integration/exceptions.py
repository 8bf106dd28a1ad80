# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.

from trytond.exceptions import UserError, UserWarning
from trytond.model.exceptions import ValidationError


class ConfigurationError(UserError):
    pass


class EncryptionKeyError(ConfigurationError):

    def __str__(self):
        # the description shows a new key and exceptions are logged
        return self.message


class SecretError(UserError):
    pass


class RedirectURIError(ValidationError):
    pass


class RedirectURIWarning(UserWarning):
    pass


class ClientSecretFileError(UserError):
    pass


class ServiceAccountKeyError(UserError):
    pass


class CredentialsChangeWarning(UserWarning):
    pass


class GoogleCredentialsError(UserError):
    pass


class GoogleUnreachable(GoogleCredentialsError):
    pass


class AuthorizationError(GoogleCredentialsError):
    pass


class AuthorizationLinkError(AuthorizationError):
    pass


class WrongAccountError(AuthorizationError):
    pass


class RuleError(ValidationError):
    pass


class RulePathError(RuleError):

    def __init__(self, message, name):
        super().__init__(message)
        # the name at which the path ends
        self.name = name


class RuleRemovalWarning(UserWarning):
    pass
