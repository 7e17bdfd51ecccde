"""Networks and images for tests of perceptual distances; the packages of others, as oracles."""

import sys
import warnings
from types import ModuleType
from unittest.mock import patch

import pytest
import torch
from torch.nn import init

from ilo_practice.perceptual import Perceptual, perceptual

# No weights are drawn for the packages' networks: VGG-16 would draw 138 million, and all that matter are loaded.
DRAWING = ("kaiming_normal_", "kaiming_uniform_", "normal_", "uniform_")
UNDRAWN = patch.multiple(init, **dict.fromkeys(DRAWING, lambda tensor, *_, **__: tensor))


def random_network(net: str = "alex", *, seed: int = 0) -> Perceptual:
    """LPIPS with a trunk drawn at random, in float64."""
    return perceptual(f"random-{net}", rng=torch.Generator().manual_seed(seed)).double()


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    """Images uniform in [-1, 1], in float64."""
    return 2 * torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) - 1


def by_lpips(network: Perceptual):
    """The package's own LPIPS, its own weights of the layers, with the trunk of `network`."""
    import lpips

    net = network.net.partition("-")[2]
    with warnings.catch_warnings(), UNDRAWN:
        warnings.simplefilter("ignore")
        theirs = lpips.LPIPS(net=net, pnet_rand=True, verbose=False)
    trunk = {
        f"slice{i}.{key}": value for i, part in enumerate(network.trunk, 1) for key, value in part.state_dict().items()
    }
    theirs.net.load_state_dict(trunk)
    return theirs.double()


def by_stlpips(net: str, monkeypatch: pytest.MonkeyPatch):
    """The package's own shift-tolerant LPIPS; it imports two packages that it has no use for here."""
    for name, attribute in (("IPython", "embed"), ("torchsummary", "summary")):
        module = ModuleType(name)
        setattr(module, attribute, None)
        monkeypatch.setitem(sys.modules, name, module)
    from stlpips_pytorch import stlpips

    with UNDRAWN:
        theirs = stlpips.LPIPS(net=net, variant="shift_tolerant", verbose=False)
    return theirs.double()
