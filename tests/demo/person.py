# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Somebody who works in Google, by an application of their own."""
import http.client
import json
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from .servers import DemoError

__all__ = ['Person']

REDIRECT = 'http://127.0.0.1/'  # nobody listens: only the address is read
SCOPE = 'https://www.googleapis.com/auth/calendar'
TIMEOUT = 60


class Person:
    def __init__(self, admin, email):
        self.email = email
        self.connection = http.client.HTTPConnection(
            urlsplit(admin.url).netloc, timeout=TIMEOUT)
        self.token = self._authorize(admin)

    def _authorize(self, admin):
        client = admin.add_client([REDIRECT])
        request = {
            'client_id': client['client_id'],
            'redirect_uri': REDIRECT,
            }
        location = admin.consent(
            f'{admin.url}/o/oauth2/v2/auth?' + urlencode({
                    **request, 'response_type': 'code', 'scope': SCOPE}),
            account=self.email)
        code, = parse_qs(urlsplit(location).query)['code']
        status, answer = self._send('POST', '/token', urlencode({
                    **request, 'client_secret': client['client_secret'],
                    'grant_type': 'authorization_code', 'code': code,
                    }), 'application/x-www-form-urlencoded')
        if status != 200:
            raise DemoError(f"No token for {self.email}: {answer}")
        return answer['access_token']

    def _send(self, method, path, body, kind, **headers):
        self.connection.request(
            method, path, body, {'Content-Type': kind, **headers})
        with self.connection.getresponse() as response:
            text = response.read()
            return response.status, json.loads(text) if text else None

    def try_call(self, method, *path, body=None, **query):
        "Return the resource, and the reason if Google refuses"
        status, answer = self._send(
            method, '/calendar/v3/' + '/'.join(quote(p, safe='')
                for p in path) + '?' + urlencode(query),
            json.dumps(body) if body is not None else None,
            'application/json', Authorization=f'Bearer {self.token}')
        if status in {200, 204}:
            return answer, None
        error = answer['error']
        return None, f"{error['errors'][0]['reason']} ({error['message']})"

    def call(self, method, *path, body=None, **query):
        answer, reason = self.try_call(method, *path, body=body, **query)
        if reason:
            raise DemoError(
                f"Google refuses {method} {'/'.join(path)}: {reason}")
        return answer

    def create_calendar(self, summary, time_zone):
        return self.call('POST', 'calendars', body={
                'summary': summary, 'timeZone': time_zone})['id']

    def import_event(self, calendar, body):
        return self.try_call(
            'POST', 'calendars', calendar, 'events', 'import', body=body)

    def insert(self, calendar, **body):
        return self.call('POST', 'calendars', calendar, 'events', body=body)

    def patch(self, calendar, event, **body):
        return self.call(
            'PATCH', 'calendars', calendar, 'events', event, body=body)

    def list_events(self, calendar, **query):
        return self.call(
            'GET', 'calendars', calendar, 'events', maxResults=2500,
            **query)['items']

    def list_occurrences(self, calendar, start, end):
        "What the person sees"
        return self.list_events(
            calendar, singleEvents='true', timeMin=start.isoformat(),
            timeMax=end.isoformat())

    def delete(self, calendar, event):
        self.call('DELETE', 'calendars', calendar, 'events', event)

    def close(self):
        self.connection.close()
