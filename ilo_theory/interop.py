"""DeepInverse, both ways: its physics as measurements for ILO, and ILO as one of its reconstruction models.

The third way, an operator of ours for SciPy, PyLops or DeepInverse, is `LinearOperator.as_scipy` and its neighbours.
DeepInverse is imported where it is asked for: the extra `interop` of this package.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from ilo_theory.generators import Generator, Latent
from ilo_theory.ilo import Round, ilo
from ilo_theory.operators import LinearOperator, dot_test

ADJOINT = 1e-3
"""A dot test above this is no rounding, in float32 either: the adjoint is another operator's."""


class Physics(LinearOperator):
    """A linear physics of DeepInverse as an operator: `from_deepinv` makes it."""

    def __init__(self, physics: torch.nn.Module, in_shape: tuple[int, ...], out_shape: tuple[int, ...], like: Tensor):
        super().__init__(in_shape, out_shape, like=like)
        self.physics = physics

    def _forward(self, x):
        return self._batched(self.physics.A, x, self.in_shape)

    def _adjoint(self, y):
        return self._batched(self.physics.A_adjoint, y, self.out_shape)

    def _batched(self, apply: Callable[[Tensor], Tensor], values: Tensor, shape: tuple[int, ...]) -> Tensor:
        """DeepInverse has one leading dimension; here there may be any."""
        lead = values.shape[: values.ndim - len(shape)]
        out = apply(values.reshape(-1, *shape))
        return out.reshape(*lead, *out.shape[1:])


def from_deepinv(
    physics, in_shape: Sequence[int] | None = None, *, dtype: torch.dtype = torch.float32, device="cpu"
) -> LinearOperator:
    """Any linear physics of DeepInverse as an operator, and so as a measurement for ILO.

    A alone is what an operator is; the noise model stays in `operator.physics.noise_model`. It has to be one A for all
    images.

    Args:
        physics: a `deepinv.physics.LinearPhysics`.
        in_shape: of an image, [C, H, W]; None: the `img_size` that the physics knows.
        dtype, device: of images, those that the physics is on.

    Raises:
        ImportError: without DeepInverse.
        ValueError: for a physics that is not linear, whose adjoint is none, or whose images have no known shape.
    """
    LinearPhysics = _deepinv("from_deepinv").physics.LinearPhysics
    if not isinstance(physics, LinearPhysics):
        name = type(physics).__name__
        raise ValueError(
            f"`from_deepinv(physics=...)` must be a LinearPhysics, got {name}; `reconstructor` takes others."
        )
    known = getattr(physics, "img_size", None) or getattr(physics, "imsize", None)
    shape = known if in_shape is None else in_shape
    if shape is None:
        raise ValueError(f"`from_deepinv(in_shape=...)` is needed, for {type(physics).__name__} knows no img_size.")
    shape = tuple(int(size) for size in shape)
    zero = torch.zeros(1, *shape, dtype=dtype, device=device)
    with torch.no_grad():
        measured = physics.A(zero)
    if not isinstance(measured, Tensor) or measured.is_complex() or len(measured) != 1:
        raise ValueError("`from_deepinv(physics=...)` must measure one real tensor [B, ...].")
    if measured.any():
        raise ValueError("`from_deepinv(physics=...)` must be linear, but measures something of the image 0.")
    operator = Physics(physics, shape, tuple(measured.shape[1:]), zero)
    with torch.no_grad():
        apart = dot_test(operator, rng=torch.Generator().manual_seed(0))
    if not apart <= ADJOINT:
        raise ValueError(
            f"`from_deepinv(physics=...)`: A_adjoint is not the adjoint of A, by a dot test of {apart:.2g}."
        )
    return operator


def reconstructor(
    generator: Generator,
    rounds: Sequence[Round],
    *,
    seed: int,
    start: Callable[..., Latent] | None = None,
):
    """ILO as a `deepinv.models.Reconstructor`: model(y, physics) -> images, min ||A G(z) - y||^2 by a list of rounds.

    The physics may be of any kind, linear or not, and with another A for each image: it is differentiated as it is.

    Args:
        generator: G, whose images are what the physics measures.
        rounds: as for `ilo`: `csgm`, `algorithm_1` and recipes make such lists.
        seed: of the first latents; the same y gives the same images.
        start: start(batch, rng=...) draws the first latents; None: the generator's own.

    Returns:
        A module; forward(y, physics, **kwargs) takes y [B, ...] and returns [B, C, H, W]. Other arguments are ignored.

    Raises:
        ImportError: without DeepInverse.
    """

    class ILO(_deepinv("reconstructor").models.Reconstructor):
        """Intermediate Layer Optimization with one generator."""

        def __init__(self):
            super().__init__()
            self.generator = generator

        @torch.inference_mode(False)  # which forbids the gradients that the loop is made of
        def forward(self, y: Tensor, physics, **kwargs) -> Tensor:
            y = y.clone()
            rng = torch.Generator().manual_seed(seed)
            batch = len(y)
            latent = None if start is None else start(batch, rng=rng)

            def objective(image: Tensor, latent: Latent, *, rng: torch.Generator) -> Tensor:
                measured = physics.A(image)
                if measured.shape != y.shape:
                    made, got = list(measured.shape), list(y.shape)
                    raise ValueError(
                        f"`forward(y=...)` must be {made}, as measured of the generator's images, got {got}."
                    )
                return (measured - y).flatten(1).square().sum(1)

            return ilo(generator, objective, rounds, rng=rng, batch=batch, latent=latent).image

    return ILO()


def _deepinv(call: str):
    """The library, or one sentence on how to get it."""
    try:
        import deepinv
    except ImportError as error:
        raise ImportError(f"`{call}` needs DeepInverse, the extra `interop` of this package: {error}") from error
    return deepinv
