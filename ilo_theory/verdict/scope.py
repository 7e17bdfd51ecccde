"""Which cases a verdict covers, in words: exactly these, no others."""


def describe(cases: list[dict]) -> str:
    """Say which values the cases took, as "d = 1, t = 1…40; d = 2, 3, t = 1…8": exactly these, no others."""
    kinds = dict.fromkeys(map(tuple, cases))
    if len(kinds) > 1:
        return "; ".join(describe([case for case in cases if tuple(case) == kind]) for kind in kinds)
    if not (keys := next(iter(kinds))):
        return ""
    groups: dict[str, list] = {}  # what the other keys took -> the values of the first with which they did
    for value in dict.fromkeys(case[keys[0]] for case in cases):
        others = [{key: case[key] for key in keys[1:]} for case in cases if case[keys[0]] == value]
        groups.setdefault(describe(others), []).append(value)
    return _abridged("; ", [f"{keys[0]} = {_listed(seen)}" + f", {rest}" * bool(rest) for rest, seen in groups.items()])


def _listed(values: list) -> str:
    """Numbers in order and whole ones in a row as a range; other values as they come."""
    runs: list[list] = []
    for value in sorted(values) if all(isinstance(value, int | float) for value in values) else values:
        if runs and isinstance(value, int) and value - 1 == runs[-1][-1]:
            runs[-1].append(value)
        else:
            runs.append([value])
    return _abridged(", ", [t for run in runs for t in ([f"{run[0]}…{run[-1]}"] if len(run) > 2 else map(_short, run))])


def _abridged(separator: str, texts: list[str]) -> str:
    return separator.join(texts if len(texts) <= 8 else [*texts[:4], "…", texts[-1]])


def _short(value: object) -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{value:.6g}" if number and (isinstance(value, float) or value >= 10**6) else str(value)
