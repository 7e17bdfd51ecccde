"""A step as the paper's released code takes it, written anew from what it does: the peer of `benchmarks/ilo_step.py`.

The network is the native operations of rosinality's StyleGAN-2: each image's own scaled weights, grouped convolutions,
zero-stuffed blurs. Its weights take gradients, as nothing there turns that off. LPIPS computes the features of the
target in every step; spheres and l1 balls hold all noises, the frozen too, and the l1 ball is found by sorting.

Where it would compute something else than Section 4 asks for it is put right, so that both sides are one problem: the
RGB image is carried through a split, geodesic terms count all codes, and the first rate is not 0.
"""

import math
import warnings
from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ilo_practice.perceptual import Perceptual, at_256
from ilo_practice.stylegan2 import StyleGAN2
from ilo_theory.ilo import Round

FROZEN = 300.0  # the radius of noises that do not move
FILTER = torch.tensor([1.0, 3.0, 3.0, 1.0])


def resample(x: Tensor, up: int, pad: tuple[int, int]) -> Tensor:
    """Zeros between pixels, zero padding, then the filter [1, 3, 3, 1]^2 up^2 / 64 on every channel as an image."""
    batch, channels, height, width = x.shape
    x = x.reshape(-1, 1, height, 1, width, 1)
    x = F.pad(x, (0, up - 1, 0, 0, 0, up - 1)).view(-1, 1, height * up, width * up)
    kernel = torch.outer(FILTER, FILTER).to(x) * (up * up / 64) if up > 1 else torch.outer(FILTER, FILTER).to(x) / 16
    x = F.conv2d(F.pad(x, pad * 2), kernel.flip(0, 1)[None, None])
    return x.view(batch, channels, *x.shape[2:])


class Layer(nn.Module):
    """A modulated convolution with its style, and noise and activation unless it makes an image."""

    def __init__(self, ours: nn.Module, *, image: bool = False):
        super().__init__()
        self.weight = nn.Parameter(ours.weight.detach().clone())
        self.style = nn.Parameter(ours.affine.weight.detach().clone())
        self.style_bias = nn.Parameter(ours.affine.bias.detach().clone())
        self.bias = nn.Parameter(ours.bias.detach().clone()[:, None, None])
        self.strength = None if image else nn.Parameter(ours.noise_strength.detach().clone())
        self.up, self.image = ours.up, image

    def forward(self, x: Tensor, w: Tensor, noise: Tensor | None = None) -> Tensor:
        batch, fan_in, height, width = x.shape
        fan_out, _, size, _ = self.weight.shape
        style = F.linear(w, self.style / math.sqrt(w.shape[1]), self.style_bias).view(batch, 1, fan_in, 1, 1)
        weight = self.weight / math.sqrt(fan_in * size**2) * style
        if not self.image:
            weight = weight * (weight.square().sum((2, 3, 4), keepdim=True) + 1e-8).rsqrt()
        x = x.reshape(1, batch * fan_in, height, width)
        if self.up:
            weight = weight.transpose(1, 2).reshape(batch * fan_in, fan_out, size, size)
            x = F.conv_transpose2d(x, weight, stride=2, groups=batch)
            x = resample(x.view(batch, fan_out, *x.shape[2:]), 1, (1, 1))
        else:
            weight = weight.view(batch * fan_out, fan_in, size, size)
            x = F.conv2d(x, weight, padding=size // 2, groups=batch)
            x = x.view(batch, fan_out, *x.shape[2:])
        if self.image:
            return x + self.bias
        return F.leaky_relu(x + self.strength * noise + self.bias, 0.2) * math.sqrt(2)


class Network(nn.Module):
    """The layers of one of our networks, whose weights it copies."""

    def __init__(self, ours: StyleGAN2):
        super().__init__()
        self.const = nn.Parameter(ours.blocks[0].const.detach().clone())
        self.convolutions = nn.ModuleList()
        self.images = nn.ModuleList()
        for block in ours.blocks:
            self.convolutions.extend(Layer(getattr(block, name)) for name in ("conv0", "conv1") if hasattr(block, name))
            self.images.append(Layer(block.torgb, image=True))

    def forward(self, w: Tensor, noises: Mapping[int, Tensor], start: int, x: Tensor | None, rgb: Tensor | None):
        for block in range(start, len(self.images)):
            first = max(2 * block - 1, 0)
            if block == 0:
                x = self.const.expand(len(w), -1, -1, -1)
            for i in range(first, 2 * block + 1):
                x = self.convolutions[i](x, w[:, i], noises[i])
            image = self.images[block](x, w[:, 2 * block + 1])
            rgb = image if rgb is None else image + resample(rgb, 2, (2, 1))
        return rgb


class Lpips(nn.Module):
    """The package's distance with the weights of one of ours."""

    def __init__(self, ours: Perceptual):
        super().__init__()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="torchvision", category=UserWarning)  # by how lpips calls it
            import lpips

            self.network = lpips.LPIPS(net="vgg", pretrained=False, pnet_rand=True, verbose=False)
        theirs = [module for module in self.network.net.modules() if isinstance(module, nn.Conv2d)]
        for theirs_one, ours_one in zip(
            theirs, (m for m in ours.trunk.modules() if isinstance(m, nn.Conv2d)), strict=True
        ):
            theirs_one.load_state_dict(ours_one.state_dict())
        for head, weight in zip(self.network.lins, ours.heads, strict=True):
            head.model[1].weight.data.copy_(weight[None])
        self.eval()

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return self.network(at_256(x), at_256(y)).mean()


def project_by_sorting(x: Tensor, radius: float) -> Tensor:
    """The l1 ball by a full sort of every row (Duchi et al. 2008), the threshold's index read on the CPU."""
    rows = x.reshape(len(x), -1)
    inside = (rows.abs().sum(1, keepdim=True) < radius).to(x.dtype)
    largest = rows.abs().sort(dim=1, descending=True).values
    excess, count = largest.cumsum(1) - radius, torch.arange(1, rows.shape[1] + 1, device=x.device)
    last = (count * (count * largest > excess)).amax(1)
    theta = excess[torch.arange(len(x)), last.cpu() - 1] / last
    shrunk = (rows.abs() - theta[:, None]).clamp(min=0) * rows.sign()
    return (inside * rows + (1 - inside) * shrunk).view(x.shape)


def cross_geodesic(v: Tensor) -> Tensor:
    """The batch mean of the mean squared distance of the codes along the sphere, over 8."""
    a, b = v[:, None], v[:, :, None]
    apart, together = ((d.pow(2).sum(-1) + 1e-9).sqrt() for d in (a - b, a + b))
    return ((2 * torch.atan2(apart, together)).pow(2) * v.shape[-1]).mean((1, 2)).div(8).mean()


def released_step(
    ours: StyleGAN2,
    distance: Callable[[Tensor, Tensor], Tensor] | None,
    y: Tensor,
    latent: Mapping[str, Tensor],
    round: Round,
    weights: Mapping[str, float],
) -> tuple[Callable[[], Tensor], Callable[[], tuple[dict[str, Tensor], dict[str, Tensor]]]]:
    """One step, as a function that returns its loss, and what tells the latents where it stands and their gradients.

    Args:
        ours: whose weights are taken.
        distance: `Lpips`, None for none.
        y: the image to be found, the mask being all ones.
        latent: "v", all "noise_0" ..., from start=1 on "x" and "rgb", where it begins.
        round: its layer, what moves, the radii, the highest rate.
        weights: of "mse", "lpips" and "geodesic".
    """
    network = Network(ours).to(y)
    v = latent["v"].clone().requires_grad_()
    noises = {int(key[6:]): value.clone() for key, value in latent.items() if key.startswith("noise_")}
    for i, noise in noises.items():
        noise.requires_grad_(f"noise_{i}" in round.variables)
    start, x = round.start, latent["x"].clone().requires_grad_() if round.start else None
    names = ["v", *(f"noise_{i}" for i in noises), *(["x"] if start else [])]
    points = [v, *noises.values(), *([x] if start else [])]
    begun = [point.detach().clone() for point in points]
    held = [v, *noises.values()]
    norms = [(p.detach().pow(2).sum(tuple(range(2, p.ndim)), keepdim=True) + 1e-9).sqrt() for p in held]
    optimiser, mask, best = torch.optim.Adam(points, lr=round.lr), torch.ones_like(y), {"mse": math.inf}

    def step() -> Tensor:
        with torch.enable_grad():
            image = network(F.leaky_relu(ours.v_std * v + ours.v_mean, 0.2), noises, start, x, latent.get("rgb"))
            masked = image * mask
            mse = F.mse_loss(masked, y)
            loss = weights["mse"] * mse + weights["geodesic"] * cross_geodesic(v)
            if distance is not None:
                loss = loss + weights["lpips"] * distance(masked, y)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        with torch.no_grad():
            for point, norm in zip(held, norms, strict=True):
                point.div_((point.pow(2).sum(tuple(range(2, point.ndim)), keepdim=True) + 1e-9).sqrt()).mul_(norm)
            for name, point, centre in zip(names, points, begun, strict=True):
                radius = round.radii.get(name, FROZEN)
                point.copy_(centre + project_by_sorting(point - centre, radius))
            if mse < best["mse"]:
                best.update(mse=mse, image=image.detach().cpu())
        return loss.detach()

    def here() -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        found = {name: point.detach().clone() for name, point in zip(names, points, strict=True)}
        gradients = {name: point.grad for name, point in zip(names, points, strict=True) if point.grad is not None}
        return found, gradients

    return step, here
