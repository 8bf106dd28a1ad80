# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Contents arrive whole or not at all, whatever happens on the way"
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trytond.modules.google_integration import media
from trytond.modules.google_integration.client import GoogleError

from .media_case import EMAIL, UNIT, MediaTestCase, md5, some

FAULTS = st.one_of(
    st.builds(dict, action=st.sampled_from([
                'drop_before', 'drop_after', 'malformed', 'truncated'])),
    st.builds(
        dict, action=st.sampled_from(['drop_body', 'truncated', 'corrupt']),
        size=st.integers(0, 5 * UNIT)),
    st.builds(
        dict, action=st.just('status'),
        status=st.sampled_from([401, 429, 500, 503])))
SIZES = st.one_of(
    st.sampled_from([0, 1, UNIT, 2 * UNIT]), st.integers(0, 5 * UNIT))


def law(**strategies):
    def decorate(function):
        return settings(
            max_examples=40, deadline=None, derandomize=True,
            suppress_health_check=list(HealthCheck))(
                given(**strategies)(function))
    return decorate


class LawsTestCase(MediaTestCase):

    def setUp(self):
        super().setUp()
        self.google = self.client()

    def faults(self, faults, method_id):
        self.admin.clear_faults()
        self.admin.clear_log()
        self.slept.clear()
        for nth, values in enumerate(faults, 1):
            self.admin.add_fault(method_id=method_id, nth=nth, **values)

    @law(size=SIZES, faults=st.lists(FAULTS, max_size=4),
        piece=st.integers(1, 6 * UNIT), gentle=st.booleans(),
        stored=st.sampled_from([None, UNIT, 2 * UNIT]))
    def test_resume(self, size, faults, piece, gentle, stored):
        "Until it is done, with as many sessions as it takes"
        data = some(size)
        self.admin.options(gentle_uploads=gentle, upload_stored=stored)
        answer = self.google.execute(
            self.google.api.files().generateIds(count=1))
        file_id, = answer['ids']
        self.faults(
            [f for f in faults if f['action'] != 'corrupt'],
            'drive.upload.*')
        uri = None
        for _ in range(12):
            if uri is None:
                uri = media.begin(
                    self.google, self.create(self.google, id=file_id),
                    size, 'a/b')
            try:
                resource = media.resume(
                    self.google, uri, self.path(data), size, piece=piece)
                break
            except media.SessionLost:
                uri = None
            except GoogleError as error:
                self.assertTrue(error.transient or error.status == 401)
        else:
            self.fail("it never ends")
        self.assertEqual(
            (resource['id'], resource['md5Checksum']), (file_id, md5(data)))
        self.assertContent(file_id, data)
        self.assertEqual(self.admin.file(file_id)['revisions'], 1)

    @law(size=SIZES, faults=st.lists(FAULTS, max_size=4))
    def test_receive(self, size, faults):
        data = some(size)
        file_id = self.admin.create_file(EMAIL, 'a.bin', '')['id']
        if size:
            self.admin.edit_file(EMAIL, file_id, content=data)
        self.faults(
            [f for f in faults if f['action'] != 'drop_body'],
            'drive.files.get_media')
        for _ in range(12):
            try:
                received = media.receive(
                    self.google, self.get(self.google, file_id), self.path(),
                    size=size, md5=md5(data))
                break
            except GoogleError as error:
                self.assertTrue(error.transient or error.status == 401)
        else:
            self.fail("it never ends")
        self.assertEqual(received.size, size)
        with open(self.path(), 'rb') as file:
            self.assertEqual(file.read(), data)
