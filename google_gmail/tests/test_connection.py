# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The account says if the token of Gmail is valid, in green if it is"
from lxml import etree
from trytond.pyson import PYSONDecoder

from .tools import ACCOUNT, ALICE, CREDENTIALS, GmailTestCase, database

VALID = "Gmail token valid"


class ConnectionTestCase(GmailTestCase):
    account_values = {'drafts': False}

    def shown(self):
        """The state of the credentials, and what the account shows

        That is the text and if the form has the green sign, which goes with
        the green text of the list.
        """
        with database(commit=False) as pool:
            Account = pool.get(ACCOUNT)
            account = Account(self.account)
            decoder = PYSONDecoder({'connection': account.connection})

            def attribute(kind, path, name):
                view = pool.get('ir.model.data').get_id(
                    'google_gmail', f'account_view_{kind}')
                definition = Account.fields_view_get(view)
                element, = etree.fromstring(definition['arch']).xpath(path)
                return decoder.decode(element.get(name))
            green = not attribute(
                'form', '//image[@name="tryton-ok"]', 'states')['invisible']
            self.assertEqual(green, attribute(
                    'list', '//field[@name="connection"]', 'visual')
                == 'success')
            texts = dict(
                Account.fields_get(['connection'])['connection']['selection'])
            return (
                account.credentials.state, texts[account.connection], green)

    def connected(self):
        self.authorize_again()
        self.assertEqual(self.shown(), ('authorized', VALID, True))

    def ask(self):
        with database(1) as pool:
            Account = pool.get(ACCOUNT)
            Account.connect([Account(self.account)])

    def forget(self):
        with database() as pool:
            Credentials = pool.get(CREDENTIALS)
            Credentials.forget_tokens([Credentials(self.credentials)])

    def test_without_authorization(self):
        self.connected()
        self.forget()
        self.assertEqual(
            self.shown(), ('without_authorization', "Not connected", False))
        self.ask()
        self.assertEqual(self.shown(), ('pending', "Not connected", False))
        self.connected()

    def test_pending(self):
        "While Google is asked for more the token that is there is valid"
        self.connected()
        self.ask()
        self.assertEqual(self.shown(), ('pending', VALID, True))

    def test_expired(self):
        self.send()
        self.google.revoke_grant(ALICE)
        self.assertFalse(self.deliver())
        self.assertEqual(self.shown(), ('expired', "Not connected", False))
        self.connected()

    def test_scopes(self):
        "Each option needs its scope"
        # what was granted first was for drafts
        self.google.revoke_grant(ALICE)
        self.forget()
        self.connected()
        for option in [
                {'drafts': True}, {'receive_replies': True},
                {'set_labels': True}, {'transport': 'smtp'}]:
            with self.subTest(**option):
                self.set_service(**option)
                self.assertEqual(self.shown(), (
                        'authorized', "More rights are needed", False))
                self.connected()


del GmailTestCase
