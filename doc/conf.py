# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import os
from configparser import ConfigParser


def get_version():
    # The manifest of the family: nothing needs to be built or installed
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    config = ConfigParser()
    with open(os.path.join(root, 'tryton.cfg'), encoding='utf-8') as fp:
        config.read_file(fp)
    return config['tryton']['version']


html_theme = 'alabaster'
html_theme_options = {
    'description': "Tryton modules for Google Workspace",
    'fixed_sidebar': True,
    'page_width': '1100px',
    }
html_title = "Tryton modules for Google Workspace"
html_show_sourcelink = False
master_doc = 'index'
project = 'trytond_google_integration'
copyright = "The Tryton Google modules' authors"
release = get_version()
version = '.'.join(release.split('.', 2)[:2])
default_role = 'ref'
highlight_language = 'none'
exclude_patterns = ['_build', '**/*.inc.rst']
# No inventory of another documentation: it builds without a network
extensions = []
nitpicky = True
linkcheck_workers = 1

del get_version
