# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Bring the files of the translations up to date with the modules.

``python -m tools.translations`` writes the locale/<language>.po of each module
with what is to be translated; what was translated is kept.
"""
import os
from configparser import ConfigParser

LANGUAGES = ['de', 'es', 'fr']
CONTEXT = {
    'language': 'en',
    'active_model': 'ir.ui.menu',
    }
HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def modules():
    config = ConfigParser()
    config.read(os.path.join(HERE, 'tryton.cfg'), encoding='utf-8')
    return config['tryton']['modules'].split()


def extras():
    "The other modules with which the modules show more"
    found = set()
    for module in modules():
        config = ConfigParser()
        config.read(
            os.path.join(HERE, module, 'tryton.cfg'), encoding='utf-8')
        found.update(
            config.get('tryton', 'extras_depend', fallback='').split())
    return sorted(found.difference(modules()))


def file(module, language):
    return os.path.join(HERE, module, 'locale', f'{language}.po')


def export(language):
    "Yield the module and its translations, as bytes"
    from trytond.pool import Pool
    from trytond.tests.test_tryton import DB_NAME, activate_module, drop_db
    from trytond.transaction import Transaction

    activate_module(modules() + extras())
    with Transaction().start(DB_NAME, 1, context=CONTEXT) as transaction:
        pool = Pool()
        Translation = pool.get('ir.translation')
        Lang = pool.get('ir.lang')
        lang, = Lang.search([('code', '=', language)])
        Lang.write([lang], {'translatable': True})
        for module in modules():
            path = file(module, language)
            if os.path.exists(path):
                Translation.translation_import(language, module, path)
        # After the import, so that what is no longer used goes away
        run(pool, 'ir.translation.set', 'transition_set_')
        Wizard = pool.get('ir.translation.update', type='wizard')
        session, _, _ = Wizard.create()
        wizard = Wizard(session)
        wizard.start.language = lang
        wizard.do_update({})
        transaction.commit()
    # The update writes without the ORM, only the records of a new transaction
    # have its sources
    with Transaction().start(DB_NAME, 1, context=CONTEXT):
        pool = Pool()
        Translation = pool.get('ir.translation')
        run(pool, 'ir.translation.clean', 'transition_clean')
        for module in modules():
            yield module, Translation.translation_export(language, module)
    drop_db()


def run(pool, name, method):
    Wizard = pool.get(name, type='wizard')
    session, _, _ = Wizard.create()
    getattr(Wizard(session), method)()


def main():
    for language in LANGUAGES:
        for module, content in export(language):
            if isinstance(content, str):
                content = content.encode()
            os.makedirs(os.path.dirname(file(module, language)), exist_ok=True)
            with open(file(module, language), 'wb') as fp:
                fp.write(content)


if __name__ == '__main__':
    main()
