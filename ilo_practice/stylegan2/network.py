"""StyleGAN-2 (Karras et al. 2020) as a generator that can be entered and left at every resolution.

One layer is one resolution block: layer 0 is 4 x 4, layer j is 2^(j+2) x 2^(j+2). What passes from block to block is
the pair (x, rgb) of features and skip image; both belong to the state, as a block adds its image to the one before.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ilo_practice.stylegan2.layers import Architecture, Block, Dense, ModulatedConv, normalise
from ilo_theory.generators import Generator, Latent, check_split


class StyleGAN2(Generator):
    """The StyleGAN-2 generator, split between any two resolution blocks.

    Latent keys: one of "z" [B, z_dim] (at `start=0`, mapped), "w" [B, num_ws, w_dim], or "v" of the same shape, the
    Gaussianised code of PULSE, w = leaky_relu_0.2(std v + mean), where [B, 1, w_dim] is one code for all layers;
    "noise_0" ... [B, 1, h, w] in the order of the convolutions, the stored constant noise where a key is absent; from
    `start=1` on "x" [B, width, h, w] and "rgb" [B, channels, h, w].
    """

    def __init__(self, architecture: Architecture):
        super().__init__()
        a = architecture
        self.architecture = a
        self.resolution, self.channels, self.z_dim, self.w_dim = a.resolution, a.channels, a.z_dim, a.w_dim
        self.num_layers = len(a.widths)
        self.num_ws = 2 * self.num_layers
        self.embed = Dense(a.label_dim, a.w_dim) if a.label_dim else None
        fan_ins = [a.z_dim + (a.w_dim if a.label_dim else 0)] + [a.w_dim] * (a.mapping_layers - 1)
        self.mapping = nn.Sequential(*(Dense(fan_in, a.w_dim, lr=0.01, leaky=True) for fan_in in fan_ins))
        self.blocks = nn.ModuleList(Block(j, a) for j in range(self.num_layers))
        # NaN: not known. Truncation needs the mean code, "v" the two moments.
        for name in ("w_avg", "v_mean", "v_std"):
            self.register_buffer(name, torch.full((a.w_dim,), torch.nan))

    @classmethod
    def draw(cls, architecture: Architecture, *, rng: torch.Generator) -> "StyleGAN2":
        """A network at its random start, as StyleGAN-2 is initialised for training."""
        network = cls(architecture)
        for module in network.modules():
            if isinstance(module, Dense | ModulatedConv):
                module.draw_(rng)
        network.blocks[0].const.data.normal_(generator=rng)
        network.w_avg.zero_()
        return network

    @property
    def noise_shapes(self) -> dict[str, tuple[int, int, int]]:
        """The shape [1, h, w] of each noise input, in the order of the convolutions."""
        sizes = [4] + [2 ** (j + 2) for j in range(1, self.num_layers) for _ in range(2)]
        return {f"noise_{i}": (1, size, size) for i, size in enumerate(sizes)}

    def init(self, batch: int, *, rng: torch.Generator) -> Latent:
        """z and all noises, N(0, I)."""
        return self._normal({"z": (self.z_dim,)} | self.noise_shapes, batch, rng)

    def init_codes(self, batch: int, *, rng: torch.Generator, shared: bool = False) -> Latent:
        """One Gaussianised code "v" a layer and all noises, N(0, I): where PULSE and the paper's experiments start.

        `shared`: one code for all layers instead, "v" [B, 1, w_dim].
        """
        return self._normal({"v": (1 if shared else self.num_ws, self.w_dim)} | self.noise_shapes, batch, rng)

    def _normal(self, shapes: dict[str, tuple[int, ...]], batch: int, rng: torch.Generator) -> Latent:
        like = self.w_avg
        return {k: torch.randn(batch, *s, generator=rng, dtype=torch.float32).to(like) for k, s in shapes.items()}

    def map(
        self, z: Tensor, *, label: Tensor | None = None, truncation: float = 1.0, cutoff: int | None = None
    ) -> Tensor:
        """w [B, num_ws, w_dim] of z [B, z_dim], its first `cutoff` codes (None: all) w_avg + truncation (w - w_avg).

        Raises ValueError for a conditional network without `label` [B, label_dim] and the reverse, and for
        `truncation != 1` where the mean code is not known.
        """
        if z.ndim != 2 or z.shape[1] != self.z_dim:
            raise ValueError(f"`StyleGAN2.map(z=...)` must be [B, {self.z_dim}], got {list(z.shape)}.")
        if (label is None) != (self.embed is None):
            needs = "no label" if self.embed is None else f"a label [B, {self.architecture.label_dim}]"
            raise ValueError(f"`StyleGAN2.map(label=...)`: this network takes {needs}.")
        x = normalise(z)
        if self.embed is not None:
            x = torch.cat((x, normalise(self.embed(label))), dim=1)
        w = self.mapping(x)[:, None].repeat(1, self.num_ws, 1)
        if truncation == 1.0:
            return w
        if self.w_avg.isnan().any():
            raise ValueError(f"`StyleGAN2.map(truncation={truncation})` needs the mean code w_avg, which is not known.")
        truncated = self.w_avg + truncation * (w - self.w_avg)
        return truncated if cutoff is None else torch.cat((truncated[:, :cutoff], w[:, cutoff:]), dim=1)

    @torch.no_grad()
    def fit_codes_(self, *, rng: torch.Generator, samples: int = 100_000, chunk: int = 10_000) -> None:
        """Set v_mean and v_std: the moments of leaky_relu_5(w), the inverse of leaky_relu_0.2, over mapped codes."""
        total = torch.zeros(2, self.w_dim, dtype=torch.float64)
        for start in range(0, samples, chunk):
            z = torch.randn(min(chunk, samples - start), self.z_dim, generator=rng, dtype=torch.float32)
            v = F.leaky_relu(self.map(z.to(self.w_avg))[:, 0], 5.0).double().cpu()
            total += torch.stack((v.sum(0), v.square().sum(0)))
        mean, square = total / samples
        self.v_mean.copy_(mean)
        self.v_std.copy_((square - mean.square()).clamp(min=0).sqrt())

    def codes(self, v: Tensor) -> Tensor:
        """w = leaky_relu_0.2(std v + mean): a standard normal v becomes a code as likely as a mapped one (PULSE)."""
        asked = v.is_cpu and not torch.compiler.is_compiling()  # elsewhere the loop would wait for the answer
        if asked and self.v_std.isnan().any():
            raise ValueError('`StyleGAN2` takes codes "v" once `fit_codes_` has been called.')
        return F.leaky_relu(self.v_std * v + self.v_mean, 0.2)

    def forward(self, latent: Latent, start: int = 0, stop: int | None = None) -> Latent | Tensor:
        """Run blocks `start` to `stop`: the image [B, channels, resolution, resolution], or the latent at `stop`."""
        check_split(self, start, stop)
        end = self.num_layers if stop is None else stop
        state = dict(latent)
        if start == end:
            return state
        if start == 0 and "z" in state:
            state["w"] = self.map(state.pop("z"))
        if start > 0 and (missing := {"x", "rgb"} - state.keys()):
            raise ValueError(f"`StyleGAN2(latent=..., start={start})` needs {sorted(missing)}, got {sorted(state)}.")
        w = self.codes_of(state)
        x, rgb = (state.pop("x"), state.pop("rgb")) if start else (None, None)
        for block in self.blocks[start:end]:
            x, rgb = block(x, rgb, w, state)
        return rgb if stop is None else state | {"x": x, "rgb": rgb}

    def codes_of(self, state: Latent) -> Tensor:
        """w [B, num_ws, w_dim] of a latent that holds "v" or "w", one code for all layers or one a layer."""
        given = [key for key in ("v", "w") if key in state]
        if len(given) != 1:
            raise ValueError(f'`StyleGAN2(latent=...)` needs one of "z" (at start 0), "v", "w", got {sorted(state)}.')
        codes = state[given[0]]
        if codes.ndim != 3 or codes.shape[1] not in (1, self.num_ws) or codes.shape[2] != self.w_dim:
            raise ValueError(
                f'`StyleGAN2(latent["{given[0]}"])` must be [B, {self.num_ws}, {self.w_dim}], got {list(codes.shape)}; '
                f"one code for all layers is [B, 1, {self.w_dim}]."
            )
        w = self.codes(codes) if given == ["v"] else codes
        return w.expand(-1, self.num_ws, -1)
