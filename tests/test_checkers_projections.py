"""The checker of projections is checked: sound ones pass, and each planted fault is named."""

import math

import numpy as np
import pytest
import torch

from ilo_theory.balls import project_l1_ball, project_l2_ball
from ilo_theory.checkers import check_projection, norm_ball
from tests.l1_oracle import by_sorting
from tests.laws import law
from tests.toys import seeded


def threshold(x, radius=1.0, wrong=1.0, inside=True):
    """The projection onto the l1 ball by sorting, whose threshold is wrong by a factor; of interior points too."""
    rows, out = x.double().numpy(), []
    for row in rows.reshape(len(rows), -1):
        total = abs(row).sum()
        if (inside and total <= radius) or total == 0:
            out.append(row)
        elif total <= radius:  # the soft threshold that lands on the boundary is negative
            out.append(row + np.where(row >= 0, 1, -1) * (radius - total) / row.size)
        else:
            theta = wrong * np.max(abs(row - by_sorting(row, radius)))
            out.append(np.sign(row) * np.maximum(abs(row) - theta, 0))
    return torch.from_numpy(np.array(out).reshape(rows.shape)).to(x)


def box(x):
    return x.clamp(-0.5, 0.5)


def alone(x):
    """Of one NumPy vector."""
    return by_sorting(x, 1.0)


@pytest.mark.parametrize("shape", [(1,), (2,), (9,), (3, 4, 5)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_sound_projections_pass(shape, dtype):
    like = torch.empty(0, dtype=dtype)
    for project, gauge in (
        (lambda x: project_l1_ball(x, 0.7), norm_ball(1, 0.7)),
        (lambda x: project_l2_ball(x, 1e4), norm_ball(2, 1e4)),
        (box, norm_ball(math.inf, 0.5)),
        (threshold, norm_ball(1)),
        (lambda x: torch.nn.functional.normalize(x.flatten(1)).view_as(x) * x.flatten(1).norm(dim=1).clamp(max=1)
         .view(-1, *[1] * len(shape)), norm_ball(2)),
    ):  # fmt: skip
        check_projection(project, gauge, shape=shape, like=like, rng=seeded())
    check_projection(alone, norm_ball(1), shape=(6,), like=np.empty(0), batched=False, rng=seeded())


def to_the_sphere(x):
    """What pyproximal 0.12.0's projection does to interior points of a ball: it moves them to the boundary."""
    return threshold(x, inside=False)


def radial(x):
    """Idempotent, and into the ball, but not the nearest point."""
    return x / x.abs().sum(1, keepdim=True).clamp(min=1)


def over_the_batch(x):
    """One threshold for all rows."""
    return project_l1_ball(x[None] / len(x), 1.0)[0]


def spoilt_together(x):
    return project_l1_ball(x, 1.0) + 0 * x.sum()


WRONG = {
    "interior points to the sphere": (to_the_sphere, "feasible points unchanged"),
    "interior points scaled to the sphere": (
        lambda x: torch.where(x.abs().sum(1, keepdim=True) < 1, radial(1e6 * x), project_l1_ball(x, 1.0)),
        "feasible points unchanged",
    ),
    "interior points shrunk": (lambda x: 0.9 * project_l1_ball(x / 0.9, 1.0), "membership|feasible"),
    "threshold too small": (lambda x: threshold(x, wrong=0.99), "membership"),
    "threshold too large": (lambda x: threshold(x, wrong=1.01), "idempotence|non-expansiveness|the obtuse angle"),
    "half of the way": (lambda x: (x + project_l1_ball(x, 1.0)) / 2, "membership"),
    "radial": (radial, "non-expansiveness|the obtuse angle"),
    "another ball": (lambda x: project_l2_ball(x, 9**-0.5), "feasible points unchanged"),
    "signs lost": (lambda x: project_l1_ball(x.abs(), 1.0), "feasible points unchanged"),
    "everything to the centre": (lambda x: 0 * x, "feasible points unchanged"),
    "all but the outermost to the centre": (lambda x: x * (x.abs().sum(1, keepdim=True) <= 1), "non-exp|the obtuse"),
    "NaN at the origin": (lambda x: project_l1_ball(x, 1.0) * (x.norm(dim=1) / x.norm(dim=1))[:, None], "finite"),
    "one threshold for a batch": (over_the_batch, "membership|feasible|batches"),
    "NaN spreads": (spoilt_together, "batches beside points of NaN"),
    "dtype": (lambda x: project_l1_ball(x.double(), 1.0), "one dtype"),
    "shape": (lambda x: project_l1_ball(x, 1.0)[:, :8], "shapes"),
    "argument": (lambda x: x.copy_(project_l1_ball(x, 1.0)), "an argument left alone"),
}


@pytest.mark.parametrize("name", WRONG)
def test_fault_of_a_projection_is_named(name):
    project, expected = WRONG[name]
    assert law(check_projection, project, norm_ball(1), shape=(9,)).startswith(tuple(expected.split("|")))


@pytest.mark.parametrize("order", [1, 2, math.inf])
def test_radial_scaling_is_nearest_for_the_l2_ball_alone(order):
    """Of three entries and more; it is idempotent and ends in the ball for every norm."""
    gauge = norm_ball(order)

    def scaled(x):
        return x / gauge(x).clamp(min=1).to(x.dtype)[:, None]

    if order == 2:
        check_projection(scaled, gauge, shape=(9,), rng=seeded())
    else:
        assert law(check_projection, scaled, gauge, shape=(9,)).startswith(("non-expansiveness", "the obtuse angle"))


def test_a_point_of_the_user_is_tried():
    def wrong_there(x):
        return project_l1_ball(x, 1.0) + 0.1 * (x == 7.25)

    check_projection(wrong_there, norm_ball(1), shape=(4,), rng=seeded())
    points = torch.tensor([[7.25, 0, 0, 0]])
    assert "at point 31" in law(check_projection, wrong_there, norm_ball(1), shape=(4,), points=points)


@pytest.mark.parametrize(("order", "radius"), [(0.5, 1.0), (1, 0.0), (1, math.inf), (2, math.nan)])
def test_balls_that_are_none_are_refused(order, radius):
    with pytest.raises(ValueError, match=r"needs order >= 1 and radius > 0"):
        norm_ball(order, radius)
