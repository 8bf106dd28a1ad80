# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The administration of the emulator, below /emulator/: no part of Google.

Every command is a POST of JSON arguments to /emulator/<command>."""
import json
import os
import secrets
import traceback
from urllib.parse import quote

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from . import faults, push
from .admin_people import PeopleCommands
from .admin_push import PushCommands
from .admin_series import SeriesCommands
from .api import Call, execute
from .calendar_list import resource as list_resource
from .drive import trash
from .drive.admin import DriveCommands, client_token
from .errors import ApiError
from .gateway import json_response
from .gmail.admin import GmailCommands
from .model import Client, Record, ServiceAccount
from .oauth import known_scopes, split_scopes
from .present import is_removed_instance, present
from .propagation import mark, store
from .state import (
    OPTIONS, activity_document, calendar_document, drive_document,
    gmail_document, stamp_text)


def _text(value):
    if isinstance(value, bool):
        return 'true' if value else 'false'
    return str(value)


class Admin(
        DriveCommands, GmailCommands, PeopleCommands, PushCommands,
        SeriesCommands):
    def __init__(self, state, gateway, smtp):
        self.state = state
        self.gateway = gateway
        self.snapshots = []
        self.smtp = smtp

    def handle(self, request):
        name = request.path.rpartition('/')[2]
        command = getattr(self, f'do_{name}', None)
        if command is None:
            return json_response(404, {'error': f"no command {name}"})
        try:
            arguments = json.loads(request.body or b'{}')
            result = command(**arguments)
            with self.state.lock:
                push.flush(self.state)
            return json_response(200, {'result': result})
        except ApiError as error:
            return json_response(
                400, {'error': str(error), 'status': error.code,
                    'body': error.body()})
        except (KeyError, TypeError, ValueError) as error:
            return json_response(400, {
                    'error': f'{type(error).__name__}: {error}',
                    'trace': traceback.format_exc()})

    def _user(self, email):
        user = self.state.user(email)
        if user is None:
            raise ValueError(f"no user {email}")
        return user

    def _calendar(self, name):
        calendar = self.state.calendars.get(name)
        if calendar is None:
            raise ValueError(f"no calendar {name}")
        return calendar

    # -- the emulator

    def do_reset(self):
        self.state.reset()

    def do_snapshot(self):
        self.snapshots.append(self.state.snapshot())
        return len(self.snapshots) - 1

    def do_restore(self, snapshot):
        self.state.restore(self.snapshots[snapshot])

    def do_options(self, **values):
        with self.state.lock:
            if unknown := set(values) - set(OPTIONS):
                raise ValueError(f"unknown options {unknown}")
            self.state.options.update(values)
            return dict(self.state.options)

    def do_now(self):
        return self.state.now()

    def do_advance(self, seconds):
        with self.state.condition:
            self.state.offset += seconds
            self.state.condition.notify_all()
            return self.state.now()

    # -- accounts and applications

    def do_add_user(self, email, **values):
        with self.state.lock:
            if self.state.user(email):
                raise ValueError(f"user {email} exists")
            return self._show_user(self.state.add_user(email, **values))

    def do_users(self):
        with self.state.lock:
            return [self._show_user(u) for u in self.state.users.values()]

    def _show_user(self, user):
        return {
            n: getattr(user, n) for n in [
                'email', 'sub', 'name', 'type', 'time_zone', 'locale',
                'service', 'admin']}

    def do_add_client(self, client_id=None, client_secret=None,
            redirect_uris=(), **values):
        with self.state.lock:
            client = Client(
                client_id or f'{secrets.randbelow(10**12)}-'
                f'{secrets.token_hex(16)}.apps.googleusercontent.com',
                client_secret or f'GOCSPX-{secrets.token_urlsafe(21)}',
                list(redirect_uris), **values)
            if (client.type not in {'web', 'installed'}
                    or client.status not in {'testing', 'production'}
                    or client.user_type not in {'internal', 'external'}):
                raise ValueError("wrong type, status or user_type")
            self.state.clients[client.client_id] = client
            return self._show_client(client)

    def _show_client(self, client):
        values = dict(vars(client))
        # the file that Google's console offers
        values['file'] = {client.type: {
                'client_id': client.client_id,
                'project_id': 'emulator',
                'auth_uri': f'{self.state.url}/o/oauth2/v2/auth',
                'token_uri': f'{self.state.url}/token',
                'auth_provider_x509_cert_url':
                f'{self.state.url}/oauth2/v1/certs',
                'client_secret': client.client_secret,
                'redirect_uris': client.redirect_uris,
                }}
        return values

    def do_update_client(self, client_id, **values):
        with self.state.lock:
            client = self.state.clients[client_id]
            for name, value in values.items():
                if name == 'client_id' or not hasattr(client, name):
                    raise ValueError(f"unknown field {name}")
                setattr(client, name, value)
            return self._show_client(client)

    def do_clients(self):
        with self.state.lock:
            return [
                self._show_client(c) for c in self.state.clients.values()]

    def do_add_service_account(self, email=None, scopes=()):
        key = rsa.generate_private_key(65537, 2048)
        with self.state.lock:
            email = (
                email
                or f'sa-{secrets.token_hex(4)}@emulator.iam.gserviceaccount'
                '.com').lower()
            account = ServiceAccount(
                email, str(10**20 + secrets.randbelow(10**20)),
                key.public_key(), secrets.token_hex(20))
            self.state.service_accounts[email] = account
            if self.state.user(email) is None:
                self.state.add_user(email, service=True)
            self.do_delegate(email, scopes)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption()).decode()
        return {
            'type': 'service_account',
            'project_id': 'emulator',
            'private_key_id': account.key_id,
            'private_key': pem,
            'client_email': email,
            'client_id': account.client_id,
            'auth_uri': f'{self.state.url}/o/oauth2/v2/auth',
            'token_uri': f'{self.state.url}/token',
            'auth_provider_x509_cert_url':
            f'{self.state.url}/oauth2/v1/certs',
            'client_x509_cert_url':
            f'{self.state.url}/robot/v1/metadata/x509/{quote(email)}',
            'universe_domain': 'googleapis.com',
            }

    def do_delegate(self, email, scopes):
        with self.state.lock:
            scopes = set(split_scopes(' '.join(scopes)))
            if unknown := scopes - known_scopes():
                raise ValueError(f"unknown scopes {unknown}")
            self.state.service_accounts[email.lower()].delegation = scopes

    def do_grants(self, user=None):
        with self.state.lock:
            return [{
                    'user': email, 'client_id': client_id,
                    'scopes': list(scopes),
                    'refresh_tokens': self._count(
                        self.state.refresh_tokens, email, client_id),
                    'access_tokens': self._count(
                        self.state.access_tokens, email, client_id),
                    }
                for (email, client_id), scopes in self.state.grants.items()
                if user is None or email == user.lower()]

    @staticmethod
    def _count(held, email, client_id):
        return sum(
            (t.email, t.client_id) == (email, client_id)
            for t in held.values())

    def do_revoke_grant(self, user, client_id=None):
        with self.state.lock:
            found = [
                k for k in self.state.grants
                if k[0] == user.lower() and client_id in {None, k[1]}]
            for key in found:
                self.state.revoke_grant(*key)
            return len(found)

    def do_expire_access_tokens(self, user=None):
        with self.state.lock:
            return self._drop(self.state.access_tokens, user)

    def do_expire_refresh_tokens(self, user=None):
        with self.state.lock:
            return self._drop(self.state.refresh_tokens, user)

    def do_change_password(self, user):
        "Tokens with Gmail scopes stop working"
        with self.state.lock:
            return self._drop(
                self.state.refresh_tokens, user, lambda t: any(
                    '/gmail.' in s or 'mail.google.com' in s
                    for s in t.scopes))

    def _drop(self, held, user, test=lambda t: True):
        names = [
            k for k, t in held.items()
            if (user is None or t.email == user.lower()) and test(t)]
        for name in names:
            del held[name]
        return len(names)

    def do_expire_sync_tokens(self, calendar=None, user=None,
            calendar_list=False):
        "Of a calendar (all of them) or of a user's calendar list"
        with self.state.lock:
            if calendar_list:
                for one in self.state.users.values():
                    if user is None or one.email == user.lower():
                        one.list_epoch += 1
                return
            for one in self.state.calendars.values():
                if calendar in {None, one.id}:
                    one.epoch += 1
                    one.oldest = int(self.state.now() * 1000)

    # -- what people do

    def do_act(self, user, calls, client=None):
        """Do API calls as a person would in Google's own UI: with the
        rules, but without a token, and not counted

        client: with an application that has all the scopes."""
        results = []
        documents = {
            'drive': drive_document, 'driveactivity': activity_document,
            'gmail': gmail_document}
        with self.state.lock:
            trash.purge(self.state)
            account = self._user(user)
            for call in calls:
                document = documents.get(
                    call['method'].partition('.')[0], calendar_document)()
                found = document.methods[call['method']]
                token = client and client_token(
                    self.state, account, client, document)
                params = dict(call.get('params') or {})
                if 'userId' in found.names:
                    params.setdefault('userId', 'me')
                values = {
                    n: _text(params.pop(n)) for n in found.names
                    if n in params}
                pairs = []
                for name, value in params.items():
                    for one in value if isinstance(value, list) else [value]:
                        pairs.append((name, _text(one)))
                headers = {}
                if call.get('if_match'):
                    headers['if-match'] = call['if_match']
                body = json.dumps(call.get('body') or {}).encode()
                try:
                    _, _, answer = execute(
                        self.state, account, token, found, values, pairs,
                        headers, body)
                except ApiError as error:
                    answer = error.body()
                results.append(answer)
        return results

    def do_plant_event(self, calendar, body, user=None):
        """Store an event as it is, without the rules of a write: what real
        calendars contain, and what only Google itself can create"""
        with self.state.lock:
            calendar = self._calendar(calendar)
            body = calendar_document().clean('Event', body)
            event_id = body.get('id') or secrets.token_hex(13)
            record = calendar.events.get(event_id)
            now = stamp_text(self.state.now() * 1000)
            data = dict(record.data) if record else {
                'id': event_id, 'status': 'confirmed', 'created': now,
                'updated': now, 'iCalUID': f'{event_id}@google.com',
                'creator': {'email': calendar.owner},
                'organizer': {'email': calendar.id}, 'sequence': 0,
                'eventType': 'default',
                'htmlLink': 'https://www.google.com/calendar/event?eid='
                + event_id}
            reminders = body.pop('reminders', None)
            data.update(body)
            for name in [n for n, v in data.items() if v is None]:
                del data[name]
            mark(calendar, data)
            record = record or Record(data, 0)
            record.data = data
            if reminders is not None:
                record.reminders[user or calendar.owner] = reminders
            store(self.state, calendar, record)
            call = Call(
                self.state, self._user(user or calendar.owner), {}, {}, {})
            return present(call, calendar, record)

    def do_plant_events(self, calendar, bodies, user=None):
        return [self.do_plant_event(calendar, b, user) for b in bodies]

    def do_share_calendar(self, calendar, email, role, subscribe=True):
        with self.state.lock:
            calendar = self._calendar(calendar)
            user = self._user(email)
            self.state.set_role(calendar, 'user', user.email, role)
            entry = user.calendar_list.get(calendar.id)
            if (subscribe and role != 'none'
                    and (entry is None or entry.deleted)):
                self.state.subscribe(user, calendar)

    def do_delete_user(self, email):
        with self.state.lock:
            user = self._user(email)
            for calendar in self.state.calendars.values():
                if calendar.owner == user.email:
                    self.state.delete_calendar(calendar)
            for key in [k for k in self.state.grants if k[0] == user.email]:
                self.state.revoke_grant(*key)
            self.forget_files(user)
            self.state.gmail.mailboxes.pop(user.email, None)
            del self.state.users[user.email]

    # -- what to look at

    def do_dump(self, user, deleted=False):
        with self.state.lock:
            account = self._user(user)
            call = Call(self.state, account, {}, {}, {})
            result = []
            for entry in account.calendar_list.values():
                calendar = self.state.calendars[entry.calendar_id]
                if entry.deleted and not deleted:
                    continue
                events = []
                if not calendar.deleted:
                    events = [
                        present(call, calendar, record)
                        for record in calendar.events.values()
                        if deleted or not record.cancelled
                        or is_removed_instance(calendar, record)]
                result.append({
                        'id': calendar.id,
                        'deleted': calendar.deleted,
                        'calendarListEntry': list_resource(call, entry),
                        'events': sorted(events, key=lambda e: e['id']),
                        })
            return result

    def do_log(self, since=0, batch=None, id=None):
        with self.state.lock:
            return [
                e for e in self.state.log
                if e['n'] > since and batch in {None, e['batch']}
                and id in {None, e['id']}]

    def do_clear_log(self):
        with self.state.lock:
            self.state.log.clear()
            self.state.counters.clear()
            self.state.requests = 0

    def do_counters(self):
        with self.state.lock:
            return {
                'requests': self.state.requests,
                'methods': dict(self.state.counters),
                }

    def do_mails(self, to=None, clear=False):
        with self.state.lock:
            mails = [m for m in self.state.mails if to in {None, m['to']}]
            if clear:
                self.state.mails.clear()
            return mails

    # -- faults and hooks

    def do_add_fault(self, **values):
        with self.state.lock:
            fault = faults.Fault(secrets.randbelow(10**9), **values)
            fault.check()
            self.state.faults.append(fault)
            return fault.id

    def do_faults(self):
        with self.state.lock:
            return [vars(f) for f in self.state.faults]

    def do_clear_faults(self):
        with self.state.lock:
            self.state.faults.clear()

    def _hook(self, **values):
        if values['when'] not in {'before', 'after'} or values['k'] < 1:
            raise ValueError("wrong k or when")
        with self.state.lock:
            hook = faults.Hook(secrets.randbelow(10**9), **values)
            self.state.hooks.append(hook)
            return hook.id

    def do_kill_at(self, pid, k, when='before', method_id=None):
        if pid in {os.getpid(), os.getppid(), 0, 1} or pid < 0:
            raise ValueError("this process may not be killed")
        return self._hook(
            action='kill', pid=pid, k=k, when=when, method_id=method_id)

    def do_pause_at(self, k, when='before', method_id=None):
        return self._hook(
            action='pause', k=k, when=when, method_id=method_id)

    def do_hooks(self):
        with self.state.lock:
            return [vars(h) for h in self.state.hooks]

    def do_wait_hook(self, id, timeout=60):
        "Wait until the pause is reached or the process was killed"
        with self.state.condition:
            hook = next(h for h in self.state.hooks if h.id == id)
            return self.state.condition.wait_for(
                lambda: hook.state in {'reached', 'done'}, timeout)

    def do_resume(self, id=None):
        with self.state.condition:
            for hook in self.state.hooks:
                if id in {None, hook.id}:
                    hook.state = 'done'
            self.state.condition.notify_all()

    def do_clear_hooks(self):
        self.do_resume()
        with self.state.lock:
            self.state.hooks.clear()

    def do_wait_requests(self, count, timeout=60):
        "Wait until that many outer requests came since clear_log"
        with self.state.condition:
            self.state.condition.wait_for(
                lambda: self.state.requests >= count, timeout)
            return self.state.requests
