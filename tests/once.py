# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What each process with an emulator would make again for itself.

The process from which those of the tests are forked imports it.
"""
from tests.emulator import state

state.signing_key()
for _document in [
        state.activity_document, state.calendar_document,
        state.drive_document, state.gmail_document, state.oauth2_document]:
    _document()
