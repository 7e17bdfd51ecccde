"""A published network onto this machine: mirror after mirror, and nothing in its place before its hash is right."""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import pooch

from ilo_practice.registry.partial import Partial, partial
from ilo_practice.registry.table import PUBLISHED, Published, named
from ilo_practice.registry.transfer import Refused, Stale, Told, checked, receive

AGAIN = 5  # transfers from one address, if each brings more


class Unverified(RuntimeError):
    """The file is here, in quarantine, and nobody has said which hash it ought to have."""


def default_folder() -> Path:
    """Where this machine keeps such files for all its projects."""
    return Path(pooch.os_cache("ilo"))


def whereabouts(name: str, folder: str | Path | None = None) -> Path:
    """The file that `fetch(name)` makes, whether it is there or not. Raises ValueError for an unknown name."""
    return Path(folder or default_folder()) / named(name).file


def opened(source: str | Path, folder: str | Path | None = None) -> str | Path:
    """What `checkpoints` opens: `source` itself, a file or a name of ours, or the file fetched under a published name.

    Raises FileNotFoundError, saying how to fetch it, where that is not here yet.
    """
    if str(source) not in PUBLISHED or Path(source).exists():
        return source
    path = whereabouts(str(source), folder)
    if not path.is_file():
        raise FileNotFoundError(f"{source!r} is not here yet ({path}): fetch it first, `weights fetch {source}`.")
    return path


def fetch(
    name: str,
    *,
    folder: str | Path | None = None,
    sha256: str | None = None,
    mirrors: Iterable[str] | None = None,
    on_progress: Told = lambda done, total, what: None,
) -> Path:
    """The file of a published network, fetched if it is not in `folder` already.

    Args:
        name: one of `PUBLISHED`.
        folder: None for `default_folder()`.
        sha256: the hash that the file must have, where the registry knows none.
        mirrors: addresses to fetch from in place of the published ones.
        on_progress: told(done, total, what) as bytes arrive; `done` falls only where a transfer has to start anew.

    Returns the file, which has the hash. It takes its place whole or not at all, and what is there is never replaced.

    Raises:
        ValueError: an unknown name, a hash that is none or not the one of the registry, an address that is not https.
        FileExistsError: a file is there already, and it is not this one.
        ConnectionError: no mirror sent the file; says what each did. What did arrive is gone on with the next time.
        Unverified: no hash is known: the file is in quarantine.
        OSError: this machine cannot keep the file.
    """
    row = named(name)
    expected = _agreed(row, sha256)
    addresses = [checked(address) for address in (_addresses(row) if mirrors is None else mirrors)]
    if not addresses:
        raise ValueError("`fetch(mirrors=...)` must hold an address, got none.")
    target = whereabouts(name, folder)
    held = target.parent / "quarantine" / row.file
    if target.exists():
        return _present(name, target, expected)
    if held.is_file():
        received = pooch.file_hash(held)
        if expected is None:
            raise Unverified(_advice(name, "what came before", held, received))
        if received == expected:
            os.replace(held, target)
            return target
    with partial(target) as part:
        address = _first(addresses, part, row, expected, on_progress)
        if target.exists():  # somebody else was quicker
            part.restart()
            return _present(name, target, expected)
        if expected is not None:
            part.place(target)
            return target
        received = pooch.file_hash(part.path)
        part.place(held)
    raise Unverified(_advice(name, f"what {address} sent", held, received))


def _agreed(row: Published, sha256: str | None) -> str | None:
    """The hash that the file must have, None where nobody knows it."""
    if sha256 is None:
        return row.sha256
    given = sha256.strip().lower().removeprefix("sha256:")
    if not re.fullmatch("[0-9a-f]{64}", given):
        raise ValueError(f"`fetch(sha256=...)` must be 64 hexadecimal digits, got {sha256!r}.")
    if row.sha256 not in (None, given):
        raise ValueError(f"`fetch(sha256=...)` of {row.name} must be {row.sha256} (see {row.page}), got {given}.")
    return given


def _addresses(row: Published) -> list[str]:
    """The addresses of a row in the order in which they are tried."""
    published = [mirror.address for mirror in row.mirrors]
    if row.torchvision is not None:
        try:
            from torchvision.models import get_weight
        except ImportError:
            return published
        return [get_weight(row.torchvision).url, *published]
    return published


def _present(name: str, target: Path, expected: str | None) -> Path:
    """The file that is there already, if it is the one."""
    found = pooch.file_hash(target) if target.is_file() else None
    if found is not None and found == expected:
        return target
    what = f"with sha256 {found}" if found else "and is no file"
    wanted = f"not {expected}" if expected else "and which one it ought to have is not known: say it as sha256"
    raise FileExistsError(f"`fetch({name!r})`: {target} is there already, {what}, {wanted}.")


def _advice(name: str, what: str, held: Path, sha256: str) -> str:
    return (
        f"`fetch({name!r})`: no hash is known for it, so {what} is kept apart in {held}; its sha256 is {sha256}. "
        f"Compare that with a source that you trust, then fetch {name} with --sha256 and the hash from there."
    )


def _first(addresses: list[str], part: Partial, row: Published, expected: str | None, told: Told) -> str:
    """The first address that sends the file, all of it now in `part`."""
    said = []
    for address in addresses:
        try:
            _whole(address, part, row, expected, told)
            return address
        except Refused as error:
            said.append(f"{address}: {error}")
    raise ConnectionError(f"`fetch({row.name!r})`: no address sent the file. {'; '.join(said)}")


def _whole(address: str, part: Partial, row: Published, expected: str | None, told: Told) -> None:
    """Receive all of the file from one address, and check its hash. Raises Refused."""
    what = f"{row.file} from {urlsplit(address).hostname}"
    resume = _usable(part, address, expected)
    for left in reversed(range(AGAIN)):
        before = part.length if resume else 0
        try:
            if not resume or before < part.origin.total:
                receive(address, part, what=what, size=row.size, resume=resume, told=told)
        except Stale:
            part.restart()
            resume = False
            continue
        except Refused:  # perhaps cut short: then go on, as long as each transfer brings something
            if not left or part.length <= before or not _usable(part, address, expected):
                raise
            resume = True
            continue
        received = pooch.file_hash(part.path)
        if expected in (None, received):
            return
        part.restart()
        if not resume:
            raise Refused(f"the file it sent has sha256 {received}, not {expected}")
        resume = False  # what was there before may be what is wrong
    raise Refused("it sent other parts of the file than were asked for")


def _usable(part: Partial, address: str, expected: str | None) -> bool:
    """Whether `address` may go on with what is there: a hash will judge, or it is the same file by its validator."""
    origin = part.origin
    if origin is None or origin.total is None or not 0 < part.length <= origin.total:
        return False
    return expected is not None or (origin.address == address and origin.validator is not None)
