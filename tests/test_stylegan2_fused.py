"""The layer with a frozen weight, in strips and by Winograd's algorithm, against torch's own functions."""

import copy
import gc
import pickle
import weakref

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.autograd import forward_ad

from ilo_practice.stylegan2 import fused as stylegan2_fused
from ilo_practice.stylegan2.fused import fused
from ilo_practice.stylegan2.kernels import Double, Same
from tests.tiny import tiny

FILTER = torch.outer(torch.tensor([1.0, 3.0, 3.0, 1.0]), torch.tensor([1.0, 3.0, 3.0, 1.0])).double()


@pytest.fixture(autouse=True, scope="module")
def in_strips():
    """The networks of these tests are so small that all their layers would be plain."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ilo_practice.stylegan2.layers.LARGE", 0)
        yield


def reference(x, style, gain, noise, bias, weight, up, clamp):
    """The definition, one image after another: modulated weights, and zeros inserted between the pixels."""
    images = []
    for i in range(len(x)):
        modulated = weight * style[i].flatten()[:, None, None] * gain[i].flatten()[:, None, None, None]
        image = x[i : i + 1]
        if up:
            spread = image.new_zeros(1, image.shape[1], 2 * image.shape[2], 2 * image.shape[3])
            spread[:, :, ::2, ::2] = image
            image = F.conv2d(spread, modulated.flip(2, 3), padding=2)
            taps = FILTER.to(image)[None, None].expand(image.shape[1], 1, 4, 4)
            image = F.conv2d(image, taps, padding=1, groups=image.shape[1])
            image = image[:, :, : 2 * x.shape[2], : 2 * x.shape[3]]
        else:
            image = F.conv2d(image, modulated, padding=1)
        images.append(image)
    y = torch.cat(images) + noise + bias[:, None, None]
    y = torch.where(y > 0, y, 0.2 * y) * 2**0.5
    return y if clamp is None else y.clamp(-clamp, clamp)


def draw(batch, fan_in, fan_out, height, width, up, *, shared_noise=False, seed=0):
    rng = torch.Generator().manual_seed(seed)
    scale = 2 if up else 1
    shapes = [
        (batch, fan_in, height, width),
        (batch, fan_in, 1, 1),
        (batch, fan_out, 1, 1),
        (1 if shared_noise else batch, 1, scale * height, scale * width),
        (fan_out,),
    ]
    x, style, gain, noise, bias = (torch.randn(shape, generator=rng, dtype=torch.float64) for shape in shapes)
    weight = torch.randn(fan_out, fan_in, 3, 3, generator=rng, dtype=torch.float64)
    return [x, style, gain.abs() + 0.1, noise, bias], weight


def kernel_of(weight, up, *, winograd=False):
    return Double(weight) if up else Same(weight, 64 if winograd else 4)


layers = st.tuples(
    st.integers(1, 3), st.integers(1, 5), st.integers(1, 5), st.sampled_from([1, 2, 4, 8, 16]), st.integers(1, 9)
)


@settings(max_examples=40)
@given(layers, st.booleans(), st.booleans(), st.sampled_from([None, 1.5]), st.sampled_from([1, 2**19]))
def test_fused_layer_and_its_gradients_are_those_of_the_definition(sizes, up, shared_noise, clamp, strip):
    tensors, weight = draw(*sizes, up, shared_noise=shared_noise)
    [t.requires_grad_() for t in tensors]
    expected = reference(*tensors, weight, up, clamp)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("CONVOLVED", "GRADED", "ACTIVATED"):
            patch.setattr(stylegan2_fused, name, strip)  # 1: strips of four rows
        patch.setattr(stylegan2_fused, "WEIGHT", 0)
        y = fused(*tensors, kernel_of(weight, up), clamp)
        torch.testing.assert_close(y, expected, rtol=0, atol=1e-10)
        grad = torch.randn(y.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
        ours = torch.autograd.grad(y, tensors, grad)
    theirs = torch.autograd.grad(expected, tensors, grad)
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-10 * max(1, b.abs().max().item()))


@pytest.mark.parametrize("strips", [1, 2**19])
def test_winograd_is_the_convolution_and_its_adjoint(strips, monkeypatch):
    monkeypatch.setattr(stylegan2_fused, "CONVOLVED", strips)
    monkeypatch.setattr(stylegan2_fused, "GRADED", strips)
    monkeypatch.setattr(stylegan2_fused, "WEIGHT", 0)
    tensors, weight = draw(1, 130, 128, 32, 5, False)
    kernel = kernel_of(weight, False, winograd=True)
    assert kernel.taps
    [t.requires_grad_() for t in tensors]
    y, expected = fused(*tensors, kernel, None), reference(*tensors, weight, False, None)
    torch.testing.assert_close(y, expected, rtol=0, atol=1e-11 * expected.abs().max().item())
    grad = torch.ones_like(y)
    pairs = zip(torch.autograd.grad(y, tensors, grad), torch.autograd.grad(expected, tensors, grad), strict=True)
    for ours, theirs in pairs:
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-11 * theirs.abs().max().item())


def test_winograd_in_float32_is_nearly_as_exact_as_summing_directly():
    tensors, weight = draw(1, 256, 256, 32, 32, False)
    exact = F.conv2d(tensors[0], weight, padding=1)
    x, padded = tensors[0].float(), F.pad(tensors[0].float(), (0, 0, 1, 1))
    (_, ours), *_ = Same(weight.float(), 32).rows(padded, at_once=32)
    direct = F.conv2d(x, weight.float(), padding=1)
    error = lambda y: ((y - exact).norm() / exact.norm()).item()  # noqa: E731
    assert error(direct) < error(ours) < 6 * error(direct) < 6e-6


@pytest.mark.parametrize("up", [False, True])
@pytest.mark.parametrize("clamp", [None, 2.0])
def test_fused_layer_has_right_first_and_second_derivatives(up, clamp):
    tensors, weight = draw(2, 2, 2, 4, 3, up, shared_noise=True)
    weight /= 64 if up else 1  # the blur's sum: the rounding of large values would pass for a wrong derivative
    [t.requires_grad_() for t in tensors]
    layer = lambda *each: fused(*each, kernel_of(weight, up), clamp) ** 2  # noqa: E731
    assert torch.autograd.gradcheck(layer, tensors, check_forward_ad=True, check_batched_grad=False)
    y = layer(*tensors)
    grad = torch.randn(y.shape, generator=torch.Generator().manual_seed(1), dtype=y.dtype, requires_grad=True)
    assert torch.autograd.gradgradcheck(layer, tensors, grad)


def test_fused_layer_under_the_transforms_of_torch_func():
    tensors, weight = draw(2, 3, 4, 4, 4, True)
    kernel = kernel_of(weight, True)
    layer = lambda x: fused(x, *tensors[1:], kernel, None)  # noqa: E731
    ordinary = lambda x: reference(x, *tensors[1:], weight, True, None)  # noqa: E731
    x, tangent = tensors[0], tensors[0].flip(0)
    both = [torch.func.jvp(each, (x,), (tangent,)) for each in (layer, ordinary)]
    for ours, theirs in zip(*both, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-10)
    many = torch.stack((x, tangent, x + tangent))
    torch.testing.assert_close(torch.vmap(layer)(many), torch.stack([ordinary(each) for each in many]))
    slope = torch.func.grad(lambda x: layer(x).square().sum())(x)
    torch.testing.assert_close(slope, torch.func.grad(lambda x: ordinary(x).square().sum())(x))


def with_plain_layers(network):
    """A copy whose weights take gradients, so that no layer of it is fused."""
    return copy.deepcopy(network).requires_grad_(True)


@pytest.mark.parametrize("changes", [{}, {"conv_clamp": 0.3}, {"wscale": True}, {"widths": (128,) * 4}])
def test_frozen_network_gives_what_one_in_training_gives(changes, rng):
    network = tiny(4, **changes).double()
    latent = {key: value.double().requires_grad_() for key, value in network.init_codes(2, rng=rng).items()}
    images = [each(latent) for each in (network, with_plain_layers(network))]
    torch.testing.assert_close(*images, rtol=0, atol=1e-10)
    grads = [torch.autograd.grad(image.square().sum(), list(latent.values())) for image in images]
    for ours, theirs in zip(*grads, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-9 * max(1, theirs.abs().max().item()))


def test_curvature_of_a_frozen_network_is_that_of_one_in_training(rng):
    network = tiny(3).double()
    w = network.map(network.init(1, rng=rng)["z"].double()).requires_grad_()

    def curvature(network):
        (slope,) = torch.autograd.grad(network({"w": w}).square().sum(), w, create_graph=True)
        return torch.autograd.grad(slope.square().sum(), w)[0]

    theirs = curvature(with_plain_layers(network))
    torch.testing.assert_close(curvature(network), theirs, rtol=0, atol=1e-9 * theirs.abs().max().item())


def test_forward_mode_goes_through_a_frozen_network(rng):
    network = tiny(3).double()
    w = network.map(network.init(1, rng=rng)["z"].double())
    tangent = torch.randn(w.shape, generator=rng, dtype=torch.float64)
    tangents = []
    for each in (network, with_plain_layers(network)):
        with forward_ad.dual_level():
            tangents.append(forward_ad.unpack_dual(each({"w": forward_ad.make_dual(w, tangent)})).tangent)
    torch.testing.assert_close(*tangents)


@pytest.mark.parametrize("change", ["in place", "data", "state", "dtype"])
def test_a_changed_weight_is_noticed(change, rng):
    network, other = tiny(3), tiny(3, seed=1)
    latent = network.init(1, rng=rng)
    before = network(latent)
    weight, new = network.blocks[2].conv0.weight, other.blocks[2].conv0.weight
    if change == "in place":
        weight.copy_(new)
    elif change == "data":
        weight.data.copy_(new.data)
    elif change == "state":
        network.load_state_dict(other.state_dict())
    else:
        network.double()
        latent = {key: value.double() for key, value in latent.items()}
    fresh = pickle.loads(pickle.dumps(network))  # takes nothing along of what was computed
    assert torch.equal(network(latent), fresh(latent))
    assert change == "dtype" or not torch.allclose(network(latent), before)


def test_what_is_kept_for_the_gradient_is_a_third_of_what_plain_layers_keep(rng):
    network = tiny(5, widths=(16,) * 5)
    latent = {key: value.requires_grad_() for key, value in network.init_codes(1, rng=rng).items()}

    def kept(network):
        storages = {}

        def pack(tensor):
            storages[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            image = network(latent)
        weights = {each.untyped_storage().data_ptr() for each in network.parameters()}
        assert image.requires_grad
        return sum(size for pointer, size in storages.items() if pointer not in weights)

    assert kept(network) < kept(with_plain_layers(network)) / 3


@pytest.mark.parametrize("run", [lambda image: image.sum().backward(), lambda image: None])
def test_nothing_outlives_the_image(run, rng):
    network = tiny(3)
    latent = {key: value.requires_grad_() for key, value in network.init_codes(1, rng=rng).items()}
    gc.disable()  # what a cycle of references holds would stay
    try:
        passed = network(latent, stop=2)
        features = weakref.ref(passed["x"].grad_fn)
        image = network(passed, start=2)
        del passed
        run(image)
        del image
        assert features() is None
    finally:
        gc.enable()


@pytest.mark.parametrize(("width", "blocks", "large"), [(64, 4, 0), (512, 3, 4)])
def test_large_layers_alone_go_in_strips(width, blocks, large, rng, monkeypatch):
    """512 channels from 8 x 8 pixels on are large, two layers a block; at 4 x 4, and 64 channels at 32 x 32, not."""
    monkeypatch.setattr("ilo_practice.stylegan2.layers.LARGE", 2**27)
    counted = []
    monkeypatch.setattr("ilo_practice.stylegan2.layers.fused", lambda *each: counted.append(1) or fused(*each))
    network = tiny(blocks, widths=(width,) * blocks)
    latent = network.init(1, rng=rng)
    network(latent)
    assert len(counted) == large
