# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The lists of Google: plain data in and out, no record."""

__all__ = ['identified', 'pages']


def pages(client, list_, page_token=None, **parameters):
    "Yield the answers of a listing, page by page, from the token on"
    seen = set()
    # a token that comes again would never end
    while page_token not in seen:
        seen.add(page_token)
        answer = client.execute(list_(**parameters, pageToken=page_token))
        yield answer
        page_token = answer.get('nextPageToken')
        if not page_token:
            break


def identified(answer, name='items'):
    "The resources of a listing: without identifier it is none"
    items = answer.get(name)
    return [
        item for item in (items if isinstance(items, list) else [])
        if isinstance(item, dict) and isinstance(item.get('id'), str)
        and item['id'] and item['id'].isprintable()]
