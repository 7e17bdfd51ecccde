"""One file from one address, by pooch's HTTP downloader, going on with what is there of it already.

What a server answers is looked at before a byte of it is kept: a status, a web page, another part than was asked for.
"""

import html
import ipaddress
import re
import shutil
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

import pooch

from ilo_practice.registry.partial import Origin, Partial, Unwritable

Told = Callable[[int, int | None, str], None]
"""told(done, total, what): how far it is, in bytes; the total is None where the server does not say."""

CHUNK = 1 << 16  # bytes
TIMEOUT = 30  # seconds, to connect and between two pieces
PAGE = 1 << 16  # bytes of a web page that are read for its title
WHERE = re.compile(r"<.*?>: |HTTPS?Connection\w*\(.*?\): ")  # which connection, where urllib3 says it
CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


class Refused(OSError):
    """What an address sent is not the file, or not all of it."""


class Stale(Refused):
    """What is there of the file is no use with this address: start anew."""


def checked(address: str) -> str:
    """The address, if it may be fetched from: https, or http on this machine itself; else ValueError."""
    parts = urlsplit(address)
    if not parts.hostname or (parts.scheme != "https" and not (parts.scheme == "http" and on_loopback(address))):
        raise ValueError(f"An address must be https://… (http on this machine alone), got {address!r}.")
    return address


def on_loopback(address: str) -> bool:
    """Whether the address is of this machine."""
    host = urlsplit(address).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def receive(address: str, part: Partial, *, what: str, size: int | None, resume: bool, told: Told) -> None:
    """Bring `part` to its whole length from `address`, going on with what is there if `resume`.

    `size` is that of the file in bytes, if it is known; `what` is for `told`.

    Raises Refused for what is not the file or ends early, Unwritable where this machine cannot keep it.
    """
    sink = _Sink(address, part, part.length if resume else 0, size, lambda done, total: told(done, total, what))
    headers = {"Accept-Encoding": "identity"}  # the bytes as they are, so that they can be counted
    if sink.start:
        headers["Range"] = f"bytes={sink.start}-"
        if part.origin.address == address and part.origin.validator:
            headers["If-Range"] = part.origin.validator
    hooks = {"response": sink.answered}
    download = pooch.HTTPDownloader(chunk_size=CHUNK, timeout=TIMEOUT, headers=headers, hooks=hooks)
    try:
        download(address, sink, None)
    except (Refused, Unwritable):
        raise
    except (OSError, ValueError) as error:  # of requests, whose errors are OSErrors
        raise Refused(sink.ending() or reason(error)) from error
    finally:
        sink.close()
    if problem := sink.ending():
        raise Refused(problem)


class _Sink:
    """The file object that the downloader writes to, and its look at each answer before that."""

    def __init__(self, address: str, part: Partial, start: int, size: int | None, told: Callable):
        self.address, self.part, self.start, self.size, self.told = address, part, start, size, told
        self.origin = self.response = None

    def answered(self, response, **_) -> None:
        """Called by requests with each answer, redirects included, before its content is read."""
        self.response = response
        if response.is_redirect:
            self._allow(urljoin(response.url, response.headers["location"]))
            return
        status, headers = response.status_code, response.headers
        if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and self.start:
            raise Stale("the file there is shorter than what is here")
        if status not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
            wait = f", try again after {plain(headers['retry-after'])}" if "retry-after" in headers else ""
            raise Refused(f"status {status} {plain(response.reason or '')}{wait}")
        if headers.get("content-type", "").partition(";")[0].strip().lower() in ("text/html", "application/xhtml+xml"):
            body = response.raw.read(PAGE, decode_content=True)
            raise Refused(web_page(body, headers.get("content-length")))
        total = self._total(status, headers)
        if None not in (total, self.size) and total != self.size:
            raise Refused(f"the file there has {total} bytes, not {self.size}")
        self._room(total)
        validator = headers.get("etag") or headers.get("last-modified")
        weak = validator is not None and validator.startswith("W/")
        self.origin = Origin(self.address, None if weak else validator, total)

    def _allow(self, target: str) -> None:
        try:
            checked(target)
        except ValueError:
            raise Refused(f"it redirects to {plain(target)}, which is not https") from None
        if on_loopback(target) and not on_loopback(self.address):
            raise Refused(f"it redirects to this machine, {plain(target)}")

    def _total(self, status: int, headers) -> int | None:
        """The size of the whole file; sets `start` to where the content begins in it."""
        if status == HTTPStatus.PARTIAL_CONTENT:
            found = CONTENT_RANGE.fullmatch(headers.get("content-range", "").strip())
            known = self.part.origin.total if self.part.origin else None
            if not self.start or not found or int(found[1]) != self.start or found[2] != str(known):
                raise (Stale if self.start else Refused)("it sent another part of the file than was asked for")
            return known
        self.start = 0
        length = headers.get("content-length")
        if length is None or headers.get("content-encoding", "identity") != "identity":
            return None
        if not length.isdecimal():
            raise Refused(f"Content-Length is {plain(length)}")
        return int(length)

    def _room(self, total: int | None) -> None:
        free, needed = shutil.disk_usage(self.part.path.parent).free, (total or 0) - self.start
        if needed > free:
            raise Unwritable(f"{needed} bytes are to come, and {free} are free in {self.part.path.parent}")

    def write(self, chunk: bytes) -> None:
        if self.origin is not self.part.origin:  # the first of this answer
            if not self.start:
                head = chunk[:256].lstrip().lower()
                if head.startswith((b"<!doctype html", b"<html", b"<?xml")):
                    raise Refused(web_page(chunk, self.origin.total))
                self.part.restart()
            self.part.began(self.origin)
            self.origin = self.part.origin
        self.part.append(chunk)
        self.told(self.part.length, self.origin.total)

    def flush(self) -> None:
        """Nothing waits: `Partial` does not buffer."""

    def ending(self) -> str | None:
        """What is wrong with how it ended: nothing came, or not all; None for nothing."""
        if self.origin is None or self.origin is not self.part.origin:
            return "it sent nothing" if self.origin else None
        done, total = self.part.length, self.origin.total
        return None if total in (None, done) else f"the transfer stopped at {done} of {total} bytes"

    def close(self) -> None:
        if self.response is not None:
            self.response.close()


def web_page(body: bytes, size: int | str | None) -> str:
    """What to say of a web page that came in place of a file."""
    text = body.decode("utf-8", "replace")
    title = re.search(r"<title[^>]*>(.*?)</title", text, re.DOTALL | re.IGNORECASE)
    size = int(size) if str(size).isdecimal() else len(body)
    return f"the server sent a web page, {max(size / 1000, 0.1):.2g} kB: {plain(title[1]) if title else 'no title'}"


def reason(error: Exception) -> str:
    """An error of requests in a few words: the innermost of those that it wraps."""
    inner = error
    while True:
        further = getattr(inner, "reason", None) or (inner.args[0] if inner.args else None)
        if not isinstance(further, Exception):
            break
        inner = further
    text = WHERE.sub("", str(inner))
    return plain(text or type(inner).__name__)


def plain(text: str, most: int = 100) -> str:
    """Text of a server as it may stand in a message: one line, nothing that steers a terminal, not long."""
    text = " ".join("".join(c if c.isprintable() else " " for c in html.unescape(text)).split())
    return text if len(text) <= most else f"{text[:most]}…"
