# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Mails while Google fails and processes die.

Whatever happens, each mail is sent once, or not more than once where Google
can not tell; and none is lost from sight.
"""
import random
import re
from collections import Counter

from tests.robustness.processes import Process
from tests.robustness.site import USER

from .site import DraftsSite, ReadSite, SendSite, SmtpSite

__all__ = ['MODES', 'run']

MODES = {
    'drafts': DraftsSite,
    'send': SendSite,
    'read': ReadSite,
    'smtp': SmtpSite,
    }
# of the mails of a transaction
TOGETHER = 5
API = [
    r'gmail\.users\.(drafts|messages)\.(create|send)',
    r'gmail\.users\.(drafts|messages)\.(get|list)',
    r'oauth\.token']
SMTP = [r'smtp\.(connect|auth|mail|rcpt|data)', r'smtp\.data']
STATUS = [
    {'status': 500}, {'status': 503},
    {'status': 429, 'reason': 'rateLimitExceeded'},
    {'status': 403, 'reason': 'userRateLimitExceeded'}]
REPLIES = [
    {'status': 421, 'message': '4.7.0 Try again later'},
    {'status': 451, 'message': '4.3.0 Try again later'}]


class Trial:
    "The mails of one account, in a copy of the site"

    def __init__(self, site, mode, seed, count):
        self.site = site
        self.mode = mode
        self.random = random.Random(seed)
        self.count = count
        self.posted = {}
        self.kills = 0

    def __call__(self):
        self.site.reach()
        while len(self.posted) < self.count:
            self.post()
            for _ in range(self.random.randint(1, 3)):
                self.disturb()
                self.deliver()
                self.site.hurry()
        self.site.admin.clear_faults()
        self.site.admin.clear_hooks()
        self.settle()
        self.check()
        return self.kills, Counter(m['state'] for m in self.site.messages())

    def post(self):
        mails = []
        for _ in range(self.random.randint(1, TOGETHER)):
            number = len(self.posted)
            mail = {
                'subject': f"Mail {number:05d}.",
                'to': f'customer{number % 7}@customer.test',
                }
            self.posted[mail['subject']] = mail['to']
            mails.append(mail)
        if self.random.random() < 0.1:
            # what is rolled back was never sent
            self.roll_back(mails)
        self.site.call(type(self.site).post, mails)

    def roll_back(self, mails):
        process = Process(self.site.post, [
                {**m, 'subject': "Never " + m['subject']} for m in mails]
            + [{'subject': "Never", 'to': None}], True)
        try:
            process.result()
        except Exception:
            return
        raise AssertionError("A mail without recipient was accepted")

    def disturb(self):
        admin, choose = self.site.admin, self.random.choice
        for _ in range(self.random.randint(0, 2)):
            smtp = self.mode == 'smtp' and self.random.random() < 0.8
            method = choose(SMTP if smtp else API)
            action = choose(['status', 'drop_before', 'drop_after'])
            values = {}
            if action == 'status':
                values = choose(REPLIES if smtp else STATUS)
            admin.add_fault(
                action, method_id=method, nth=self.random.randint(1, 6),
                **values)

    def deliver(self):
        process = Process(self.site.deliver)
        if self.random.random() < 0.4:
            self.site.admin.kill_at(
                process.pid, self.random.randint(1, 8),
                when=self.random.choice(['before', 'after']))
        self.kills += process.start().killed()
        self.site.admin.clear_faults()
        self.site.admin.clear_hooks()

    def settle(self):
        "Deliver until nothing is left that time would deliver"
        for _ in range(40):
            self.site.hurry()
            Process(self.site.deliver).result()
            if not {'waiting', 'drafting', 'sending'} & {
                    m['state'] for m in self.site.messages()}:
                return
        raise AssertionError(f"Mails wait for ever: {self.site.errors()}")

    def check(self):
        admin = self.site.admin
        arrived = Counter()
        for mail in admin.outside_mails():
            subject = subject_of(mail['raw'])
            assert self.posted.get(subject) == mail['to'], mail['to']
            arrived[subject] += 1
        states = {m['subject']: m['state'] for m in self.site.messages()}
        assert len(self.site.messages()) == len(self.posted)
        assert states.keys() == self.posted.keys()
        for subject, state in states.items():
            assert state in {'sent', 'uncertain'}, (subject, state)
            assert arrived[subject] <= 1, f"{subject} was sent twice"
            if state == 'sent' or self.mode == 'drafts':
                assert arrived[subject] == 1, f"{subject} is missing"
        sent = [
            subject_of(m['raw']) for m in admin.mailbox(USER, 'SENT')]
        assert Counter(sent) == arrived
        assert admin.mailbox(USER, 'DRAFT') == [], "a draft is left"


def subject_of(raw):
    return re.search(rb'(?mi)^subject: (.*?)\r?$', raw)[1].decode()


def run(site, mode, seed, count):
    "Return the number of processes that were killed, and the states"
    return Trial(site, mode, seed, count)()
