# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""How the contents of what was pulled are fetched."""

__all__ = ['TransferMixin']


class TransferMixin:
    "What a service needs that has contents besides resources"
    __slots__ = ()

    def awaits(self):
        "Tell if contents are to be fetched"
        return False

    def incoming(self, limit):
        "Return what is to be fetched, as plain data, and the errors"
        return [], []

    @classmethod
    def download(cls, client, items):
        "Fetch the contents into files, and return the `Answer` of each"
        raise NotImplementedError

    @classmethod
    def download_pieces(cls, client, items):
        """Fetch the contents and yield the items that came, with the answers

        Each piece is written in a transaction of its own before the next one
        is asked for.
        """
        yield items, cls.download(client, items)

    def receive(self, contents):
        """Write contents and return the work done and the errors

        These are what `incoming` returned, each with its `Answer`.
        """
        raise NotImplementedError

    def refuse(self, item, error):
        "Fetch no more what can not be written, and return the errors"
        raise NotImplementedError
