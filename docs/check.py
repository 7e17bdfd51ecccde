"""python docs/check.py FOLDER: every link of the built site that stays in it leads to a file, and to a place in it."""

import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The links of a page, and the places in it that a link can name."""

    def __init__(self, text: str):
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.places |= {values[name] for name in ("id", "name") if values.get(name)}
        self.links += [values[name] for name in ("href", "src") if values.get(name) and tag != "use"]


def broken(folder: Path) -> Iterator[str]:
    """A line for each link within the folder that leads nowhere."""
    pages = {path.resolve(): Page(path.read_text("utf-8")) for path in sorted(folder.rglob("*.html"))}
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists():
                yield f"{path.relative_to(folder.resolve())}: {link}: no such file"
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].places:
                yield f"{path.relative_to(folder.resolve())}: {link}: no such place"


def main() -> int:
    """Exit status 1 where a link is broken, or where there is no page."""
    folder = Path(sys.argv[1])
    found = list(dict.fromkeys(broken(folder)))
    print("\n".join(found), end="\n" if found else "", file=sys.stderr)
    count = len(list(folder.rglob("*.html")))
    print(f"{count} pages, {len(found)} broken links")
    return int(bool(found) or not count)


if __name__ == "__main__":
    sys.exit(main())
