"""The pages of the API: one a package, each module with what it defines, written before Sphinx reads."""

import ast
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
PACKAGES = {"ilo_theory": "the theory", "ilo_practice": "the practice"}


def modules(package: str) -> list[str]:
    """All of a package that say what they are, in order; what runs as a command is not read."""
    found = []
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = [*path.relative_to(ROOT).with_suffix("").parts]
        if parts[-1] == "__main__" or not ast.get_docstring(ast.parse(path.read_text("utf-8"))):
            continue
        found.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return found


def write(app) -> None:
    """One page a part of a package: a folder, or the modules that lie in none."""
    target = HERE / "_gathered" / "api"
    target.mkdir(parents=True, exist_ok=True)
    for package, title in PACKAGES.items():
        pages: dict[str, list[str]] = {}
        for module in modules(package):
            parts = module.split(".")
            folder = (ROOT / package / parts[1]).is_dir() if len(parts) > 1 else False
            pages.setdefault(".".join(parts[:2]) if folder else package, []).append(module)
        for page, some in pages.items():
            head = f"{package}: {title}" if page == package else page
            lines = [head, "=" * len(head), ""]
            for module in some:
                if module != page:
                    lines += [module, "-" * len(module), ""]
                lines += [f".. automodule:: {module}", ""]
            if page == package:
                others = sorted(other for other in pages if other != package)
                lines += [".. toctree::", "   :maxdepth: 1", "", *(f"   {other}" for other in others), ""]
            (target / f"{page}.rst").write_text("\n".join(lines), "utf-8")


def setup(app) -> dict:
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True}
