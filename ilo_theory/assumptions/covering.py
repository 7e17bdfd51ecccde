"""Theorem 2 without its l1 ball: Maurey's net, and its size, in an l2 ball of the same radius."""

import math

import torch

from ilo_theory.bounds import exact_radius, maurey_entropy, volume_entropy
from ilo_theory.nets import covering_radius, maurey_net
from ilo_theory.verdict import Verdict, certified


def net_covers(d: int, r: float, t: int, *, l1: bool) -> Verdict:
    """Whether every point of a ball is within r/sqrt(t) of Maurey's net of t draws (Theorem 2).

    Args:
        d: dimension, 1 to 4.
        r: radius of the ball.
        t: draws.
        l1: whether it is the l1 ball, whose covering radius is exact; else the l2 ball, whose covering radius lies
            between the distance of (1, ..., 1) r/sqrt(d) and what x/sqrt(d), which is in the l1 ball, leaves.
    """
    net, rhs = maurey_net(d, r, t), r / math.sqrt(t)
    if l1 or d == 1:  # where both are an interval
        return certified(covering_radius(net, r), rhs, scope=f"B_1^{d}({r:g}), by its Voronoi vertices, t = {t}")
    point = torch.full((1, d), r / math.sqrt(d), dtype=net.dtype)
    distance = torch.cdist(point, net).min().item()
    most = max(distance, r * (1 - 1 / math.sqrt(d)) + exact_radius(d, r, t))
    return certified((distance, most), rhs, scope=f"B_2^{d}({r:g}), t = {t}", point=point[0].tolist())


def volume_fits(d: int, r: float, delta: float, *, l1: bool) -> Verdict:
    """Whether as many balls of radius delta as (8) allows have the volume of a ball of radius r, in logarithms.

    vol(B(r)) / vol(B_2^d(delta)) is a lower bound of the covering number of the ball, (r/delta)^2 log(2d + 1) the upper
    one of Theorem 2.

    Args:
        d: dimension.
        r: radius of the ball.
        delta: of the balls that cover it, in (0, r].
        l1: whether it is the l1 ball, else the l2 ball.
    """
    rhs = maurey_entropy(d, r, delta)
    lhs = volume_entropy(d, r, delta) if l1 else d * math.log(r / delta)
    return certified(lhs, rhs, scope=f"B_{1 if l1 else 2}^{d}({r:g}), delta = {delta:g}")
