# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""One run of the lane of an account that sends.

A message is sent in steps, each committed before Google is asked for it, so
that whoever finds it knows how far it may have come:

- ``waiting``: Google was asked for nothing;
- ``drafting``: a draft may have been created: it is looked for;
- ``sending``: it may have been sent: it is looked for, and never sent again
  without the proof that it was not.
"""
import logging
from functools import partial

from sql import Null

from trytond.modules.google_integration import bookkeeping, configuration
from trytond.modules.google_integration.engine import Run, RunFailed, Stopped
from trytond.modules.google_integration.exceptions import (
    GoogleCredentialsError)
from trytond.modules.google_integration.lease import Lease
from trytond.modules.google_integration.oauth import OAuthError
from trytond.pool import Pool
from trytond.transaction import Transaction

from .network import GmailNetwork
from .network_label import set_label
from .network_smtp import SmtpNetwork
from .sending import Outcome

__all__ = ['Delivery']
logger = logging.getLogger(__name__)


class Delivery(Run):
    "One run: look for what is in doubt, then send what waits, one by one"

    def __init__(self, Model, id):
        super().__init__(Model, id)
        self.lease = Lease(Model, id, configuration.lease(), name='send')
        self.network = None

    @property
    def Message(self):
        return Pool().get('google_gmail.message')

    def busy(self):
        "Let another run follow the one that is on its way"
        if bookkeeping.update(
                self.Model, [self.id], {'send_again': True},
                lambda table: table.send_token != Null):
            return
        # it has just ended, or the account was deleted
        self.Model.__queue__.deliver(
            self.Model.search([('id', '=', self.id)]))

    def check(self):
        "Stop if the account was disabled, or has to wait"
        super().check()
        if not self.read(lambda account: account.may_deliver):
            raise Stopped

    def steps(self):
        try:
            self.resolve()
            self.send()
            self.tidy()
            self.set_labels()
        finally:
            if self.network:
                self.network.close()

    def tidy(self):
        "Delete the drafts of what is not to be sent any more"
        while drafts := self.read(self.Message.superfluous_drafts):
            for id, draft_id in drafts:
                self.network.delete_draft(draft_id)
                self.write(lambda account, id=id: bookkeeping.update(
                        self.Message, [id], {'draft_id': None}))

    def set_labels(self):
        "Label what was sent and received"
        if not self.read(lambda account: account.set_labels):
            return
        while labels := self.read(self.Message.to_label):
            for name, messages in labels.items():
                set_label(self.client, name, messages.values())
                self.write(lambda account, ids=list(messages), name=name:
                    self.Message.labelled(ids, name))

    def open(self):
        account = self.service
        due = self.Message.has_due(account)
        transport = account.transport
        missing = account.scopes_missing(
            (account.credentials.granted_scopes or '').split())
        Transaction().rollback()
        if not due:
            raise Stopped
        if missing:
            raise RunFailed('google_gmail.scope', {
                    'status': 403,
                    'reason': 'insufficientPermissions',
                    'message': ' '.join(missing),
                    })
        super().open()
        Network = SmtpNetwork if transport == 'smtp' else GmailNetwork
        self.network = Network(self.client)

    def resolve(self):
        "Look for what was being sent when a run ended, or is in doubt"
        while attempts := self.write(self.Message.doubtful_attempts):
            for attempt in attempts:
                self.check()
                proof = self.network.look_up(attempt)
                self.write(lambda account, attempt=attempt, proof=proof:
                    self.Message.settle_doubt(
                        account, attempt, proof, self.network.can_read))

    def send(self):
        "Send what waits, one by one"
        attempt = self.write(self.begin)
        while attempt:
            try:
                outcome = self.ask(attempt)
            except (GoogleCredentialsError, OAuthError):
                # without a token nothing was sent
                self.write(partial(
                        self.go_on, attempt, Outcome('account')))
                raise
            work, attempt = self.write(partial(
                    self.go_on, attempt, outcome))
            self.work += work
            match outcome.status:
                case 'full' | 'account':
                    raise RunFailed(
                        outcome.error.code, outcome.error.arguments,
                        outcome.retry_after)

    def ask(self, attempt):
        "Ask Google for the next step of the attempt"
        if self.network.drafts and not attempt.draft_id:
            return self.network.create_draft(attempt)
        return self.network.send(attempt)

    def begin(self, account):
        "Begin the next attempt, None if there is none or the account may not"
        if account.google_can_run and account.may_deliver:
            return self.Message.begin_next(account, self.network)

    def go_on(self, attempt, outcome, account):
        "Settle the attempt and begin the next, in one transaction"
        work = self.Message.settle(account, attempt, outcome)
        if outcome.status in {'full', 'account'}:
            return work, None
        return work, self.begin(account)

    def finish(self, failure=None):
        def finish(account):
            if failure or account.may_deliver:
                account.finish_delivery(
                    failure, self.started, self.work, self.counters)
            self.lease.release()
            if bookkeeping.update(
                    self.Model, [self.id], {'send_again': False},
                    lambda table: table.send_again):
                self.Model.__queue__.deliver([account])
        Transaction().rollback()
        self.write(finish)
        if failure:
            logger.warning("%s sent not all: %s", self.name, failure.code)
        return not failure
