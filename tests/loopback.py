"""A web server on this machine whose every answer a test chooses."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]


class Site:
    """What is at each path of the server, one answer after another (the last for ever), and what was asked."""

    def __init__(self, port: int):
        self.port, self.answers, self.asked = port, {}, []

    def put(self, path: str, *answers: Answer) -> str:
        """The address at which `answers` are given in turn."""
        self.answers[path] = list(answers)
        return f"http://127.0.0.1:{self.port}{path}"

    def ranges(self) -> list[str | None]:
        """The header Range of each request, in order."""
        return [headers.get("Range") for _, headers in self.asked]


@contextmanager
def site() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            here.asked.append((self.path, dict(self.headers)))
            answers = here.answers[self.path]
            (answers.pop(0) if len(answers) > 1 else answers[0])(self)

        def log_message(self, *_):
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_):
            """A client that hangs up is part of the game."""

    server = Server(("127.0.0.1", 0), Handler)
    here = Site(server.server_port)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def file(
    content: bytes,
    *,
    ranges: bool = True,
    etag: str | None = '"1"',
    upto: int | None = None,
    claimed: int | None = -1,
    kind: str = "application/octet-stream",
    pause: float = 0.0,
    shift: int = 0,
    before: Callable[[], None] = lambda: None,
) -> Answer:
    """Sends `content` as servers do.

    Args:
        ranges: whether a Range is honoured, if If-Range allows it.
        upto: hang up there, in bytes of the content.
        claimed: the Content-Length, -1: the true one, None: none.
        pause: seconds between pieces of 16 kB.
        shift: how far the part that is sent lies from the one that was asked for.
        before: called first.
    """

    def answer(handler: BaseHTTPRequestHandler) -> None:
        before()
        asked, condition = handler.headers.get("Range"), handler.headers.get("If-Range")
        start = 0
        if ranges and asked and condition in (None, etag):
            start = int(asked.removeprefix("bytes=").removesuffix("-")) + shift
            if start >= len(content):
                handler.send_error(416)
                return
            handler.send_response(206)
            handler.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            handler.send_response(200)
        handler.send_header("Content-Type", kind)
        if etag:
            handler.send_header("ETag", etag)
        if claimed is not None:
            handler.send_header("Content-Length", str(len(content) - start if claimed == -1 else claimed))
        handler.end_headers()
        rest = content[start:upto]
        for i in range(0, len(rest), 16384):
            time.sleep(pause)
            handler.wfile.write(rest[i : i + 16384])

    return answer


def status(code: int, **headers: str) -> Answer:
    """Sends a status with a page that explains it, and headers whose names have _ for -."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer
