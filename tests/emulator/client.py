# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The client of the emulator's administration; the standard library only."
import json
import urllib.error
import urllib.request
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin

from .client_drive import DriveAdmin
from .client_gmail import GmailAdmin


class EmulatorError(Exception):
    "body is Google's error where the emulator gave one"

    def __init__(self, message, status=None, body=None):
        super().__init__(message)
        self.status = status
        self.body = body


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args, **kwargs):
        return None


_opener = urllib.request.build_opener(
    urllib.request.ProxyHandler({}), _NoRedirect)


def _open(request):
    "Return (status, headers, text)"
    try:
        with _opener.open(request) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read().decode()


class ConsentPage(HTMLParser):
    "The form of the consent page"

    def __init__(self, text):
        super().__init__()
        self.action = None
        self.hidden = []
        self.accounts = []
        self.selected = None
        self.scopes = []  # that can be unticked
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag == 'form':
            self.action = values['action']
        elif tag == 'input' and values.get('type') == 'hidden':
            self.hidden.append((values['name'], values['value']))
        elif tag == 'input' and values.get('type') == 'checkbox':
            self.scopes.append(values['value'])
        elif tag == 'option':
            self.accounts.append(values['value'])
            if 'selected' in values:
                self.selected = values['value']


class EmulatorAdmin(DriveAdmin, GmailAdmin):
    def __init__(self, url):
        self.url = url.rstrip('/')

    def _call(self, command, **arguments):
        request = urllib.request.Request(
            f'{self.url}/emulator/{command}',
            json.dumps(arguments).encode(),
            {'Content-Type': 'application/json'}, method='POST')
        status, _, text = _open(request)
        answer = json.loads(text)
        if status != 200:
            raise EmulatorError(
                answer.get('trace') or answer['error'],
                answer.get('status'), answer.get('body'))
        return answer['result']

    # -- the emulator

    def reset(self) -> None:
        self._call('reset')

    def snapshot(self) -> int:
        return self._call('snapshot')

    def restore(self, snapshot: int) -> None:
        self._call('restore', snapshot=snapshot)

    def options(self, **values) -> dict:
        return self._call('options', **values)

    def now(self) -> float:
        return self._call('now')

    def advance(self, seconds: float) -> float:
        return self._call('advance', seconds=seconds)

    # -- accounts and applications

    def add_user(self, email: str, **values) -> dict:
        return self._call('add_user', email=email, **values)

    def users(self) -> list:
        return self._call('users')

    def delete_user(self, email: str) -> None:
        self._call('delete_user', email=email)

    def add_client(self, redirect_uris=(), client_id=None,
            client_secret=None, **values) -> dict:
        return self._call(
            'add_client', redirect_uris=list(redirect_uris),
            client_id=client_id, client_secret=client_secret, **values)

    def update_client(self, client_id: str, **values) -> dict:
        return self._call('update_client', client_id=client_id, **values)

    def clients(self) -> list:
        return self._call('clients')

    def add_service_account(self, email=None, scopes=()) -> dict:
        return self._call(
            'add_service_account', email=email, scopes=list(scopes))

    def delegate(self, email: str, scopes) -> None:
        self._call('delegate', email=email, scopes=list(scopes))

    # -- consent

    def consent(self, authorization_url: str, account=None,
            decision='allow', untick=()) -> str:
        "Open and submit the consent page; return where it redirects to"
        status, headers, text = _open(
            urllib.request.Request(authorization_url))
        if status == 302:
            return headers['Location']
        if status != 200:
            raise EmulatorError(text, status)
        page = ConsentPage(text)
        account = account or page.selected
        if account is None:
            raise EmulatorError("no account was chosen")
        form = page.hidden + [
            ('account', account), ('decision', decision)]
        form += [('scope', s) for s in page.scopes if s not in untick]
        status, headers, text = _open(urllib.request.Request(
                urljoin(authorization_url, page.action),
                urlencode(form).encode(), method='POST'))
        if status != 302:
            raise EmulatorError(text, status)
        return headers['Location']

    def grants(self, user=None) -> list:
        return self._call('grants', user=user)

    def revoke_grant(self, user: str, client_id=None) -> int:
        return self._call('revoke_grant', user=user, client_id=client_id)

    def expire_access_tokens(self, user=None) -> int:
        return self._call('expire_access_tokens', user=user)

    def expire_refresh_tokens(self, user=None) -> int:
        return self._call('expire_refresh_tokens', user=user)

    def change_password(self, user: str) -> int:
        return self._call('change_password', user=user)

    def expire_sync_tokens(self, calendar=None) -> None:
        self._call('expire_sync_tokens', calendar=calendar)

    def expire_calendar_list_tokens(self, user=None) -> None:
        self._call('expire_sync_tokens', user=user, calendar_list=True)

    # -- what people do in Google's own UI

    def act(self, user: str, method: str, body=None, if_match=None,
            client=None, **params):
        """One API method, e.g. act(user, 'calendar.events.get', eventId=...)

        client: with the application instead of Google's own UI"""
        answer, = self.act_many(user, [{
                    'method': method, 'params': params, 'body': body,
                    'if_match': if_match}], client)
        if isinstance(answer, dict) and 'error' in answer:
            raise EmulatorError(
                f"{method}: {answer['error']['message']}",
                answer['error']['code'], answer)
        return answer

    def act_many(self, user: str, calls: list, client=None) -> list:
        "Answers in order, Google's error body for a refused one"
        return self._call('act', user=user, calls=calls, client=client)

    def insert_event(self, user: str, body: dict, calendar='primary',
            **params) -> dict:
        return self.act(
            user, 'calendar.events.insert', body, calendarId=calendar,
            **params)

    def insert_events(self, user: str, bodies: list, calendar='primary',
            method='calendar.events.insert') -> list:
        return self.act_many(user, [{
                    'method': method, 'params': {'calendarId': calendar},
                    'body': b} for b in bodies])

    def import_event(self, user: str, body: dict, calendar='primary',
            **params) -> dict:
        return self.act(
            user, 'calendar.events.import', body, calendarId=calendar,
            **params)

    def get_event(self, user: str, event: str, calendar='primary') -> dict:
        return self.act(
            user, 'calendar.events.get', calendarId=calendar, eventId=event)

    def patch_event(self, user: str, event: str, body: dict,
            calendar='primary', if_match=None, **params) -> dict:
        return self.act(
            user, 'calendar.events.patch', body, if_match,
            calendarId=calendar, eventId=event, **params)

    def delete_event(self, user: str, event: str, calendar='primary',
            **params) -> None:
        self.act(
            user, 'calendar.events.delete', calendarId=calendar,
            eventId=event, **params)

    def move_event(self, user: str, event: str, destination: str,
            calendar='primary', **params) -> dict:
        return self.act(
            user, 'calendar.events.move', calendarId=calendar,
            eventId=event, destination=destination, **params)

    def respond(self, user: str, event: str, response: str,
            calendar='primary', comment=None, **params) -> dict:
        "response: accepted, declined, tentative, needsAction"
        entry = {'email': user, 'responseStatus': response}
        if comment is not None:
            entry['comment'] = comment
        return self.patch_event(
            user, event, {'attendeesOmitted': True, 'attendees': [entry]},
            calendar, **params)

    # a series: original_start is a date, a date-time or an EventDateTime

    def split_series(self, user: str, event: str, original_start,
            body: dict, calendar='primary', exceptions=None,
            **params) -> dict:
        "This and following events; return the new series"
        return self._call(
            'split_series', user=user, event=event,
            original_start=original_start, body=body, calendar=calendar,
            exceptions=exceptions, **params)

    def cut_series(self, user: str, event: str, original_start,
            calendar='primary', **params) -> dict:
        "Delete this and the following events"
        return self._call(
            'cut_series', user=user, event=event,
            original_start=original_start, calendar=calendar, **params)

    def purge_deleted(self, calendar=None) -> int:
        return self._call('purge_deleted', calendar=calendar)

    def instance_id(self, user: str, event: str, original_start,
            calendar='primary') -> str:
        return self._call(
            'instance_id', user=user, event=event,
            original_start=original_start, calendar=calendar)

    def change_instance(self, user: str, event: str, original_start,
            body: dict, calendar='primary', **params) -> dict:
        one = self.instance_id(user, event, original_start, calendar)
        return self.patch_event(user, one, body, calendar, **params)

    def cancel_instance(self, user: str, event: str, original_start,
            calendar='primary', **params) -> None:
        one = self.instance_id(user, event, original_start, calendar)
        self.delete_event(user, one, calendar, **params)

    def respond_by_mail(self, calendar: str, event: str, email: str,
            response: str, comment=None) -> dict:
        "The answer of a guest from the mail, also without an account"
        return self._call(
            'respond_by_mail', calendar=calendar, event=event, email=email,
            response=response, comment=comment)

    def plant_event(self, calendar: str, body: dict, user=None) -> dict:
        return self._call(
            'plant_event', calendar=calendar, body=body, user=user)

    def plant_events(self, calendar: str, bodies: list, user=None) -> list:
        return self._call(
            'plant_events', calendar=calendar, bodies=bodies, user=user)

    def create_calendar(self, user: str, summary: str, **values) -> dict:
        return self.act(
            user, 'calendar.calendars.insert',
            {'summary': summary, **values})

    def patch_calendar(self, user: str, calendar: str, **values) -> dict:
        return self.act(
            user, 'calendar.calendars.patch', values, calendarId=calendar)

    def delete_calendar(self, user: str, calendar: str) -> None:
        self.act(user, 'calendar.calendars.delete', calendarId=calendar)

    def share_calendar(self, calendar: str, email: str, role: str,
            subscribe=True) -> None:
        self._call(
            'share_calendar', calendar=calendar, email=email, role=role,
            subscribe=subscribe)

    def subscribe(self, user: str, calendar: str) -> dict:
        return self.act(
            user, 'calendar.calendarList.insert', {'id': calendar})

    def unsubscribe(self, user: str, calendar: str) -> None:
        self.act(user, 'calendar.calendarList.delete', calendarId=calendar)

    # -- rooms, groups, conferences

    def add_resource(self, summary: str, email=None, **values) -> dict:
        return self._call(
            'add_resource', summary=summary, email=email, **values)

    def add_group(self, email: str, members: list, name=None) -> dict:
        return self._call(
            'add_group', email=email, members=members, name=name)

    def add_public_calendar(self, calendar: str, summary: str,
            **values) -> dict:
        return self._call(
            'add_public_calendar', calendar=calendar, summary=summary,
            **values)

    def finish_conferences(self, status='success', calendar=None) -> int:
        return self._call(
            'finish_conferences', status=status, calendar=calendar)

    # -- what to look at

    def dump(self, user: str, deleted=False) -> list:
        return self._call('dump', user=user, deleted=deleted)

    def log(self, since=0, batch=None, id=None) -> list:
        return self._call('log', since=since, batch=batch, id=id)

    def clear_log(self) -> None:
        self._call('clear_log')

    def counters(self) -> dict:
        return self._call('counters')

    def mails(self, to=None, clear=False) -> list:
        return self._call('mails', to=to, clear=clear)

    # -- channels

    def channels(self, user=None, live=None) -> list:
        return self._call('channels', user=user, live=live)

    def deliveries(self, channel=None, clear=False) -> list:
        return self._call('deliveries', channel=channel, clear=clear)

    def wait_deliveries(self, count=None, timeout=60, channel=None) -> list:
        "Those done; without count wait until each was sent once at least"
        return self._call(
            'wait_deliveries', count=count, timeout=timeout,
            channel=channel)

    def retry_deliveries(self) -> int:
        return self._call('retry_deliveries')

    def notify(self, channel=None, state='exists') -> int:
        return self._call('notify', channel=channel, state=state)

    def set_setting(self, user: str, setting: str, value: str) -> None:
        self._call('set_setting', user=user, setting=setting, value=value)

    # -- faults and hooks

    def add_fault(self, action: str, **values) -> int:
        return self._call('add_fault', action=action, **values)

    def faults(self) -> list:
        return self._call('faults')

    def clear_faults(self) -> None:
        self._call('clear_faults')

    def kill_at(self, pid: int, k: int, when='before',
            method_id=None) -> int:
        return self._call(
            'kill_at', pid=pid, k=k, when=when, method_id=method_id)

    def pause_at(self, k: int, when='before', method_id=None) -> int:
        return self._call(
            'pause_at', k=k, when=when, method_id=method_id)

    def wait_hook(self, hook: int, timeout=60) -> bool:
        return self._call('wait_hook', id=hook, timeout=timeout)

    def resume(self, hook=None) -> None:
        self._call('resume', id=hook)

    def hooks(self) -> list:
        return self._call('hooks')

    def clear_hooks(self) -> None:
        self._call('clear_hooks')

    def wait_requests(self, count: int, timeout=60) -> int:
        return self._call('wait_requests', count=count, timeout=timeout)
