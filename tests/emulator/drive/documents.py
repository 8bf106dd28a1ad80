# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The native documents: what Docs, Sheets and Slides hold, as plain text."
from dataclasses import dataclass, replace

APPS = 'application/vnd.google-apps.'
KINDS = ('document', 'spreadsheet', 'presentation')


def kind_of(mime_type):
    "Return the kind of a native document, or None"
    prefix, found, kind = (mime_type or '').partition(APPS)
    return kind if found and not prefix and kind in KINDS else None


@dataclass(frozen=True)
class Document:
    """Immutable: an edit gives another document.

    The text is for a document its paragraphs, for a spreadsheet its sheets
    (name, rows of cells), for a presentation its slides (lists of lines)."""
    kind: str
    text: tuple

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind {self.kind}")
        object.__setattr__(self, 'text', _frozen(self.text))

    @classmethod
    def empty(cls, kind):
        return cls(kind, {
                'document': (),
                'spreadsheet': (('Sheet1', ()),),
                'presentation': ((),),
                }[kind])

    @property
    def mime_type(self):
        return APPS + self.kind

    @property
    def plain(self):
        "All that can be read, for the search and the size"
        return '\n'.join(self._lines())

    @property
    def size(self):
        return len(self.plain.encode())

    def _lines(self):
        if self.kind == 'document':
            yield from self.text
        elif self.kind == 'spreadsheet':
            for name, rows in self.text:
                yield name
                for row in rows:
                    yield '\t'.join(cell_text(c) for c in row)
        else:
            for slide in self.text:
                yield from slide

    # -- what a person does in the browser

    def append(self, text):
        "Another paragraph, a row of the first sheet, or a slide"
        if self.kind == 'spreadsheet':
            (name, rows), *others = self.text
            return replace(
                self, text=((name, (*rows, tuple(text))), *others))
        if self.kind == 'presentation' and isinstance(text, str):
            text = [text]
        return replace(self, text=(*self.text, text))

    def set_paragraph(self, number, text):
        self._must_be('document')
        lines = list(self.text)
        lines[number] = text
        return replace(self, text=lines)

    def set_cell(self, cell, value, sheet=0):
        "The cell by its name, as B3"
        self._must_be('spreadsheet')
        row, column = _place(cell)
        sheets = [[name, [list(r) for r in rows]] for name, rows in self.text]
        rows = sheets[sheet][1]
        rows += [[] for _ in range(row + 1 - len(rows))]
        cells = rows[row]
        cells += [None] * (column + 1 - len(cells))
        cells[column] = value
        return replace(self, text=sheets)

    def set_slide(self, number, lines):
        self._must_be('presentation')
        slides = list(self.text)
        slides[number] = lines
        return replace(self, text=slides)

    def _must_be(self, kind):
        if self.kind != kind:
            raise ValueError(f"not a {kind}")


def _frozen(value):
    if isinstance(value, (list, tuple)):
        return tuple(_frozen(v) for v in value)
    return value


def _place(name):
    letters = name.rstrip('0123456789')
    if not letters.isalpha() or letters == name:
        raise ValueError(f"no cell {name}")
    column = 0
    for letter in letters.upper():
        column = column * 26 + ord(letter) - ord('A') + 1
    row = int(name[len(letters):]) - 1
    if row < 0:
        raise ValueError(f"no cell {name}")
    return row, column - 1


def cell_text(value):
    if value is None:
        return ''
    if isinstance(value, bool):
        return 'TRUE' if value else 'FALSE'
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def cell_value(text):
    "What a sheet makes of a text: a number or a truth where it is one"
    if text in {'TRUE', 'FALSE'}:
        return text == 'TRUE'
    if text == '':
        return None
    # a leading zero makes a text of it
    digits = text.lstrip('-')
    if digits[:1] == '0' and digits[:2] not in {'0', '0.'}:
        return text
    if not digits.replace('.', '', 1).isdecimal() or not digits.isascii():
        return text
    return float(text) if '.' in text else int(text)
