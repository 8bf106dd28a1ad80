# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"thumbnailLink of pictures [Files resource]"
import io
import weakref
from urllib.parse import quote, unquote

from . import access, errors
from .content import Content
from .resource import EXTRAS

PATH = '/drive-storage/'
# it lasts on the order of hours
LIFE = 3600
_SIZE = 220
_LARGEST = 1600
_TYPES = {
    'image/png', 'image/jpeg', 'image/gif', 'image/bmp', 'image/webp',
    'image/tiff'}
_known = weakref.WeakKeyDictionary()  # content -> (width, height) or None


def _measure(content):
    "Width and height, None when it is no picture"
    if content not in _known:
        from PIL import Image
        try:
            with content.open() as source, Image.open(source) as image:
                _known[content] = image.size
        except (OSError, ValueError, Image.DecompressionBombError):
            _known[content] = None
    return _known[content]


def _add(call, file, answer):
    "What the resource of a picture has besides"
    if file.mime_type not in _TYPES or not isinstance(
            file.content, Content):
        return
    if not (call.wants('thumbnailLink') or call.wants('hasThumbnail')
            or call.wants('imageMediaMetadata')):
        return
    size = _measure(file.content)
    if size is None:
        return
    width, height = size
    answer['imageMediaMetadata'] = {
        'width': width, 'height': height, 'rotation': 0}
    answer['hasThumbnail'] = True
    answer['thumbnailVersion'] = str(len(file.revisions))
    # only when the application can access the content
    held = access.scopes(call.token) & access.CONTENT if call.token else ()
    if call.token is None or access.reaches(call.token, file, held):
        answer['thumbnailLink'] = _link(call.state, file)


EXTRAS.append(_add)


def _link(state, file):
    token = state.seal('thumbnail', [
            file.id, file.head.id, int(state.clock()) + LIFE])
    return f'{state.content_url}{PATH}{quote(token, safe="")}=s{_SIZE}'


def fetch(state, request):
    "[Files resource] with the credentials, unless all may see the file"
    from ..api import Call
    from ..gateway import Response
    from .wire import account
    token, _, size = unquote(
        request.path[len(PATH):]).rpartition('=s')
    file_id, revision_id, expires = state.unseal('thumbnail', token) or (
        '', '', 0)
    file = state.drive.files.get(file_id)
    user, held = account(state, request)
    call = Call(state, user, {}, {}, {}, held)
    if (file is None or expires < state.clock()
            or file.head.id != revision_id
            or not access.visible(call, file)):
        raise errors.not_found(file_id)
    access.check_content(call, file)
    if not size.isdecimal() or not 0 < int(size) <= _LARGEST:
        raise errors.bad("Invalid size")
    return Response(
        200, {'Content-Type': 'image/png'}, _small(file.content, int(size)))


def _small(content, size):
    from PIL import Image
    buffer = io.BytesIO()
    with content.open() as source, Image.open(source) as image:
        image.thumbnail((size, size))
        image.convert('RGBA').save(buffer, 'PNG')
    return buffer.getvalue()
