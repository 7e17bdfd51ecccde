"""Branch and bound: boxes that may hold a point better than the best by more than the tolerance are halved, others not.

A box that is given up leaves its lower bound on record; the least of these is the certificate. With the direction u of
the residual that was found for a box, its lower bound is that of <u, T N(G1(z) + b) + t>, where

* N is the identity: b is minimised over all of its ball, which is convex, and only z is branched on;
* else: b is branched on too, and the linear problem in b over box and l1 ball together is solved exactly.
"""

import math
from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from ilo_theory.optimum.convex import Balls, nearest, times
from ilo_theory.optimum.enclosure import beside, identity, through
from ilo_theory.optimum.reduced import Reduced

AT_ONCE = 4096  # boxes: what is computed of them stays near the cache
STEPS = 60  # in b, for one box: a direction that is not the best is a certificate all the same


@dataclass(frozen=True)
class Boxes:
    """B boxes of d sides, each with its target.

    which: [B], its target; centre, half: [B, d], half being that of the sides; b: [B, p], found for it so far;
    lower: [B], of all values in it; slack: [B, d], what each side costs that bound.
    """

    which: Tensor
    centre: Tensor
    half: Tensor
    b: Tensor
    lower: Tensor
    slack: Tensor

    def __len__(self) -> int:
        return len(self.which)

    def __getitem__(self, rows: Tensor) -> "Boxes":
        return Boxes(*(getattr(self, field.name)[rows] for field in fields(self)))

    def __add__(self, other: "Boxes") -> "Boxes":
        return Boxes(*(torch.cat((getattr(self, field.name), getattr(other, field.name))) for field in fields(self)))

    def halved(self) -> "Boxes":
        """Each in two, across the side that costs most."""
        side = torch.zeros_like(self.half).scatter_(1, self.slack.argmax(dim=1, keepdim=True), 0.5)
        half, move = self.half * (1 - side), self.half * side
        return replace(self, half=half, centre=self.centre - move) + replace(self, half=half, centre=self.centre + move)


def branch_and_bound(problem: Reduced, tolerance: float, limit: int) -> tuple[Tensor, Tensor, int]:
    """The best points found [D, k + p], lower bounds [D], and how many boxes it took."""
    search = Search(problem, tolerance)
    waiting = search.judged(search.root())
    count = len(problem.t)
    while len(waiting) and count < limit:
        order = waiting.lower.argsort()
        chosen, waiting = waiting[order[:AT_ONCE]].halved(), waiting[order[AT_ONCE:]]
        count += len(chosen)
        waiting = search.open(waiting + search.judged(chosen))
    search.give_up(waiting)
    return search.points, search.floor, count


class Search:
    """For each target the best point so far [D, k + p], its value [D], and the least lower bound given up [D]."""

    def __init__(self, problem: Reduced, tolerance: float):
        self.problem, self.tolerance = problem, tolerance
        self.branched = bool(problem.outer)  # on b too
        D = len(problem.t)
        self.points = problem.t.new_zeros(D, problem.balls.k + problem.p)
        self.value = problem.t.new_full((D,), math.inf)
        self.floor = self.value.clone()

    def root(self) -> Boxes:
        """One box for each target, which holds the balls."""
        (k, r1, r2), p, like = self.problem.balls, self.problem.p, self.problem.t
        D = len(like)
        sides = like.new_tensor([r1] * k + [r2] * (p * self.branched)).expand(D, -1)
        none = torch.zeros_like(sides)
        return Boxes(torch.arange(D), none, sides, like.new_zeros(D, p), like.new_zeros(D), none)

    def judged(self, boxes: Boxes) -> Boxes:
        """Those that stay open, by what the b of their parent proves first, and then by their own."""
        boxes = boxes[self._meets(boxes)]
        if self.branched:
            boxes = self._on_boxes_of_both(boxes)
        else:
            boxes = self._on_boxes_of_z(self.open(self._on_boxes_of_z(boxes, steps=0)), steps=STEPS)
        self._keep_best(boxes)
        return self.open(boxes)

    def open(self, boxes: Boxes) -> Boxes:
        """Those that may hold something better; the others are given up."""
        may = boxes.lower < self.value[boxes.which] - self.tolerance
        self.give_up(boxes[~may])
        return boxes[may]

    def give_up(self, boxes: Boxes) -> None:
        """Record their lower bounds."""
        self.floor.scatter_reduce_(0, boxes.which, boxes.lower, "amin")

    def _meets(self, boxes: Boxes) -> Tensor:
        """[B], whether the box has points of the balls, or seems so within rounding."""
        k, r1, r2 = self.problem.balls
        nearest = (boxes.centre.abs() - boxes.half).clamp(min=0)
        return (nearest[:, :k].norm(dim=1) <= r1 * (1 + 1e-12)) & (nearest[:, k:].sum(dim=1) <= r2 * (1 + 1e-12))

    def _on_boxes_of_z(self, boxes: Boxes, steps: int) -> Boxes:
        """Bounds by the dual problem in b at the centre, less what G1 may change."""
        T, t, norm = self.problem.of(boxes.which)
        f = through(self.problem.inner, identity(boxes.centre), boxes.half)
        ball = Balls(0, 0.0, self.problem.balls.r2)
        found = nearest(T, times(T, f.value) + t, ball, boxes.b, norm, tolerance=self.tolerance / 4, steps=steps)
        slope, error = f.slope(times(T.mT, found.direction))
        slack = boxes.half * (slope.abs() + error)
        return self._bounded(boxes, found.lower - slack.sum(dim=1), slack, found.v)

    def _on_boxes_of_both(self, boxes: Boxes) -> Boxes:
        """Bounds by the residual at the centre, less what G1(z) + b and N may change."""
        k, _, r2 = self.problem.balls
        T, t, _ = self.problem.of(boxes.which)
        z, b = boxes.centre[:, :k], boxes.centre[:, k:]
        latent = beside(through(self.problem.inner, identity(z), boxes.half[:, :k]), b)
        f = through(self.problem.outer, latent, boxes.half)
        residual = times(T, f.value) + t
        value = residual.norm(dim=1)
        u = residual / value.clamp(min=torch.finfo(value.dtype).tiny)[:, None]
        slope, error = f.slope(times(T.mT, u))
        low, high = b - boxes.half[:, k:], b + boxes.half[:, k:]
        in_b = least_in_box_and_ball(slope[:, k:], low, high, r2) - (slope[:, k:] * b).sum(dim=1)
        slack = boxes.half * (slope.abs() + error)
        lower = value - slack[:, :k].sum(dim=1) + in_b - (boxes.half * error)[:, k:].sum(dim=1)
        return self._bounded(boxes, lower, slack, b)

    @staticmethod
    def _bounded(boxes: Boxes, lower: Tensor, slack: Tensor, b: Tensor) -> Boxes:
        return replace(boxes, lower=torch.maximum(boxes.lower, lower), slack=slack, b=b)

    def _keep_best(self, boxes: Boxes) -> None:
        """Project the centres into the balls, and keep those that are better."""
        points = self.problem.balls.project(torch.cat((boxes.centre[:, : self.problem.balls.k], boxes.b), dim=1))
        value = self.problem.value(points, boxes.which)
        best = self.value.scatter_reduce(0, boxes.which, value, "amin")
        new = (value == best[boxes.which]) & (value < self.value[boxes.which])
        self.points[boxes.which[new]] = points[new]
        self.value = best


def least_in_box_and_ball(g: Tensor, low: Tensor, high: Tensor, radius: float) -> Tensor:
    """[B], min <g, b> over low <= b <= high, ||b||_1 <= radius, which have a point in common.

    By duality the largest over lambda >= 0 of sum_i min_{b_i} (g_i b_i + lambda |b_i|) - lambda radius, a concave
    function whose pieces end where lambda = |g_i|; each inner minimum is at an end of the side or nearest to 0.
    """
    lam = torch.cat((torch.zeros_like(g[:, :1]), g.abs()), dim=1)[:, :, None]  # [B, p + 1, 1]
    corners = torch.stack((low, high, torch.zeros_like(low).clamp(low, high)))[:, :, None]  # [3, B, 1, p]
    inner = (g[:, None] * corners + lam * corners.abs()).amin(dim=0).sum(dim=2)
    return (inner - lam[:, :, 0] * radius).amax(dim=1)
