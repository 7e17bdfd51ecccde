"""Fetching over real HTTP from this machine: what servers do, and that only the right file takes its place."""

import hashlib
import random
import socket
import threading

import pytest

from ilo_practice import registry
from ilo_practice.registry import Published, Unverified, fetch, transfer
from tests.loopback import file, site, status

CONTENT = random.Random(0).randbytes(300_000)
OTHER = random.Random(1).randbytes(300_000)
HASH = hashlib.sha256(CONTENT).hexdigest()
PAGE = b"<!DOCTYPE html><html><head><title>Quota\x1b[31m exceeded &amp;\n gone</title></head>" + b"." * 3000


@pytest.fixture(scope="module")
def server():
    with site() as here:
        yield here


@pytest.fixture
def web(server, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server.answers.clear()
    server.asked.clear()
    for name, known in (("net", HASH), ("unknown", None)):
        row = Published(name, f"{name}.pkl", "a test", 8, "none", (), known, "https://example.org/page")
        monkeypatch.setitem(registry.PUBLISHED, name, row)
    return server


@pytest.fixture
def get(web, tmp_path):
    """Fetch a network from answers of the server, each a mirror of its own; a list: answers of one mirror in turn."""

    def run(*mirrors, name="net", **options):
        mirrors = [answers if isinstance(answers, list) else [answers] for answers in mirrors]
        addresses = [web.put(f"/{i}/{name}.pkl", *answers) for i, answers in enumerate(mirrors)]
        return fetch(name, folder=tmp_path / "cache", mirrors=addresses, **options)

    return run


def names(folder) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_whole_file_takes_its_place(get, web, tmp_path):
    told = []
    path = get(file(CONTENT), on_progress=lambda *what: told.append(what))
    assert path == tmp_path / "cache" / "net.pkl"
    assert path.read_bytes() == CONTENT
    assert path.stat().st_mode & 0o777 == 0o644
    assert names(tmp_path) == ["cache/net.pkl"]
    assert told[-1] == (300_000, 300_000, "net.pkl from 127.0.0.1")
    assert web.asked[0][1]["Accept-Encoding"] == "identity"  # else what arrives cannot be counted


def test_a_slow_server_is_waited_for_and_progress_only_grows(get):
    told = []
    get(file(CONTENT, pause=0.02), on_progress=lambda done, total, what: told.append(done))
    assert len(told) >= 4
    assert told == sorted(set(told))
    assert told[-1] == len(CONTENT)


@pytest.mark.parametrize("etag", ['"1"', None])
def test_a_transfer_that_is_cut_is_gone_on_with_at_once(get, web, etag):
    told = []
    cut = file(CONTENT, upto=200_000, etag=etag)
    assert get([cut, file(CONTENT, etag=etag)], on_progress=lambda *now: told.append(now[0])).read_bytes() == CONTENT
    first, second = web.ranges()
    assert first is None
    assert 100_000 < int(second.removeprefix("bytes=").removesuffix("-")) <= 200_000
    assert told == sorted(set(told))


def test_a_later_run_goes_on_with_what_an_earlier_one_received(get, web, tmp_path):
    with pytest.raises(ConnectionError, match=r"status 503"):
        get([file(CONTENT, upto=200_000), status(503)])
    assert names(tmp_path) == ["cache/.net.pkl.part", "cache/.net.pkl.part.json"]
    received = (tmp_path / "cache" / ".net.pkl.part").stat().st_size
    assert 100_000 < received <= 200_000
    web.asked.clear()
    assert get(file(CONTENT)).read_bytes() == CONTENT
    assert web.ranges() == [f"bytes={received}-"]
    assert names(tmp_path) == ["cache/net.pkl"]


def test_another_mirror_goes_on_where_the_first_hung_up(get, web):
    assert get([file(CONTENT, upto=200_000), status(503)], file(CONTENT, etag='"2"')).read_bytes() == CONTENT
    assert web.asked[-1][1]["Range"].startswith("bytes=1")
    assert "If-Range" not in web.asked[-1][1]  # that is a question about the file of the first mirror


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(file(CONTENT, ranges=False), id="no ranges"),
        pytest.param(file(CONTENT, etag='"2"'), id="another version"),
    ],
)
def test_a_server_that_sends_all_again_is_listened_to_from_the_start(get, web, second):
    assert get([file(OTHER, upto=200_000), second]).read_bytes() == CONTENT
    assert [bool(asked) for asked in web.ranges()] == [False, True]


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(file(CONTENT, shift=5), id="another part"),
        pytest.param(file(CONTENT[:1000]), id="a shorter file"),
        pytest.param(file(CONTENT + b"!"), id="a longer file"),
    ],
)
def test_another_part_than_was_asked_for_is_never_appended(get, web, second):
    assert get([file(CONTENT, upto=200_000), second, file(CONTENT)]).read_bytes() == CONTENT
    assert [bool(asked) for asked in web.ranges()] == [False, True, False]


def test_parts_of_two_files_are_found_out_and_fetched_anew(get, web):
    assert get([file(OTHER, upto=200_000), file(CONTENT)]).read_bytes() == CONTENT
    assert [bool(asked) for asked in web.ranges()] == [False, True, False]


def test_a_wrong_hash_leaves_nothing(get, tmp_path):
    with pytest.raises(ConnectionError, match=f"sha256 {hashlib.sha256(OTHER).hexdigest()}, not {HASH}"):
        get(file(OTHER))
    assert names(tmp_path) == []


def test_a_wrong_file_at_one_mirror_is_followed_by_the_right_one_at_the_next(get, web):
    assert get(file(OTHER), file(CONTENT)).read_bytes() == CONTENT
    assert web.ranges() == [None, None]


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/octet-stream"])
def test_a_web_page_is_recognised(get, tmp_path, kind):
    with pytest.raises(ConnectionError, match=r"the server sent a web page, 3.1 kB: Quota \[31m exceeded & gone$"):
        get(file(PAGE, kind=kind))
    assert names(tmp_path) == []


def test_a_web_page_does_not_cost_what_was_received(get, tmp_path):
    page = file(PAGE, kind="text/html", ranges=False)
    with pytest.raises(ConnectionError, match="web page"):
        get([file(CONTENT, upto=200_000), page])
    assert (tmp_path / "cache" / ".net.pkl.part").stat().st_size > 100_000
    assert get(file(CONTENT)).read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (status(404), "status 404 Not Found"),
        (status(429, Retry_After="30"), "status 429 Too Many Requests, try again after 30"),
        (status(500), "status 500 Internal Server Error"),
        (status(304), "status 304 Not Modified"),
        (file(b""), "it sent nothing"),
        (file(CONTENT, claimed=300_001), "the transfer stopped at 262144 of 300001 bytes"),
        (status(206), "another part of the file"),
        (lambda handler: handler.wfile.write(b"SSH-2.0\r\n"), "BadStatusLine"),
        (lambda handler: None, "Remote end closed connection without response"),
        (file(CONTENT, claimed="many"), "Content-Length is many"),
        (file(b"Sorry", kind="Text/HTML"), "the server sent a web page, 0.1 kB: no title"),
    ],
)
def test_what_is_wrong_with_a_mirror_is_said_and_the_next_one_tried(get, tmp_path, answer, said):
    with pytest.raises(ConnectionError) as caught:
        get(answer, status(403))
    message = str(caught.value)
    assert message.startswith("`fetch('net')`: no address sent the file. http://127.0.0.1:")
    assert "/0/net.pkl: " in message
    assert said in message.partition("/1/net.pkl: ")[0]
    assert message.endswith("/1/net.pkl: status 403 Forbidden")
    assert "\n" not in message
    assert get(answer, file(CONTENT)).read_bytes() == CONTENT
    assert names(tmp_path) == ["cache/net.pkl"]


def test_no_network_is_one_line_for_each_mirror(web, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        addresses = [f"http://127.0.0.1:{free.getsockname()[1]}/a", "http://localhost:9/b"]
    with pytest.raises(ConnectionError) as caught:
        fetch("net", folder=tmp_path, mirrors=addresses)
    assert str(caught.value).count("Connection refused") == 2
    assert all(f"{address}: " in str(caught.value) for address in addresses)
    assert len(str(caught.value)) < 300
    assert names(tmp_path) == []


def test_redirects_are_followed(get, web):
    web.put("/again", status(307, Location=web.put("/there", file(CONTENT))))
    assert get(status(302, Location="/again")).read_bytes() == CONTENT
    assert [path for path, _ in web.asked] == ["/0/net.pkl", "/again", "/there"]


@pytest.mark.parametrize("target", ["http://example.org/x", "ftp://example.org/x", "file:///etc/hostname"])
def test_redirects_to_what_is_not_https_are_not_followed(get, target):
    with pytest.raises(ConnectionError, match=f"it redirects to {target}, which is not https"):
        get(status(302, Location=target))


def test_a_redirect_from_elsewhere_to_this_machine_is_not_followed(tmp_path):
    sink = transfer._Sink("https://example.org/x", None, 0, None, None)
    sink._allow("https://example.com/y")
    for target in ("http://127.0.0.1/x", "https://localhost/x", "http://[::1]/x"):
        with pytest.raises(transfer.Refused, match="it redirects to this machine"):
            sink._allow(target)


def test_a_file_of_no_stated_length_is_taken_if_its_hash_is_right(get):
    told = []
    assert get(file(CONTENT, claimed=None), on_progress=lambda *now: told.append(now)).read_bytes() == CONTENT
    assert told[-1][:2] == (300_000, None)
    assert {total for _, total, _ in told} == {None}


def test_two_at_once_end_whole(web, tmp_path):
    both = threading.Barrier(2)
    address = web.put("/net", file(CONTENT, before=lambda: both.wait(10), pause=0.01))
    paths, failures = [], []

    def run():
        try:
            paths.append(fetch("net", folder=tmp_path, mirrors=[address]))
        except OSError as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert paths == [tmp_path / "net.pkl"] * 2
    assert paths[0].read_bytes() == CONTENT
    assert names(tmp_path) == ["net.pkl"]


def test_without_a_hash_the_file_goes_into_quarantine(get, web, tmp_path):
    held = tmp_path / "cache" / "quarantine" / "unknown.pkl"
    with pytest.raises(Unverified, match=f"what http://127.* sent is kept apart in {held}; its sha256 is {HASH}"):
        get(file(CONTENT), name="unknown")
    assert names(tmp_path) == ["cache/quarantine/unknown.pkl"]
    assert held.read_bytes() == CONTENT

    with pytest.raises(Unverified, match=HASH):
        get(file(CONTENT), name="unknown")
    assert len(web.asked) == 1  # it is there

    path = get(status(500), name="unknown", sha256=HASH.upper())
    assert path.read_bytes() == CONTENT
    assert names(tmp_path) == ["cache/unknown.pkl"]
    assert len(web.asked) == 1


def test_a_hash_that_is_given_is_what_counts(get, tmp_path):
    with pytest.raises(Unverified):
        get(file(OTHER), name="unknown")
    assert get(file(CONTENT), name="unknown", sha256=f"sha256:{HASH}").read_bytes() == CONTENT
    assert names(tmp_path) == ["cache/quarantine/unknown.pkl", "cache/unknown.pkl"]


def test_without_a_hash_only_the_same_version_at_the_same_address_is_gone_on_with(get, web):
    with pytest.raises(ConnectionError, match="503"):
        get([file(OTHER, upto=200_000), status(503)], name="unknown")
    web.asked.clear()
    with pytest.raises(Unverified, match=HASH):
        get(status(404), file(CONTENT), name="unknown")
    (_, first), (_, second) = web.asked
    assert first["If-Range"] == '"1"'
    assert "Range" not in second
