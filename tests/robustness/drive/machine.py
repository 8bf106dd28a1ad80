# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Random changes of attachments and files, faults and crashes."""
import contextlib
import functools
from unittest.mock import patch

from tests.robustness.idle import assert_idle
from tests.robustness.processes import Process
from tests.robustness.steps import POLICIES, Steps
from trytond.modules.google_drive import network_pieces, stages
from trytond.modules.google_integration import (
    engine, media, media_send, transport)
from trytond.pool import Pool

from . import sides
from .oracle import Oracle
from .people import Google, Tryton, Written
from .site import PLAIN, SEALED, USER

__all__ = ['Machine']

ROUNDS = 20
# bytes: what is larger is sent in sessions, and in pieces of this size
SINGLE = 2_000
PIECE = 256 * 1024


class Crash(BaseException):
    "An error that nobody expects, so that nobody tidies up"


class Machine(Written, Tryton, Google, Oracle, Steps):

    ACTIONS = {
        'create_record': 2,
        'rename_record': 2,
        'delete_record': 1,
        'attach': 6,
        'replace_here': 4,
        'rename_here': 3,
        'move_here': 3,
        'delete_here': 2,
        'sweep': 1,
        'create_folder': 1,
        'create_there': 6,
        'replace_there': 5,
        'rename_there': 3,
        'copy_there': 1,
        'move_there': 3,
        'trash_there': 2,
        'restore_there': 2,
        'destroy_there': 1,
        'rename_folder': 1,
        'move_folder': 1,
        'trash_folder': 1,
        **Steps.ACTIONS,
        'synchronize': 10,
        'crash_at_request': 2,
        'crash_at_commit': 2,
        }
    MEANWHILE = [
        'attach', 'replace_here', 'replace_here', 'rename_here', 'move_here',
        'delete_here', 'rename_record', 'delete_record', 'create_there',
        'replace_there', 'replace_there', 'rename_there', 'move_there',
        'trash_there', 'restore_there', 'destroy_there', 'rename_folder',
        'move_folder', 'trash_folder']
    PAUSES = [
        r'drive\.batch', r'drive\.files\.(create|update)',
        r'drive\.files\.(get_media|export)', r'drive\.upload\..*', '.*']
    METHODS = [
        r'drive\.changes\.list', r'drive\.files\.list',
        r'drive\.files\.generateIds', r'drive\.files\.(create|update)',
        r'drive\.upload\..*', r'drive\.upload\.chunk',
        r'drive\.files\.(get_media|export)', r'drive\.batch',
        r'drive\.revisions\..*', r'oauth\.token', '.*']
    FAULTS = [*Steps.FAULTS, 'drop_body', 'corrupt', 'lost_session']
    kills = 10, 20

    def __init__(self, site):
        super().__init__(site)
        self.sending = set()
        self.changed = False

    def act(self, action):
        self.changed = False
        super().act(action)
        self.observe(self.changed)

    def set_up(self):
        with self.site.transaction(user=1) as transaction:
            Pool().get('party.party').create([
                    {'name': f'{letter}{number}'}
                    for letter in [PLAIN, SEALED] for number in [-1, -2]])
            transaction.commit()

    # What goes wrong

    def special_fault(self, action):
        match action:
            case 'drop_body':
                return {
                    'method_id': r'drive\.upload\.chunk',
                    'size': self.random.choice([0, 1000, 300_000, 600_000]),
                    }
            case 'corrupt':
                return {'method_id': r'drive\.files\.get_media'}
            case 'lost_session':
                # any 4xx ends it [Upload file data]
                return {
                    'action': 'status', 'status': 404, 'reason': 'notFound',
                    'method_id': r'drive\.upload\..*', 'times': 1,
                    }
        return {}

    def expire(self):
        match self.random.choice(['access', 'known', 'changes']):
            case 'changes':
                self.log('  change tokens')
                self.admin.reject_change_tokens(USER)
            case kind:
                self.expire_access(kind == 'known')

    def policy(self):
        policy = self.random.choice(POLICIES)
        self.log(f'  {policy}')
        for table in ['google_drive_drive', 'google_drive_rule']:
            self.site.sql(f"UPDATE {table} SET conflict_policy = '{policy}'")

    def crash_at_commit(self):
        k = self.random.randint(1, self.kills[1])
        moment = self.random.choice(['before', 'after'])
        self.log(f'  {moment} {k}')

        def crash(number, when):
            if (number, when) == (k, moment):
                raise Crash
        self.crashed(Process(self.run_to_crash, crash))

    def crash_at_request(self):
        k = self.random.randint(1, self.kills[0])
        moment = self.random.choice(['before', 'after'])
        self.log(f'  {moment} {k}')
        send = transport.Http.send
        count = 0

        def crashing(*args, **kwargs):
            nonlocal count
            count += 1
            number = count
            if (number, moment) == (k, 'before'):
                raise Crash
            result = send(*args, **kwargs)
            if (number, moment) == (k, 'after'):
                raise Crash
            return result

        def run():
            with patch.object(transport.Http, 'send', crashing):
                return self.run_to_crash()
        self.crashed(Process(run))

    def run_to_crash(self, at_commit=None):
        try:
            return self.run(at_commit)
        except Crash:
            return 'crashed'

    def crashed(self, process):
        self.log(f'  {process.result()}')
        self.site.end_leases()

    # Synchronisations

    @staticmethod
    def shrink():
        engine.PULL_CHUNK = 4
        engine.PUSH_CHUNK = 6
        stages.CONTENTS = 12
        network_pieces.PIECE = 3
        media.MAXIMUM_SINGLE = media_send.MAXIMUM_SINGLE = SINGLE
        media.resume = functools.partial(media_send.resume, piece=PIECE)

    def synchronize(self):
        done = self.process().result()
        self.log(f'  {done}')
        if done and not self.left():
            self.observe()
            self.rest()

    def left(self):
        return sides.settled(self.site) or [
            f"{row['code']} of {row['google_id'] or row['resource']}: "
            f"{row['arguments']}"
            for row in sides.errors(self.site)]

    @contextlib.contextmanager
    def meanwhile(self):
        self.observe(True)
        self.sending = {
            id for row in self.site.rows('google_drive_file')
            if row['google_state'] == 'pushing' or row['incoming']
            for id in [row['attachment'], row['google_id']]}
        yield
        self.sending = set()
        self.changed = True

    # The end

    def settle(self):
        "Nothing goes wrong any more: all must be done soon"
        self.calm()
        good = 0
        for _ in range(ROUNDS):
            self.decide()
            self.retry()
            self.sweep()
            done = self.process().result()
            self.observe()
            good = good + 1 if done and not self.left() else 0
            if good == 2:
                return
        raise AssertionError(f"not settled after {ROUNDS}: {self.left()}")

    def decide(self):
        "Decide the conflicts that ask for it"
        rows = [
            row for row in self.site.rows('google_integration_conflict')
            if row['state'] == 'open']
        opened = [row['id'] for row in rows]
        names = [
            self.random.choice(['keep_tryton', 'keep_google'])
            for _ in opened]
        attachments = {
            f"google_drive.file,{row['id']}": row['attachment']
            for row in self.site.rows('google_drive_file')}
        here = self.here()
        for row, name in zip(rows, names, strict=True):
            attachment = here.get(attachments.get(row['resource']))
            if attachment and name == 'keep_google' and (
                    row['unit'] == 'deletion'):
                self.seen |= self.values(attachment)

        def decide():
            with self.site.transaction(user=1) as transaction:
                Conflict = Pool().get('google_integration.conflict')
                for id, name in zip(opened, names, strict=True):
                    getattr(Conflict, name)([Conflict(id)])
                transaction.commit()
        if opened:
            self.log(f'  decide {len(opened)} conflicts: {names}')
            Process(decide).result()

    def retry(self):
        "Try again what was tried too often while so much went wrong"
        ids = [row['id'] for row in sides.errors(self.site)]

        def retry():
            with self.site.transaction(user=1) as transaction:
                SyncError = Pool().get('google_integration.sync_error')
                SyncError.retry(SyncError.browse(ids))
                transaction.commit()
        if ids:
            self.log(f'  retry {len(ids)} errors')
            Process(retry).result()

    def check(self):
        self.check_sides()
        for row in self.site.rows('google_integration_google_credentials'):
            if row['state'] != 'authorized':
                raise AssertionError(f"the account is {row['state']}")
        before = self.admin.files()
        assert_idle(self.site)
        if self.admin.files() != before:
            raise AssertionError("an idle synchronisation changed files")
