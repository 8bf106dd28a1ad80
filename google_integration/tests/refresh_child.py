# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""A process of its own that gets credentials: see test_refresh.py.

    python refresh_child.py <database> <credentials> <options as JSON>
"""
import json
import sys

import trytond.config as config

database, id_, options = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
config.set('database', 'path', options.pop('path'))
config.add_section('google_integration')
for name, value in options.items():
    config.set('google_integration', name, value)

if __name__ == '__main__':
    from trytond.pool import Pool
    from trytond.transaction import Transaction

    Pool.start()
    pool = Pool(database)
    with Transaction().start(database, 0, readonly=True):
        pool.init()
    # both are ready before either begins
    sys.stdout.write('ready\n')
    sys.stdout.flush()
    sys.stdin.readline()
    with Transaction().start(database, 0):
        Credentials = pool.get('google_integration.google_credentials')
        token = Credentials(id_).get_credentials().token
    sys.stdout.write(token + '\n')
