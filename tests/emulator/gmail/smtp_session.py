# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""A connection to smtp.gmail.com [IMAP, POP, and SMTP; OAuth 2.0 Mechanism;
Gmail SMTP errors and codes]"""
import asyncio
import base64
import collections
import contextlib
import contextvars
import json
import logging
import re
import secrets
from dataclasses import dataclass, field

from aiosmtpd.smtp import MISSING, SMTP, AuthResult, TLSSetupException

from .. import faults
from ..model import AccessToken
from ..state import stamp_text
from . import bounce, delivery, mime
from . import smtp_replies as replies

logger = logging.getLogger(__name__)
SCOPE = 'https://mail.google.com/'
# announced by smtp.gmail.com
SIZE = 35_882_577
# commands with a name for the log and the faults
_NAMES = {'HELO': 'smtp.ehlo', 'EHLO': 'smtp.ehlo'}
_SILENT = {'HELP', 'VRFY', 'EXPN'}
# these are awaited before the command is done
_AT_ONCE = {'220', '334', '354'}
_XOAUTH2 = re.compile(r'user=([^\x01]*)\x01auth=Bearer ([^\x01]*)\x01\x01$')
_current = contextvars.ContextVar('step')


class Ended(Exception):
    "A fault or a kill ended the command"


@dataclass
class Step:
    "A command in work"
    command: str
    argument: str = ''
    begun: bool = False
    hooks: list = field(default_factory=list)
    hits: list = field(default_factory=list)
    held: list = field(default_factory=list)  # replies
    code: int = 0  # the last one that was sent at once
    sent: int = 0

    @property
    def id(self):
        return _NAMES.get(self.command, f'smtp.{self.command.lower()}')


class Session(SMTP):
    # (unverified) longer lines than the RFC allows are accepted
    line_length_limit = 1 << 24
    # [RFC 4954] a line of AUTH
    command_size_limit = 12_288
    command_size_limits = collections.defaultdict(lambda: 12_288)

    def __init__(self, state, context, loop):
        self.state = state
        self.mark = secrets.token_hex(8)
        super().__init__(
            Handler(state), hostname='smtp.gmail.com',
            ident=f'ESMTP {self.mark} - gsmtp', data_size_limit=SIZE,
            enable_SMTPUTF8=True, tls_context=context, auth_required=True,
            loop=loop)
        self._smtp_methods = {
            n: self._wrapped(n, m) for n, m in self._smtp_methods.items()}

    @property
    def email(self):
        held = self.session and self.session.auth_data
        return held.email if isinstance(held, AccessToken) else ''

    # -- faults, hooks and the log

    async def _thread(self, function, *args):
        return await self.loop.run_in_executor(None, function, *args)

    def _wrapped(self, command, method):
        if command in _SILENT:
            return method

        async def run(argument):
            await self._run(command, method, argument)

        return run

    async def _run(self, command, method, argument):
        step = Step(command)
        if command in {'MAIL', 'RCPT'}:
            step.argument = argument or ''
        token = _current.set(step)
        try:
            # what follows DATA is the request
            if command != 'DATA':
                await self.begin(step)
            await method(argument)
        except Ended:
            return
        except asyncio.CancelledError:
            if step.begun:
                self._log(step, 0, 'client gone')
            raise
        finally:
            _current.reset(token)
        await self._finish(step)

    async def begin(self, step):
        "Count the command; raise Ended if it ends here"
        step.begun = True
        if await self._thread(self._count, step):
            self._log(step, 0, 'kill_before')
            self._abort()
        for fault in step.hits:
            if fault.action == 'latency':
                await asyncio.sleep(fault.seconds)
        for fault in step.hits:
            if fault.action == 'drop_before':
                self._log(step, 0)
                self._abort()
            if fault.action == 'status':
                self._log(step, fault.status)
                await self._reply(replies.injected(
                        fault.status, fault.message, step.id))
                if fault.status == 421:
                    self.transport.close()
                raise Ended
        held = self.session and self.session.auth_data
        if (isinstance(held, AccessToken)
                and held.expires <= self.state.clock()):
            # [IMAP, POP, and SMTP] it lives as long as the token
            self._log(step, 451)
            await self._reply(replies.TIMEOUT)
            self.transport.close()
            raise Ended

    def _count(self, step):
        "In a thread: it may wait at a pause"
        state = self.state
        with state.lock:
            state.requests += 1
            step.hooks = faults.count(state, step.id)
            state.condition.notify_all()
        if faults.apply(state, step.hooks, 'before'):
            return True
        with state.lock:
            step.hits = faults.take(
                state, step.id, 'SMTP', step.argument, self.email, False)
        return False

    async def _finish(self, step):
        code = int(step.held[-1][:3]) if step.held else step.code
        self._log(step, code)
        if await self._thread(
                faults.apply, self.state, step.hooks, 'after') or any(
                    f.action == 'drop_after' for f in step.hits):
            with contextlib.suppress(Ended):
                self._abort()
            return
        for text in step.held:
            await self._reply(text)
        if code == 421:
            self.transport.close()

    def _abort(self):
        "End the connection without an answer"
        if self.transport is not None:
            self.transport.abort()
        raise Ended

    def _log(self, step, status, fault=''):
        state = self.state
        label = fault or ','.join(f.action for f in step.hits)
        with state.condition:
            entry = {
                'n': len(state.log) + 1,
                'at': stamp_text(state.now() * 1000),
                'method': 'SMTP', 'path': step.argument, 'id': step.id,
                'query': [], 'status': status, 'user': self.email,
                'batch': False, 'sent': step.sent, 'bytes': 0}
            if label:
                entry['fault'] = label
            state.log.append(entry)
            state.counters[step.id] += 1
            state.condition.notify_all()

    # -- replies

    async def push(self, status):
        text = status.decode() if isinstance(status, bytes) else status
        step = _current.get(None)
        text = replies.translated(text, step and step.command)
        if step is None or text[:3] in _AT_ONCE:
            if step is not None:
                step.code = int(text[:3])
            await self._reply(text)
        else:
            step.held.append(text)

    async def _reply(self, text):
        if self.transport is not None:
            await super().push(replies.signed(text, self.mark))

    # -- the commands that differ

    async def _handle_client(self):
        step = Step('CONNECT')
        try:
            await self.begin(step)
        except Ended:
            if self.transport is not None:
                self.transport.close()
            return
        self._log(step, 220)
        if await self._thread(
                faults.apply, self.state, step.hooks, 'after') or any(
                    f.action == 'drop_after' for f in step.hits):
            self.transport.abort()
            return
        await super()._handle_client()

    async def handle_exception(self, error):
        if not isinstance(error, TLSSetupException):
            logger.error("FAILURE in SMTP", exc_info=error)
        return "451 4.3.0 Mail server temporarily rejected message."

    async def check_helo_needed(self, helo='HELO'):
        if not self.session.host_name:
            await self.push(replies.HELLO)
            return True
        return False

    async def check_auth_needed(self, caller_method):
        if self._tls_protocol is None:
            await self.push(replies.STARTTLS)
            return True
        if not self.session.authenticated:
            await self.push(replies.AUTHENTICATION)
            return True
        return False

    async def smtp_AUTH(self, arg):
        if self.session.host_name and self._tls_protocol is None:
            await self.push(replies.STARTTLS)
            return
        await super().smtp_AUTH(arg)

    async def smtp_QUIT(self, arg):
        # the library ends the task: nothing follows
        step = _current.get()
        self._log(step, 221)
        await self._reply("221 2.0.0 closing connection")
        self.transport.close()
        raise Ended

    async def smtp_HELP(self, arg):
        await self.push(
            "214 2.0.0 https://www.google.com/search?btnI&q=RFC+5321")


class Handler:
    "What the commands do"

    def __init__(self, state):
        self.state = state

    async def handle_EHLO(self, server, session, envelope, hostname,
            responses):
        session.host_name = hostname
        peer = session.peer[0]
        names = [f'SIZE {SIZE}', '8BITMIME']
        if server._tls_protocol is None:
            names.append('STARTTLS')
        else:
            names.append('AUTH LOGIN PLAIN XOAUTH2')
        # CHUNKING, which Gmail has, is unknown to the library
        names += ['ENHANCEDSTATUSCODES', 'PIPELINING', 'SMTPUTF8']
        lines = [f'smtp.gmail.com at your service, [{peer}]', *names]
        return ['\n'.join(
                f"250{' ' if i == len(lines) - 1 else '-'}{line}"
                for i, line in enumerate(lines))]

    async def auth_XOAUTH2(self, server, args):
        "[OAuth 2.0 Mechanism] at once, or after an empty challenge"
        if len(args) == 2:
            try:
                data = base64.b64decode(args[1], validate=True)
            except ValueError:
                await server.push("501 5.5.2 Cannot Decode response")
                return AuthResult(success=False)
        else:
            data = await server.challenge_auth('')
            if data is MISSING:
                return AuthResult(success=False)
        held = self._token(data.decode('utf-8', 'replace'))
        if held is not None:
            return AuthResult(success=True, auth_data=held)
        challenge = json.dumps({
                'status': '401', 'schemes': 'bearer mac', 'scope': SCOPE})
        if await server.challenge_auth(challenge) is MISSING:
            return AuthResult(success=False)
        return AuthResult(success=False, handled=False)

    def _token(self, text):
        "The token, if it is the user's and may send"
        match = _XOAUTH2.match(text)
        if match is None:
            return None
        state = self.state
        with state.lock:
            held = state.access_tokens.get(match[2])
            if (held is None or held.expires <= state.clock()
                    or SCOPE not in held.scopes):
                return None
            user = state.users.get(held.email)
            if (user is None or user.service
                    or match[1].lower() != held.email):
                return None
            return held

    async def handle_RCPT(self, server, session, envelope, address, options):
        if not mime.is_address(address):
            return replies.ADDRESS
        state = self.state
        with state.lock:
            if len(envelope.rcpt_tos) >= state.options['recipients_limit']:
                return replies.RECIPIENTS
            if (state.options['smtp_unknown_refused']
                    and bounce.status(
                        state, address, state.gmail.find(state, address))):
                return replies.UNKNOWN
        envelope.rcpt_tos.append(address)
        return '250 OK'

    async def handle_DATA(self, server, session, envelope):
        step = _current.get()
        step.sent = len(envelope.original_content)
        await server.begin(step)
        return await server._thread(self._send, server, envelope)

    def _send(self, server, envelope):
        state = self.state
        with state.lock:
            user = state.users.get(server.email)
            if user is None:
                return replies.AUTHENTICATION
            box = state.gmail.mailbox(state, user)
            try:
                delivery.send(
                    state, box, envelope.original_content,
                    list(dict.fromkeys(envelope.rcpt_tos)), 'smtp',
                    sender=envelope.mail_from.lower())
            except delivery.Refused as refused:
                return {
                    'limit': replies.DAILY,
                    'size': replies.SIZE,
                    'recipients': replies.RECIPIENTS,
                    }.get(refused.kind, "421 4.7.0 Try again later, closing "
                        "connection.")
            return '250 2.0.0 OK'
