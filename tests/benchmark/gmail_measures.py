# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What is measured of Gmail, each in a process, a database and a Google"
import base64
import gc
import json
import time
import uuid

from google.oauth2.credentials import Credentials
from googleapiclient import discovery_cache
from googleapiclient.discovery import build_from_document

import trytond.config as config
from tests.robustness.gmail.site import message
from tests.robustness.processes import Process
from tests.robustness.site import USER
from trytond.pool import Pool
from trytond.sendmail import send_message_transactional

from .measure import Measure, as_in_production, metered

__all__ = ['business', 'deliver', 'receive', 'send_ratio']

CUSTOMER = 'customer@customer.test'


def mail(number):
    return {'subject': f"Mail {number}", 'to': CUSTOMER}


def counted(site, what, items, func):
    "Measure the function in a process of its own"
    site.admin.clear_log()
    commits, statements, seconds, _ = Process(metered, site, func).result()
    counters = site.admin.counters()
    return Measure(
        what, items, requests=counters['requests'], commits=commits,
        statements=statements, seconds=seconds, methods=counters['methods'])


def set_account(site, values):
    with site.transaction(user=1) as transaction:
        Account = Pool().get('google_gmail.account')
        Account.write([Account(site.id)], values)
        transaction.commit()


def deliver(site, count, **values):
    "Send so many mails, then nothing"
    site.reach()
    Process(set_account, site, values).result()
    Process(site.post, [mail(n) for n in range(count)]).result()
    result = counted(site, f"send {what(values)}", count, site.deliver)
    if len(site.admin.outside_mails()) != count:
        raise AssertionError("mails are missing")
    return [result, counted(site, "nothing to do", 0, site.deliver)]


def what(values):
    return ', '.join(f'{n} {v}' for n, v in values.items())


def receive(site, count):
    "Receive the answers to so many mails, then nothing"
    Process(site.post, [mail(n) for n in range(count)]).result()
    Process(site.deliver).result()
    Process(site.synchronize).result()
    for number, sent in enumerate(site.admin.outside_mails()):
        site.admin.receive_mail(
            USER, answer(sent['raw'], number), sender=CUSTOMER)
    result = counted(site, "receive answers", count, site.synchronize)
    (result.here,), = site.sql(
        "SELECT count(*) FROM google_gmail_message "
        "WHERE state = 'received' AND in_reply_to IS NOT NULL")
    return [result, counted(site, "nothing new", 0, site.synchronize)]


def answer(raw, number):
    for line in raw.decode().splitlines():
        name, _, value = line.partition(': ')
        if name.lower() == 'message-id':
            identifier = value
    result = message(f"Re: Mail {number}", USER)
    del result['From']
    result['From'] = CUSTOMER
    result['Message-ID'] = f'<answer.{number}@customer.test>'
    result['In-Reply-To'] = result['References'] = identifier
    return result.as_bytes()


# What a mail adds to a transaction

def business(site, count):
    "So many transactions without a mail, and with one"
    return [
        counted(site, what, count, lambda mails=mails: transact(
                site, count, mails))
        for what, mails in [("no mail", False), ("with a mail", True)]]


def transact(site, count, mails):
    config.set('email', 'uri', 'gmail://')
    for number in range(count):
        with site.transaction(user=1) as transaction:
            Pool().get('res.group').create([
                    {'name': f"Group {number}, {uuid.uuid4()}"}])
            if mails:
                send_message_transactional(message(**mail(number)))
            transaction.commit()
    return True


# The library alone

def send_ratio(site, count, tries, latency):
    """How much longer a run takes than calls of users.messages.send alone

    The shortest of several tries of each; each answer of Google comes later
    by a latency.
    """
    Process(set_account, site, {'drafts': False}).result()
    found = {}
    for number in range(tries):
        for func in [send_by_calls, send_by_run]:
            seconds = Process(
                func, site, range(number * count, (number + 1) * count),
                latency).result()
            found[func] = min(found.get(func, seconds), seconds)
    return found[send_by_run] / found[send_by_calls]


def send_by_run(site, numbers, latency):
    as_in_production()
    site.post([mail(n) for n in numbers])
    return timed(site, site.deliver, latency)


def send_by_calls(site, numbers, latency):
    document = json.loads(discovery_cache.get_static_doc('gmail', 'v1'))
    document['rootUrl'] = site.emulator.url + '/'
    messages = build_from_document(
        document, credentials=Credentials(site.token())).users().messages()
    raw = [
        base64.urlsafe_b64encode(
            message(**mail(n)).as_bytes()).decode() for n in numbers]

    def send():
        for text in raw:
            messages.send(userId='me', body={'raw': text}).execute()
    return timed(site, send, latency)


def timed(site, func, latency):
    gc.collect()
    site.admin.add_fault('latency', seconds=latency, times=None)
    started = time.monotonic()
    func()
    seconds = time.monotonic() - started
    site.admin.clear_faults()
    return seconds
