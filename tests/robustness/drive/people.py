# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What people do with attachments in Tryton, and with files at Google."
import random

from tests.robustness.processes import Process
from trytond.pool import Pool
from trytond.worker import run_task

from . import sealed, sides
from .site import PLAIN, SEALED, USER

__all__ = ['Google', 'Tryton', 'Written']

DOCUMENT = 'application/vnd.google-apps.document'
EXTENSIONS = ['.bin', '.pdf', '', " 'é' 😀.txt"]
# bytes: of one request, of one session, of several pieces of it
SIZES = [0, 30, 30, 30, 30, 900, 3000, 3000, 300_000, 700_000]
# the time that who uploads a file may give it
LONG_AGO = '2001-01-01T00:00:00Z'


class Written:
    "What people write: every name and every content is another one"

    def name(self, side, extension=None):
        self.count += 1
        name = f'n{self.count}'
        self.written[name] = f'{side} name'
        if extension is None:
            extension = self.random.choice(EXTENSIONS)
        return name + extension

    def content(self, side):
        self.count += 1
        size = self.random.choice(SIZES)
        if not size:
            return b''
        data = f'{side} {self.count} '.encode()
        data += random.Random(self.count).randbytes(size)
        self.written[sides.token(data)] = f'{side} content of {size} bytes'
        return data

    def line(self):
        self.count += 1
        return f'line {self.count}'

    def record_name(self, letter=None):
        self.count += 1
        return f'{letter or self.random.choice([PLAIN, SEALED])}{self.count}'

    def choose(self, items):
        "One of them, rather of those that are being sent or fetched"
        items = [i for i in items if i.id in self.sending] or items
        items = sorted(items, key=lambda i: (i.name, i.content, str(i.id)))
        return self.random.choice(items) if items else None


class Tryton:
    "The actions in Tryton, a mixin of the machine"

    def in_tryton(self, func):
        "Let a person do it, and perhaps the task that the queue has then"
        follow = self.random.random() < .7

        def write():
            with self.site.transaction(
                    user=1, context={'_skip_warnings': True}) as transaction:
                func(Pool())
                transaction.commit()
            if follow:
                self._run_tasks(transaction)
        Process(write).result()

    def _run_tasks(self, transaction):
        while transaction.tasks:
            run_task(self.site.name, transaction.tasks.pop())

    def on_attachment(self, attachment, **values):
        def write(pool):
            Attachment = pool.get('ir.attachment')
            Attachment.write([Attachment(attachment.id)], values)
        self.in_tryton(write)

    def choose_record(self, letter=None):
        names = {
            n: id for id, n in sides.records(self.site).items()
            if n.startswith(letter or '')}
        if names:
            name = self.random.choice(sorted(names))
            return names[name], name
        return None, None

    def create_record(self):
        name = self.record_name()
        self.log(f'  {name}')
        self.in_tryton(lambda pool: pool.get('party.party').create([
                    {'name': name}]))

    def rename_record(self):
        id, before = self.choose_record()
        if not id:
            return
        name = self.record_name(before[0])
        self.log(f'  {before} {name}')
        for attachment in self.here().values():
            if attachment.record == id:
                self.placed_here(attachment)

        def write(pool):
            Party = pool.get('party.party')
            Party.write([Party(id)], {'name': name})
        self.in_tryton(write)

    def delete_record(self):
        id, name = self.choose_record()
        if not id:
            return
        self.log(f'  {name}')
        for attachment in self.here().values():
            if attachment.record == id:
                self.deleted_here(attachment, with_record=True)

        def delete(pool):
            Party = pool.get('party.party')
            Party.delete([Party(id)])
        self.in_tryton(delete)

    def attach(self):
        record, name = self.choose_record()
        if not record:
            return self.create_record()
        values = {
            'name': self.name('tryton'),
            'data': self.content('tryton'),
            'resource': f'party.party,{record}',
            }
        self.log(f"  {name} {values['name']} {len(values['data'])}")
        before = set(sides.here(self.site))
        self.in_tryton(lambda pool: pool.get('ir.attachment').create([
                    values]))
        for attachment in sides.here(self.site).values():
            if attachment.id not in before:
                self.owner[attachment.id] = record
                self.placed_here(attachment)

    def replace_here(self):
        attachment = self.choose([
                a for a in self.here().values() if not a.document])
        if not attachment:
            return
        data = self.content('tryton')
        self.log(f'  {attachment.name} {len(data)}')
        self.touch_here(attachment)
        self.replace(attachment.content)
        self.on_attachment(attachment, data=data)

    def rename_here(self):
        attachment = self.choose(self.here().values())
        if not attachment:
            return
        name = self.name(
            'tryton', '.txt' if attachment.document else None)
        self.log(f'  {attachment.name} {name}')
        self.touch_here(attachment)
        if not attachment.kept:
            self.replace(sides.stem(attachment.name))
        self.on_attachment(attachment, name=name)

    def move_here(self):
        attachment = self.choose(self.here().values())
        if not attachment:
            return
        letter = sides.records(self.site)[attachment.record][0]
        record, name = self.choose_record(letter)
        self.log(f'  {attachment.name} {name}')
        self.touch_here(attachment)
        self.owner[attachment.id] = record
        if record != attachment.record:
            self.placed_here(attachment)
        self.on_attachment(attachment, resource=f'party.party,{record}')

    def delete_here(self):
        attachment = self.choose(self.here().values())
        if not attachment:
            return
        self.log(f'  {attachment.name}')
        self.deleted_here(attachment)

        def delete(pool):
            Attachment = pool.get('ir.attachment')
            Attachment.delete([Attachment(attachment.id)])
        self.in_tryton(delete)

    def sweep(self):
        "What the scheduled task finds that the queue has lost"
        def sweep():
            with self.site.transaction() as transaction:
                Pool().get('google_drive.rule').sweep()
                transaction.commit()
        Process(sweep).result()


class Google:
    "The actions at Google, a mixin of the machine"

    def living(self, kinds=('file', 'document')):
        "The files that people see in the folders of the rules, and outside"
        return [
            f for f in self.there().values()
            if f.kind in kinds and not f.trashed
            and f.id not in self.fixed]

    def folders(self, letter=None):
        "The folders of the records, with those below them, and the root"
        return [
            f for f in self.there().values()
            if f.kind == 'folder' and not f.trashed
            and f.id not in {*self.site.quarantines.values()}
            and self.letter(f) in ([letter] if letter else [PLAIN, SEALED])]

    def choose_folder(self, letter=None):
        folders = self.folders(letter)
        inner = [f for f in folders if f.id not in self.fixed]
        if inner and self.random.random() < .95:
            folders = inner
        return self.choose(folders)

    def create_folder(self, letter=None):
        letter = letter or self.random.choice([PLAIN, SEALED])
        _, name = self.choose_record(letter)
        parent = self.site.roots[letter]
        match self.random.choice(['record', 'record', 'nobody', 'below']):
            case 'record' if name and not any(
                    f.name == name for f in self.folders(letter)):
                pass
            case 'below':
                name = self.record_name('sub ')
                parent = self.choose_folder(letter).id
            case _:
                name = self.record_name('nobody ')
        self.log(f'  folder {name}')
        return self.admin.create_folder(USER, name, parent=parent)['id']

    def upload(self, letter):
        data = self.content('google')
        return sealed.seal(data) if letter == SEALED else data

    def create_there(self):
        folder = self.choose_folder()
        letter = self.letter(folder)
        id = folder.id
        if id in self.fixed or self.random.random() < .2:
            id = self.create_folder(letter)
        if letter == PLAIN and self.random.random() < .3:
            name, line = self.name('google', ''), self.line()
            self.written[sides.document_token([line])] = 'google document'
            values = {'content': [line], 'mimeType': DOCUMENT}
        else:
            name, values = self.name('google'), {
                'content': self.upload(letter)}
        self.log(f'  {name} in {folder.name}')
        created = self.admin.create_file(USER, name, parent=id, **values)
        self.put_there(self.there()[created['id']])

    def replace_there(self):
        file = self.choose(self.living())
        if not file:
            return
        self.touch_there(file)
        self.replace(file.content)
        if file.document:
            line = self.line()
            text = file.content.removeprefix('document ').split(' / ')
            self.written[sides.document_token([*text, line])] = 'google line'
            self.log(f'  {file.name} {line}')
            self.admin.edit_document(USER, file.id, append=line)
            return
        data = self.upload(SEALED if file.sealed else PLAIN)
        values = self.random.choice([{}, {'modifiedTime': LONG_AGO}])
        self.log(f'  {file.name} {len(data)} {values}')
        self.admin.edit_file(USER, file.id, content=data, **values)

    def rename_there(self):
        file = self.choose(self.living())
        if not file:
            return
        name = self.name('google', '' if file.document else None)
        self.log(f'  {file.name} {name}')
        self.touch_there(file)
        if not file.kept:
            self.replace(sides.stem(file.name))
        self.admin.rename_file(USER, file.id, name)

    def copy_there(self):
        "A copy, of which the content is changed at once"
        file = self.choose([
                f for f in self.living(('file',)) if self.letter(f)])
        if not file:
            return
        name = self.name('google')
        data = self.upload(SEALED if file.sealed else PLAIN)
        self.log(f'  {file.name} {name} {len(data)}')
        copy = self.admin.act(
            USER, 'drive.files.copy', fileId=file.id, body={'name': name})
        self.admin.edit_file(USER, copy['id'], content=data)
        self.put_there(self.there()[copy['id']])
        self.copies[copy['id']] = file.id

    def move_there(self):
        file = self.choose(self.living())
        if not file:
            return
        letter = SEALED if file.sealed else PLAIN
        targets = [f for f in self.folders(letter) if f.id != file.parent]
        if file.parent != self.site.outside and self.random.random() < .25:
            targets = []
        target = self.choose(targets) or self.there()[self.site.outside]
        if target.id == file.parent:
            return
        self.log(f'  {file.name} {target.name}')
        self.put_there(file, target.id)
        self.admin.move_file(USER, file.id, file.parent, target.id)

    def trash_there(self):
        file = self.choose([f for f in self.living() if self.letter(f)])
        if file:
            self.log(f'  {file.name}')
            self.deleted_there(file)
            self.admin.trash_file(USER, file.id)

    def restore_there(self):
        file = self.choose([
                f for f in self.there().values() if f.trashed_itself])
        if not file or self.was_sent_again([file, *self.below(file)]):
            return
        self.log(f'  {file.name}')
        for one in [file, *self.below(file)]:
            self.put_there(one)
            self.replaced -= self.values(one)
        self.replaced_folders |= {
            f.id for f in [file, *self.below(file, 'folder')]}
        self.admin.trash_file(USER, file.id, False)

    def was_sent_again(self, files):
        """Tell if the attachment of one of them has another file now

        Out of the trash it would be one more file, of the same content.
        """
        keys = {a.key for a in self.here().values()}
        known = {
            row['google_id']
            for row in self.site.rows('google_drive_file', 'google_id')}
        return any(f.key in keys and f.id not in known for f in files)

    def destroy_there(self):
        "Delete for good"
        file = self.choose([f for f in self.living() if self.letter(f)])
        if file:
            self.log(f'  {file.name}')
            self.destroyed(file)
            self.admin.delete_file(USER, file.id)

    def rename_folder(self):
        folder = self.choose_folder()
        if folder.id in self.fixed:
            return
        _, name = self.choose_record(self.letter(folder))
        name = self.random.choice([name, None]) or self.record_name('renamed ')
        self.log(f'  {folder.name} {name}')
        for file in self.below(folder):
            self.put_there(file)
        self.admin.rename_file(USER, folder.id, name)

    def move_folder(self):
        folder = self.choose(self.living(['folder']))
        if not folder:
            return
        inside = {f.id for f in self.below(folder, 'folder')} | {folder.id}
        letters = {
            SEALED if f.sealed else PLAIN for f in self.below(folder)}
        targets = [
            f for f in [*self.folders(), self.there()[self.site.outside]]
            if f.id not in inside and f.id != folder.parent
            and letters <= {self.letter(f) or PLAIN, self.letter(f) or SEALED}]
        target = self.choose(targets)
        if not target:
            return
        self.log(f'  {folder.name} {target.name}')
        if self.letter(target) != self.letter(folder):
            # another one is made in its place
            self.replaced_folders |= inside
        for file in self.below(folder):
            self.put_there(file)
        self.admin.move_file(USER, folder.id, folder.parent, target.id)

    def trash_folder(self):
        folder = self.choose_folder()
        if folder.id in self.fixed:
            return
        self.log(f'  {folder.name}')
        for file in self.below(folder):
            if not file.trashed:
                self.deleted_there(file)
        self.admin.trash_file(USER, folder.id)
