# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Why a run ends before it is done"
__all__ = ['Brake', 'RunFailed', 'Stopped']


class RunFailed(Exception):
    "The run ends with an error that is shown on the service"

    def __init__(self, code, arguments=None, retry_after=None):
        super().__init__(code)
        self.code = code
        self.arguments = dict(arguments or {})
        self.retry_after = retry_after


class Stopped(Exception):
    "The service was disabled in the middle of the run"


class Brake(RunFailed):
    "The run would delete more than is allowed"
