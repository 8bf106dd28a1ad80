# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Bring the files of the translations up to date with the modules.

``python -m tools.translations`` writes the locale/<language>.po of each module
with what is to be translated; what was translated is kept.
"""
import os
from configparser import ConfigParser

LANGUAGES = ['de', 'es', 'fr']
HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def modules():
    config = ConfigParser()
    config.read(os.path.join(HERE, 'tryton.cfg'), encoding='utf-8')
    return config['tryton']['modules'].split()


def file(module, language):
    return os.path.join(HERE, module, 'locale', f'{language}.po')


def export(language):
    "Yield the module and its translations, as bytes"
    from trytond.pool import Pool
    from trytond.tests.test_tryton import DB_NAME, activate_module, drop_db
    from trytond.transaction import Transaction

    drop_db()
    activate_module(modules())
    with Transaction().start(
            DB_NAME, 1, context={
                'language': 'en',
                'active_model': 'ir.ui.menu',
                }):
        pool = Pool()
        Translation = pool.get('ir.translation')
        Lang = pool.get('ir.lang')
        for name, method in [
                ('ir.translation.set', 'transition_set_'),
                ('ir.translation.clean', 'transition_clean')]:
            Wizard = pool.get(name, type='wizard')
            session, _, _ = Wizard.create()
            getattr(Wizard(session), method)()
        lang, = Lang.search([('code', '=', language)])
        Lang.write([lang], {'translatable': True})
        for module in modules():
            path = file(module, language)
            if os.path.exists(path):
                Translation.translation_import(language, module, path)
        Wizard = pool.get('ir.translation.update', type='wizard')
        session, _, _ = Wizard.create()
        wizard = Wizard(session)
        wizard.start.language = lang
        wizard.do_update({})
        for module in modules():
            yield module, Translation.translation_export(language, module)
    drop_db()


def main():
    for language in LANGUAGES:
        for module, content in export(language):
            if isinstance(content, str):
                content = content.encode()
            with open(file(module, language), 'wb') as fp:
                fp.write(content)


if __name__ == '__main__':
    main()
