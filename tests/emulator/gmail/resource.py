# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The resource of a message in its formats [Message resource;
users.messages.get, format]"""
import base64
import html
import re
import secrets

from . import calls, errors, mime


def encoded(data):
    return base64.urlsafe_b64encode(data).decode()


def brief(message):
    return {'id': message.id, 'threadId': message.thread_id}


def labelled(message):
    "What the methods that change labels answer"
    result = brief(message)
    if message.labels:
        result['labelIds'] = list(message.labels)
    return result


def resource(call, message, form=None):
    form = form or call.get('format', 'full')
    if form in {'full', 'raw'} and calls.metadata_only(call):
        raise errors.forbidden(
            f"Metadata scope doesn't allow format {form.upper()}")
    result = labelled(message)
    result.update(
        snippet=snippet(message),
        sizeEstimate=len(message.raw),
        historyId=str(message.history_id),
        internalDate=str(message.date))
    if form == 'raw':
        result['raw'] = encoded(message.raw)
    elif form == 'metadata':
        result['payload'] = metadata(
            message, call.get('metadataHeaders', ()))
    elif form == 'full':
        result['payload'] = part(call, message, message.mail.tree)
        result['payload']['headers'] = headers(message.mail)
    return result


def snippet(message):
    "(unverified) the first 200 characters of the text, escaped for HTML"
    return html.escape(message.mail.text[:200])


def headers(mail, names=()):
    names = {n.lower() for n in names}
    return [
        {'name': n, 'value': mime.decoded(v)} for n, v in mail.headers
        if not names or n.lower() in names]


def metadata(message, names):
    return {
        'mimeType': message.mail.tree.get_content_type(),
        'headers': headers(message.mail, names)}


def part(call, message, tree, number=''):
    "[MessagePart resource]"
    name = mime.filename(tree)
    result = {
        'partId': number,
        'mimeType': tree.get_content_type(),
        'filename': name,
        'headers': [
            {'name': n, 'value': mime.decoded(re.sub(r'\r?\n', '', str(v)))}
            for n, v in tree.items()],
        }
    if tree.is_multipart():
        result['body'] = {'size': 0}
        prefix = f'{number}.' if number else ''
        result['parts'] = [
            part(call, message, p, f'{prefix}{i}')
            for i, p in enumerate(tree.get_payload())]
        return result
    data = tree.get_payload(decode=True) or b''
    result['body'] = {'size': len(data)}
    if name or not tree.get_content_type().startswith('text/'):
        # (unverified) the id is another one each time
        result['body']['attachmentId'] = call.state.seal(
            'attachment', [message.id, number, secrets.token_hex(8)])
    elif data:
        result['body']['data'] = encoded(data)
    return result


def part_at(tree, number):
    "The part of that number, None if there is none"
    for text in number.split('.') if number else ():
        parts = tree.get_payload() if tree.is_multipart() else []
        if int(text) >= len(parts):
            return None
        tree = parts[int(text)]
    return tree
