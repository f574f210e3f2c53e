"""Photos of contacts over HTTP."""

import io

from personal import create_contact, error
from PIL import Image

# -- photos ----------------------------------------------------------------------------


def picture(width=48, height=64, kind="JPEG"):
    """The bytes of an image."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (200, 30, 30)).save(buffer, kind)
    return buffer.getvalue()


def put_photo(graph, contact, content, kind="image/jpeg"):
    """PUT it."""
    headers = {"Content-Type": kind}
    path = f"me/contacts/{contact['id']}/photo/$value"
    return graph.call("PUT", path, data=content, headers=headers)


def test_a_photo_is_put_and_got(person):
    graph = person()
    contact = create_contact(graph)
    path = f"me/contacts/{contact['id']}/photo"
    for missing in (path, f"{path}/$value"):
        assert error(graph.get(missing), 404)[0] == "ErrorItemNotFound"
    content = picture()
    assert put_photo(graph, contact, content).status_code == 200
    about = graph.get(path).json()
    assert (about["width"], about["height"]) == (48, 64)
    assert about["@odata.mediaContentType"] == "image/jpeg"
    value = graph.get(f"{path}/$value")
    assert value.content == content
    assert value.headers["Content-Type"] == "image/jpeg"
    other = picture(10, 10, "PNG")
    assert put_photo(graph, contact, other, "image/png").status_code == 200
    fresh = graph.get(path).json()
    assert fresh["@odata.mediaEtag"] != about["@odata.mediaEtag"]
    assert graph.get(f"{path}/$value").content == other


def test_a_photo_is_neither_in_delta_nor_in_the_change_key(person):
    graph = person()
    contact = create_contact(graph)
    _items, link, _pages = graph.rounds("me/contacts/delta")
    put_photo(graph, contact, picture())
    assert graph.rounds(link)[0] == []
    fresh = graph.get(f"me/contacts/{contact['id']}").json()
    assert fresh["changeKey"] == contact["changeKey"]


def test_photos_that_are_refused(person):
    graph = person()
    contact = create_contact(graph)
    assert error(put_photo(graph, contact, b"no picture"))
    assert put_photo(graph, contact, picture() + b"\0" * 2**22).status_code in (
        400,
        413,
    )
    put_photo(graph, contact, picture())
    path = f"me/contacts/{contact['id']}/photo"
    for target in (path, f"{path}/$value"):
        assert graph.call("DELETE", target).status_code == 405
    assert graph.get(path).status_code == 200
