"""Ratios of running times, measured side by side in one process, in turn, so that a noisy machine slows all alike.

A ratio is taken within its round, so that it compares neighbours in time; beside the minimum, median and maximum of
these stands the ratio of the two minima, the least disturbed of all.
"""

import gc
import statistics
import time
from collections.abc import Callable, Mapping

SHORTEST = 2e-3  # seconds: a quicker function is called in a loop that lasts this long, far above the clock's step
QUICK = 0.05  # seconds: so quick a function is called once untimed, lest it finds the caches full of its predecessor's


def interleaved(
    functions: Mapping[str, Callable[[], object]],
    *,
    seconds: float | None = None,
    repeats: int | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, list[float]]:
    """Seconds a call of each function, one entry a round; every name's list has the same length.

    Arguments:
        functions: what to time, by name; each is called beforehand to warm up.
        seconds: rounds go on for this long (at least three); or else
        repeats: the number of rounds.
        clock: what is counted; `time.process_time` leaves out what other programs take, and adds up threads.

    Raises:
        ValueError: unless exactly one of `seconds` and `repeats` is given.
    """
    if (seconds is None) == (repeats is None):
        raise ValueError(f"`interleaved` takes one of seconds and repeats, got {seconds=} and {repeats=}.")
    calls = {name: _calls_needed(function, clock) for name, function in functions.items()}
    times: dict[str, list[float]] = {name: [] for name in functions}
    collecting = gc.isenabled()
    gc.disable()
    try:
        start, rounds = time.perf_counter(), 0
        while rounds < repeats if repeats is not None else rounds < 3 or time.perf_counter() - start < seconds:
            for name, function in functions.items():
                if times[name] and times[name][-1] < QUICK:
                    function()
                times[name].append(_seconds(function, calls[name], clock))
            rounds += 1
    finally:
        if collecting:
            gc.enable()
    return times


def ratio(times: Mapping[str, list[float]], name: str, unit: str) -> tuple[float, float, float, float]:
    """The time of `name` in units: (minimum / minimum, then the minimum, median and maximum over the rounds)."""
    of_rounds = [a / b for a, b in zip(times[name], times[unit], strict=True)]
    return min(times[name]) / min(times[unit]), min(of_rounds), statistics.median(of_rounds), max(of_rounds)


def print_table(title: str, times: Mapping[str, list[float]], unit: str) -> None:
    """Prints a Markdown table: each function's time in units of `unit`, which is printed in milliseconds."""
    of_unit = min(times[unit]) * 1e3
    print(f"\n{title} — unit: {unit}, {of_unit:.4g} ms, {len(times[unit])} rounds\n")
    print("| units | of minima | min | median | max |\n|---|---:|---:|---:|---:|")
    for name in times:
        if name != unit:
            print(f"| {name} | " + " | ".join(f"{value:.3g}" for value in ratio(times, name, unit)) + " |")


def _seconds(function: Callable[[], object], calls: int, clock: Callable[[], float]) -> float:
    start = clock()
    for _ in range(calls):
        function()
    return (clock() - start) / calls


def _calls_needed(function: Callable[[], object], clock: Callable[[], float]) -> int:
    function()
    calls = 1
    while (elapsed := calls * _seconds(function, calls, clock)) < SHORTEST:
        calls = max(2 * calls, int(1.2 * calls * SHORTEST / max(elapsed, 1e-9)))
    return calls
