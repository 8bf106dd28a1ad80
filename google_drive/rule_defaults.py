# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What a new rule is, if nobody says anything else."""
import datetime as dt

__all__ = ['RuleDefaults']


class RuleDefaults:
    "The defaults of the fields of a rule"
    __slots__ = ()

    @staticmethod
    def default_direction():
        return 'both'

    @staticmethod
    def default_conflict_policy():
        return 'newest'

    @staticmethod
    def default_path():
        return '${record.rec_name}'

    @staticmethod
    def default_filename():
        return '${attachment.name}'

    @staticmethod
    def default_storage():
        return 'copy'

    @staticmethod
    def default_images():
        return 'full'

    @staticmethod
    def default_document_format():
        # Tryton does not send such documents back: they need only look alike
        return 'pdf'

    @staticmethod
    def default_spreadsheet_format():
        return 'xlsx'

    @staticmethod
    def default_presentation_format():
        return 'pdf'

    @staticmethod
    def default_drawing_format():
        return 'pdf'

    @staticmethod
    def default_match_folder():
        return True

    @staticmethod
    def default_match_properties():
        return True

    @staticmethod
    def default_orphans():
        return 'log'

    @staticmethod
    def default_encrypted():
        return False

    @staticmethod
    def default_lock():
        return False

    @staticmethod
    def default_lock_timeout():
        return dt.timedelta(hours=8)

    @staticmethod
    def default_versions():
        return 'replace'
