# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""iCalendar files, for the tests."""
__all__ = ['calendar', 'event']


def calendar(*components):
    text = '\n'.join([
            'BEGIN:VCALENDAR', 'VERSION:2.0', *components, 'END:VCALENDAR',
            ''])
    return text.replace('\n', '\r\n').encode()


def event(*lines, uid='1'):
    return '\n'.join([
            'BEGIN:VEVENT', *([f'UID:{uid}'] if uid else []), *lines,
            'END:VEVENT'])
