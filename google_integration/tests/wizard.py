# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Wizards as clients run them, for the tests."""
from .tools import database

__all__ = ['WizardSession']


class WizardSession:
    "A wizard as the client of a user runs it"

    def __init__(self, name, user, model=None, id=None):
        self.name, self.user = name, user
        self.context = {
            'active_model': model,
            'active_id': id,
            'active_ids': [id] if id else [],
            } if model else {}
        self.views = {}
        with database(user, context=self.context) as pool:
            self.session, start, _ = pool.get(name, type='wizard').create()
        self.start = start

    def execute(self, state=None, **values):
        "Execute the state, after the values were filled in the last view"
        data = {}
        if self.views:
            view = self.views['state']
            data[view] = {**self.views['values'], **values}
        with database(self.user, context=self.context) as pool:
            Wizard = pool.get(self.name, type='wizard')
            result = Wizard.execute(self.session, data, state or self.start)
        if 'view' in result:
            view = result['view']
            self.views = {
                'state': view['state'],
                'values': {
                    n: v for n, v in {
                        **view['defaults'], **view['values']}.items()
                    if not n.endswith('.')},
                }
        return result

    @property
    def values(self):
        return self.views['values']
