# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The documents of some customers, and what becomes of them on both sides.

EXPECTED is what a person would find in the end, in Tryton and at Google: that
both sides are equal is not enough.
"""
import proteus

from .compare_files import APPS
from .documents import make_label, make_pdf, make_png, rewrite_odt
from .table import say

__all__ = ['EXPECTED', 'KEPT', 'Files']

ATTACHMENT = 'ir.attachment'
PARTY = 'party.party'
FOLDER = "Customers"
# a slash separates no folders in the name of a customer
ACME, MUELLER, FOOD = "Acme", "Müller & Söhne", "Food/Drinks"
MARRIED = "Müller, Söhne & Töchter"
STREETS = {ACME: "Main Street 1", MUELLER: "Gänsweg 2", FOOD: "Rue du Pont 3"}
# how the attachment that keeps what did not stand is called
KEPT = "label (Tryton, "
# the folder, the name in Tryton, a text that a reader finds in it
EXPECTED = {
    (ACME, "offer.pdf"): "Second offer to Acme",
    (ACME, "label.odt"): "Corrected at Google",
    (ACME, "qr.png"): "PNG",
    (ACME, "order.pdf"): "Order 8 of Acme",
    (ACME, "photo.png"): "PNG",
    (ACME, "Minutes.docx"): "We meet.\nWe agree.\nWe meet again.",
    (ACME, "Slides.pdf"): "Welcome",
    (MARRIED, "offer.pdf"): "Offer to Müller & Söhne",
    (MARRIED, "code.png"): "PNG",
    ("Food_Drinks", "label.odt"): "Rue du Pont 3",
    ("Food_Drinks", "offer 2027.pdf"): "Offer to Food/Drinks",
    ("Food_Drinks", "contract.pdf"): "Contract",
    ("Food_Drinks", "letter.pdf"): "Dear Tryton",
    }


class Files:
    "What Ann has in the shared drive of her company"

    def __init__(self, admin, email):
        self.admin = admin
        self.email = email
        self.ids = {}

    # At Google

    def prepare(self):
        "Return how many files"
        drive = self.admin.add_drive(self.email, "Company")
        self.drive = drive['id']
        self.root = self.add_folder(FOLDER, self.drive)
        folder = self.add_folder(ACME, self.root)
        self.add("order.pdf", folder, make_pdf("Order 7 of Acme"))
        self.add("photo.png", folder, make_png("https://example.com/acme"))
        self.add(
            "Minutes", folder, ["We meet.", "We agree."],
            APPS + 'document')
        self.add(
            "Slides", folder, [["Welcome", "To Acme"]],
            APPS + 'presentation')
        return len(self.ids)

    def add_folder(self, name, parent):
        return self.admin.create_folder(
            self.email, name, parent=parent)['id']

    def add(self, name, parent, content, mime_type=None):
        metadata = {'mimeType': mime_type} if mime_type else {}
        self.ids[name] = self.admin.create_file(
            self.email, name, content=content, parent=parent, **metadata)[
                'id']

    @property
    def prefix(self):
        "The path of the folders of the customers"
        return self.admin.file(self.root)['path'] + '/'

    def listed(self):
        "The files of the drive, as they are stored"
        return self.admin.files(drive=self.drive, trashed=False)

    def file(self, folder, name):
        path = f'{self.prefix}{folder}/{name}'
        file, = (f for f in self.listed() if f['path'] == path)
        return file['id']

    def change_google(self):
        "Return how many changes"
        admin, email = self.admin, self.email
        say("new contents, a new name, a new file, one in the trash")
        admin.edit_file(
            email, self.ids["order.pdf"], make_pdf("Order 8 of Acme"))
        offer = admin.file(self.file("Food_Drinks", "offer.pdf"))
        admin.rename_file(email, offer['id'], "offer 2027.pdf")
        self.add("letter.pdf", offer['parent'], make_pdf("Dear Tryton"))
        admin.trash_file(email, self.file("Food_Drinks", "code.png"))
        say('the Google Doc "Minutes" goes on')
        admin.edit_document(
            email, self.ids["Minutes"], append="We meet again.")
        say("the label of Acme is corrected, as in Tryton")
        label = self.file(ACME, "label.odt")
        admin.edit_file(email, label, rewrite_odt(
                admin.file_content(label), STREETS[ACME],
                "Corrected at Google"))
        return 6

    # In Tryton, by proteus

    def make(self):
        "Create the customers and their documents; return how many of these"
        Party = proteus.Model.get(PARTY)
        Attachment = proteus.Model.get(ATTACHMENT)
        attachments = []
        for name, street in STREETS.items():
            party = Party(name=name)
            address, = party.addresses
            address.street_unstructured = street
            party.save()
            for file, data in {
                    "label.odt": make_label(party),
                    "offer.pdf": make_pdf(f"Offer to {name}", street),
                    "code.png": make_png(f"https://example.com/{name}"),
                    }.items():
                attachment = Attachment(name=file, resource=party)
                attachment.data = data
                attachments.append(attachment)
        Attachment.save(attachments)
        return len(attachments)

    def attachment(self, customer, name):
        Party = proteus.Model.get(PARTY)
        Attachment = proteus.Model.get(ATTACHMENT)
        party, = Party.find([('name', '=', customer)])
        attachment, = Attachment.find([
                ('resource', '=', str(party)),
                ('name', '=', name),
                ])
        return attachment

    def change_tryton(self):
        "Return how many changes"
        Attachment = proteus.Model.get(ATTACHMENT)
        say("new contents, a new name, a new file, one deleted; a customer "
            "has another name")
        offer = self.attachment(ACME, "offer.pdf")
        offer.data = make_pdf("Second offer to Acme")
        offer.save()
        code = self.attachment(ACME, "code.png")
        code.name = "qr.png"
        code.save()
        food = self.attachment(FOOD, "offer.pdf").resource
        contract = Attachment(name="contract.pdf", resource=food)
        contract.data = make_pdf("Contract")
        contract.save()
        label = self.attachment(MUELLER, "label.odt")
        mueller = label.resource
        label.delete()
        mueller.name = MARRIED
        mueller.save()
        say("Acme moves, and its label is printed again")
        label = self.attachment(ACME, "label.odt")
        acme = label.resource
        acme.addresses[0].street_unstructured = "Corrected in Tryton"
        acme.save()
        self.lost = label.data = make_label(acme)
        label.save()
        return 6
