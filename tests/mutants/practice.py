"""Mutants of the practice: the network, its losses, its problems."""

from tests.mutants.mutant import Mutant

NETWORK, LAYERS = "ilo_practice/stylegan2/network.py", "ilo_practice/stylegan2/layers.py"
LOSSES, PROBLEMS = "ilo_practice/losses.py", "ilo_practice/problems.py"

MUTANTS = [
    Mutant(
        "StyleGAN-2 without its RGB skip",
        LAYERS,
        "return x, image if rgb is None else upsample(rgb) + image",
        "return x, image",
        "tests/test_stylegan2_parity.py tests/test_stylegan2.py",
    ),
    Mutant(
        "the RGB skip dropped at a split",
        NETWORK,
        'return rgb if stop is None else state | {"x": x, "rgb": rgb}',
        'return rgb if stop is None else state | {"x": x, "rgb": 0 * rgb}',
        "tests/test_stylegan2.py",
    ),
    Mutant(
        "demodulation without its root",
        LAYERS,
        "+ self.eps).rsqrt()[:, :, None, None]",
        "+ self.eps).reciprocal()[:, :, None, None]",
        "tests/test_stylegan2_parity.py",
    ),
    Mutant(
        "upsampling phases swapped",
        "ilo_practice/stylegan2/blur.py",
        "torch.stack((near + 0.25 * before, near + 0.25 * after)",
        "torch.stack((near + 0.25 * after, near + 0.25 * before)",
        "tests/test_stylegan2_parity.py",
    ),
    Mutant(
        "codes made Gaussian by the wrong slope",
        NETWORK,
        "F.leaky_relu(self.map(z.to(self.w_avg))[:, 0], 5.0)",
        "F.leaky_relu(self.map(z.to(self.w_avg))[:, 0], 0.2)",
        "tests/test_stylegan2.py",
    ),
    Mutant(
        "truncation away from the mean code",
        NETWORK,
        "truncated = self.w_avg + truncation * (w - self.w_avg)",
        "truncated = self.w_avg + truncation * w",
        "tests/test_stylegan2_parity.py",
    ),
    Mutant(
        "a sum of squares for their mean",
        LOSSES,
        ".square().flatten(1).sum(1) / m",
        ".square().flatten(1).sum(1)",
        "tests/test_losses.py",
    ),
    Mutant(
        "the geodesic loss by the chord",
        LOSSES,
        "theta = 2 * torch.atan2(apart, together)",
        "theta = 2 * apart / together",
        "tests/test_losses.py",
    ),
    Mutant(
        "stochastic noise addition of twice the noise",
        LOSSES,
        "image = image + self.noise * torch.randn(",
        "image = image + 2 * self.noise * torch.randn(",
        "tests/test_losses.py",
    ),
    Mutant(
        "what a mask hides is counted as measured",
        PROBLEMS,
        "return int(self.operator.mask.expand(self.operator.in_shape).sum())",
        "return int(self.operator.mask.expand(self.operator.in_shape).numel())",
        "tests/test_problems.py",
    ),
    Mutant(
        "what a mask hides is looked at",
        PROBLEMS,
        "y = y.masked_fill(~mask, 0)",
        "y = y.masked_fill(mask & ~mask, 0)",
        "tests/test_problems.py",
    ),
]
