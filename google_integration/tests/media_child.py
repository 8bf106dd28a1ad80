# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""A process of its own that transfers a content: see test_media_memory.py.

    python media_child.py <what to do as JSON>

What it prints is JSON: the answer and the memory that it took besides what it
had before, in bytes.
"""
import json
import re
import sys
from dataclasses import asdict, is_dataclass

import google.oauth2.credentials
from trytond.modules.google_integration import media
from trytond.modules.google_integration.client import Client, Settings


def peak():
    with open('/proc/self/status') as file:
        return int(re.search(r'VmHWM:\s+(\d+) kB', file.read())[1]) * 1024


def transfer(client, values):
    kind, path = values['kind'], values['path']
    files = client.api.files()
    if kind == 'receive':
        return media.receive(
            client, files.get_media(fileId=values['file']), path,
            size=values['size'], md5=values['md5'])
    request = files.create(
        body={'name': values['kind']}, fields='id,size,md5Checksum')
    if kind == 'send':
        return media.send(client, request, path, 'a/b')
    uri = media.begin(client, request, values['size'], 'a/b')
    return media.resume(client, uri, path, values['size'])


def main():
    values = json.loads(sys.argv[1])
    client = Client(
        google.oauth2.credentials.Credentials(values['token']), 'drive', 'v3',
        Settings(api_root=values['url']))
    with client:
        # what is loaded at the first time is no matter
        transfer(client, values['warm'])
        before = peak()
        answer = transfer(client, values)
        after = peak()
    if is_dataclass(answer):
        answer = asdict(answer)
    json.dump({'answer': answer, 'memory': after - before}, sys.stdout)


if __name__ == '__main__':
    main()
