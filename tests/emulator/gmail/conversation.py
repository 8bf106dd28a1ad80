# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Which thread a message belongs to [Message resource, threadId; Manage
threads]"""
from . import errors, mime


def found(box, mail, any_subject=False):
    """The id of the thread that a message answers, or None

    (unverified) the subject is compared without the prefixes of answers."""
    key = mime.subject_key(mail.subject)
    for reference in mail.references:
        for message in reversed(box.by_message_id.get(reference, ())):
            if any_subject or mime.subject_key(message.mail.subject) == key:
                return message.thread_id
    return None


def asked(box, mail, thread_id):
    """The thread that a request names, if the message may be added to it

    (unverified) without the headers that it needs it begins a new one."""
    if not thread_id:
        return found(box, mail)
    thread = box.threads.get(thread_id)
    if thread is None:
        # also one of another account: the ids belong to one mailbox
        raise errors.not_found()
    key = mime.subject_key(mail.subject)
    known = {m.mail.message_id for m in thread}
    if (known & set(mail.references)
            and any(mime.subject_key(m.mail.subject) == key
                for m in thread)):
        return thread_id
    return None
