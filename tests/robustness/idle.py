# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"A synchronisation that has nothing to do writes nothing."
import hashlib

__all__ = ['assert_idle', 'assert_quiet', 'digest']

# what it may write of all the tables, but for those of its service
BOOKS = {
    'google_integration_google_credentials': {'last_sync'},
    }
SERVICE = {
    'cursor', 'last_sync', 'next_sync', 'queued_at', 'lease_token',
    'lease_until'}


def digest(site, *books):
    "What is in each table, the books of the synchronisation aside"
    known = {**BOOKS, site.service.replace('.', '_'): SERVICE}
    with site.connection() as connection:
        cursor = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
            if site.laboratory.sqlite else
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [
            name for name, in cursor
            if name in site.written or not name.startswith(('ir_', 'res_'))]
        result = {}
        for table in tables:
            cursor = connection.execute(f'SELECT * FROM "{table}"')
            keep = [
                i for i, column in enumerate(cursor.description)
                if column[0] not in known.get(table, set()).union(books)]
            rows = sorted(
                repr([row[i] for i in keep]) for row in cursor)
            result[table] = hashlib.sha256(
                '\n'.join(rows).encode()).hexdigest()
        return result


def assert_quiet(site):
    """A further synchronisation writes nothing

    It receives what was sent before, as many pages as that may be.
    """
    requests = _idle(site, 'progress')
    if set(requests) != {site.listing}:
        raise AssertionError(f"the first idle one asked for {requests}")


def assert_idle(site):
    "Two further synchronisations write nothing, the second asks once"
    assert_quiet(site)
    requests = _idle(site)
    if requests != [site.listing]:
        raise AssertionError(f"the second idle one asked for {requests}")


def _idle(site, *books):
    before = digest(site, *books)
    log = site.admin.log()
    if not site.call(type(site).synchronize):
        raise AssertionError("an idle synchronisation failed")
    after = digest(site, *books)
    changed = [t for t in after if after[t] != before.get(t)]
    if changed:
        raise AssertionError(f"an idle synchronisation changed {changed}")
    return [r['id'] for r in site.admin.log(since=log[-1]['n'])]
