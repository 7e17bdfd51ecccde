"""Links of the guides and of the files that they include: to pages of the site where there are, else the path."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = {"CLAIMS.md": "/claims.md", "CHANGELOG.md": "/changelog.md", "CONTRIBUTING.md": "/extending.md"}
LINK = re.compile(r"(!?)\[([^\]]*)\]\((?:\.\./)?([^)#:]+)\)")


def place(match: re.Match) -> str:
    """A page or a picture of the site, or the words and the path."""
    picture, words, target = match.groups()
    if target.startswith("results/"):
        return f"{picture}[{words}](/_gathered/{target})"
    if target in PAGES:
        return f"[{words}]({PAGES[target]})"
    if target.startswith("notebooks/") and target.endswith((".ipynb", ".py")):
        return f"[{words}](/_gathered/{Path(target).with_suffix('.ipynb')})"
    return f"{words} (`{target}`)" if (ROOT / target).exists() else match[0]


def rewrite(app, path, docname, content: list[str]) -> None:
    content[0] = LINK.sub(place, content[0])


def rewrite_guide(app, docname, content: list[str]) -> None:
    if "/" not in docname:
        rewrite(app, None, docname, content)


def setup(app) -> dict:
    app.connect("source-read", rewrite_guide)
    app.connect("include-read", rewrite)
    return {"parallel_read_safe": True}
