# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What people do with guests, on both sides, and the mails that they get."
from .content import google
from .laboratory import USER

__all__ = ['BOB', 'Guests', 'assert_invited_once']

BOB = 'bob@example.com'
PEOPLE = [BOB, 'carol@example.net', 'dave@example.net']
ANSWERS = ['accepted', 'tentative', 'declined']


class Guests:
    "The actions on guests, a mixin of the machine"

    ACTIONS = {
        'invite_here': 3,
        'invite_there': 3,
        'bob_answers': 2,
        'bob_invites': 1,
        'bob_changes': 1,
        'answer_here': 1,
        'answer_there': 1,
        }

    def __init__(self, *args):
        super().__init__(*args)
        self.meetings = 0

    # In Tryton

    def invite_here(self):
        "Add a guest, or remove one"
        event = self.choose([e for e in self.here() if e['own']])
        if not event:
            return
        email = self.random.choice(PEOPLE)
        self.log(f"  {event['summary']} {email}")

        def invite(Event):
            record = Event(event['id'])
            known = [a.id for a in record.attendees if a.email == email]
            command = (
                ('delete', known) if known
                else ('create', [{'email': email}]))
            Event.write([record], {'attendees': [command]})
        self.write_here(invite)

    def answer_here(self):
        event = self.choose([
                e for e in self.here() if e['answer'] and not e['own']])
        if not event:
            return
        answer = self.random.choice(ANSWERS)
        self.log(f"  {event['summary']} {answer}")
        self.write_here(lambda Event: Event.write(
                [Event(event['id'])], {'response': answer}))

    # At Google

    def invite_there(self):
        event = self.choose([e for e in self.there() if e['own']])
        if not event:
            return
        email = self.random.choice(PEOPLE)
        self.log(f"  {event['summary']} {email}")
        guests = self.admin.get_event(USER, event['id']).get('attendees', [])
        left = [a for a in guests if a['email'] != email]
        if left == guests:
            left = guests + [{'email': email}]
        self.admin.patch_event(
            USER, event['id'], {'attendees': left}, sendUpdates='all')

    def answer_there(self):
        event = self.choose([
                e for e in self.there() if e['answer'] and not e['own']])
        if event:
            answer = self.random.choice(ANSWERS)
            self.log(f"  {event['summary']} {answer}")
            self.admin.respond(USER, event['id'], answer, sendUpdates='all')

    # Bob

    def bobs(self, own):
        return self.choose([
                {'id': id, **values}
                for id, values in google(self.site, BOB).items()
                if values['own'] == own
                and (own or values['answer'])])

    def bob_answers(self):
        event = self.bobs(False)
        if event:
            answer = self.random.choice(ANSWERS)
            self.log(f"  {event['summary']} {answer}")
            self.admin.respond(BOB, event['id'], answer, sendUpdates='all')

    def bob_values(self):
        # they come to Ann as long as she keeps her copy
        self.meetings += 1
        return {'summary': f'meeting of Bob {self.meetings}'}

    def bob_invites(self):
        values = {**self.bob_values(), 'when': self.value('bob', 'when')}
        self.written.pop(values['when'])
        self.log(f'  {values}')
        self.admin.insert_event(BOB, {
                **self.there_values(values),
                'attendees': [{'email': USER}],
                **({'recurrence': ['RRULE:FREQ=DAILY;COUNT=4']}
                    if self.random.random() < .3 else {}),
                }, sendUpdates='all')

    def bob_changes(self):
        event = self.bobs(True)
        if not event:
            return
        if self.random.random() < .2:
            self.log(f"  {event['summary']} deleted")
            self.admin.delete_event(BOB, event['id'], sendUpdates='all')
            return
        values = self.bob_values()
        self.log(f"  {event['summary']} {values}")
        self.admin.patch_event(
            BOB, event['id'], self.there_values(values), sendUpdates='all')


def assert_invited_once(mails):
    "Nobody is invited again who was not told that it is cancelled"
    invited = set()
    for mail in mails:
        key = mail['event'], mail['to']
        match mail['kind']:
            case 'invitation' if key in invited:
                raise AssertionError(
                    f"{mail['to']} is invited twice to {mail['summary']}")
            case 'invitation':
                invited.add(key)
            case 'cancellation':
                invited.discard(key)
