"""Files as others write them, read: images and codes of the reference arrays come out, in every format."""

import argparse
import pickle
from collections import OrderedDict
from io import BytesIO

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from ilo_practice import dcgan
from ilo_practice.checkpoints import file_of, inspect, load, save_generator
from ilo_practice.checkpoints.inert import Budget
from ilo_practice.checkpoints.kinds import dcgan_layout
from ilo_practice.checkpoints.network import layout
from ilo_practice.checkpoints.torch_files import read_legacy, read_zip
from tests.formats import (
    golden,
    module_tree,
    nvidia_bytes,
    pretended,
    state_of,
    tensorflow_bytes,
    tensorflow_variables,
    torch_bytes,
    write,
)
from tests.tiny import tiny

IMAGE = 1e-8


def relative(ours, theirs):
    return ((ours.double() - theirs).abs().max() / theirs.abs().max()).item()


def checkpoint(arrays, key="g_ema"):
    options = argparse.Namespace(size=32, path="data")
    optimiser = {"state": {0: {"step": 3, "exp_avg": torch.zeros(4)}}, "param_groups": [{"lr": 0.002, "params": [0]}]}
    state = OrderedDict(state_of(arrays))
    state._metadata = OrderedDict({"": {"version": 1}})
    return {
        "g": {},
        "d": OrderedDict(a=torch.zeros(2)),
        key: state,
        "g_optim": optimiser,
        "args": options,
        "latent_avg": arrays["in/truncation_latent"],
    }


def assert_nvidia(network, arrays):
    network = network.double()
    z, w = arrays["in/z"].double(), arrays["in/ws"].double()
    assert relative(network.map(z, truncation=0.7), arrays["out/ws_from_z_psi0.7"]) < IMAGE
    assert relative(network({"w": w}), arrays["out/img_from_ws_const"]) < IMAGE
    assert relative(network({"z": z}), arrays["out/img_from_z_const"]) < IMAGE


def assert_rosinality(network, arrays, tolerance=IMAGE):
    network = network.double()
    noises = {f"noise_{i}": arrays[f"in/noise_{i}"].double() for i in range(7)}
    z, w = arrays["in/z"].double(), arrays["in/latent"].double()
    assert relative(network({"w": w} | noises), arrays["out/img_from_latent"]) < tolerance
    assert relative(network({"z": z}), arrays["out/img_from_z_stored_noise"]) < tolerance
    cut = network.map(z, truncation=0.7)
    assert relative(network({"w": cut} | noises), arrays["out/img_from_z_trunc0.7"]) < tolerance


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("name", ["nv_32px_rgb", "nv_64px_rgb"])
def test_nvidia_pickles(tmp_path, name, protocol):
    arrays = golden(name)
    path = write(tmp_path, "ffhq.pkl", nvidia_bytes(state_of(arrays), protocol=protocol))
    found = inspect(path)
    resolution = int(arrays["meta/z_dim_c_dim_w_dim_res_ch_base_max_nmap_numws"][3])
    assert (found.format, found.kind, found.resolution) == ("NVIDIA pickle", "stylegan2", resolution)
    assert_nvidia(load(path), arrays)


@pytest.mark.parametrize("legacy", [False, True])
def test_rosinality_checkpoints(tmp_path, legacy):
    arrays = golden("ros_32px")
    path = write(tmp_path, "550000.pt", torch_bytes(checkpoint(arrays), legacy=legacy))
    found = inspect(path)
    assert (found.format, found.kind) == ("torch file" if legacy else "torch archive", "stylegan2")
    assert (found.resolution, found.widths, found.w_dim) == (32, (32, 32, 32, 16), 64)
    assert_rosinality(load(path), arrays)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_tensorflow_pickles(tmp_path, protocol):
    arrays = golden("ros_32px")
    variables = tensorflow_variables(state_of(arrays), arrays["in/truncation_latent"], style=np.float64)
    path = write(tmp_path, "stylegan2.pkl", tensorflow_bytes(variables, protocol=protocol))
    found = inspect(path)
    assert (found.format, found.resolution, found.widths) == ("TensorFlow pickle", 32, (32, 32, 32, 16))
    assert_rosinality(load(path), arrays)


def test_tensorflow_style_biases_in_float32_come_back_as_far_as_they_were_stored(tmp_path):
    arrays = golden("ros_32px")
    state, mean = state_of(arrays), arrays["in/truncation_latent"]
    rounded = {k: v.mul(2**16).round().div(2**16) if "modulation.bias" in k else v for k, v in state.items()}
    ours = load(write(tmp_path, "a.pkl", tensorflow_bytes(tensorflow_variables(rounded, mean))))
    theirs = load(write(tmp_path, "a.pt", torch_bytes({"g_ema": rounded, "latent_avg": mean})))
    assert ours.architecture == theirs.architecture
    for name, value in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[name].nan_to_num(7), value.nan_to_num(7)), name


def test_tensorflow_upsampling_is_zeros_between_pixels_and_then_the_stored_filter(tmp_path):
    """Its meaning in the original code: upsample by zeros and the blur, then correlate with the weight as stored."""
    arrays = golden("ros_32px")
    variables = tensorflow_variables(state_of(arrays), arrays["in/truncation_latent"])
    network = load(write(tmp_path, "a.pkl", tensorflow_bytes(variables))).double()
    theirs = {name.removeprefix("8x8/Conv0_up/"): value for name, value in variables["synthesis"] if "Conv0_up" in name}
    weight, dense, bias, shift = (
        torch.from_numpy(theirs[name]).double() for name in ("weight", "mod_weight", "mod_bias", "bias")
    )
    seeded = torch.Generator().manual_seed(0)
    x, w = (torch.randn(1, *shape, generator=seeded, dtype=torch.float64) for shape in ((32, 4, 4), (8, 64)))
    style = w[0, 1] @ dense / 8 + bias + 1
    weight = weight / (9 * 32) ** 0.5 * style[:, None]
    weight = weight / (weight.square().sum((0, 1, 2)) + 1e-8).sqrt()
    stuffed = torch.zeros(1, 32, 8, 8, dtype=torch.float64)
    stuffed[..., ::2, ::2] = x
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0], dtype=torch.float64) / 4
    blurred = F.conv2d(F.pad(stuffed, (2, 1, 2, 1)), torch.outer(taps, taps).expand(32, 1, 4, 4), groups=32)
    correlated = F.conv2d(blurred, weight.permute(3, 2, 0, 1), padding=1)
    expected = F.leaky_relu(correlated + shift[:, None, None], 0.2) * 2**0.5
    found = []
    network.blocks[1].conv0.register_forward_hook(lambda layer, given, made: found.append(made))
    nothing = torch.zeros(1, 1, 8, 8, dtype=torch.float64)
    network({"w": w, "x": x, "rgb": torch.zeros(1, 3, 4, 4).double(), "noise_1": nothing}, start=1, stop=2)
    inner = (..., slice(2, -2), slice(2, -2))  # at the border the original code pads once, not twice
    assert relative(found[0][inner], expected[inner]) < 1e-12


@pytest.mark.parametrize("widths", [(3, 4), (6, 5, 4, 3)])
@pytest.mark.parametrize("labels", [0, 7])
def test_the_layout_is_that_of_the_network(widths, labels):
    network = tiny(len(widths), channels=2, widths=widths, label_dim=labels, fitted=False)
    assert layout(network.architecture) == {name: tuple(t.shape) for name, t in network.state_dict().items()}


def test_the_layout_of_a_dcgan_is_that_of_the_network():
    network = dcgan.DCGAN.draw(dcgan.Architecture(3, 5, (7, 4, 2)), rng=torch.Generator().manual_seed(0))
    assert dcgan_layout(network.architecture) == {name: tuple(t.shape) for name, t in network.state_dict().items()}


@pytest.mark.parametrize("number", [torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("legacy", [False, True])
def test_other_floating_numbers_become_float32(tmp_path, number, legacy):
    arrays = golden("ros_32px")
    state = {name: value.to(number) for name, value in state_of(arrays).items()}
    network = load(write(tmp_path, "half.pt", torch_bytes({"g_ema": state}, legacy=legacy)))
    found = network.blocks[1].conv0.weight
    assert found.dtype == torch.float32
    assert torch.equal(found, state["convs.0.conv.weight"][0].float())


@pytest.mark.parametrize("number", [torch.float16, torch.bfloat16])
def test_half_precision_in_every_other_format(tmp_path, number):
    arrays = golden("nv_32px_rgb")
    half = {name: value.to(number) for name, value in state_of(arrays).items()}
    nvidia = load(write(tmp_path, "half.pkl", nvidia_bytes(half)))
    assert torch.equal(nvidia.blocks[0].const, half["synthesis.b4.const"].float())
    save_generator(nvidia.to(number), tmp_path / "half.safetensors", metadata={})
    assert torch.equal(load(tmp_path / "half.safetensors").blocks[0].const, half["synthesis.b4.const"].float())


def test_tensors_that_are_views_of_one_storage_are_read(tmp_path):
    arrays = golden("ros_32px")
    state = state_of(arrays)
    whole = torch.stack((state["convs.0.conv.weight"], state["convs.1.conv.weight"]))
    views = {"convs.0.conv.weight": whole[0], "convs.1.conv.weight": whole[1]}
    turned = {"style.1.weight": state["style.1.weight"].T.contiguous().T}
    for legacy in (False, True):
        path = write(tmp_path, "views.pt", torch_bytes({"g_ema": state | views | turned}, legacy=legacy))
        network = load(path)
        assert torch.equal(network.blocks[1].conv0.weight, views["convs.0.conv.weight"][0])
        assert torch.equal(network.blocks[1].conv1.weight, views["convs.1.conv.weight"][0])
        assert torch.equal(network.mapping[0].weight, state["style.1.weight"])


@pytest.mark.parametrize("clamp", [None, 256, 0.75])
def test_the_bound_on_features_is_read_and_kept(tmp_path, clamp):
    arrays = golden("nv_32px_rgb")
    network = load(write(tmp_path, "fp16.pkl", nvidia_bytes(state_of(arrays), clamp=clamp)))
    assert network.architecture.conv_clamp == clamp
    image = network.double()({"w": arrays["in/ws"].double()})
    assert (relative(image, arrays["out/img_from_ws_const"]) < IMAGE) == (clamp != 0.75)
    mapped = dict(tensorflow_variables(state_of(golden("ros_32px")), golden("ros_32px")["in/truncation_latent"]))
    original = load(write(tmp_path, "fp16-tf.pkl", tensorflow_bytes(mapped, options={"conv_clamp": clamp})))
    assert original.architecture.conv_clamp == clamp


def test_the_bound_is_found_among_the_options_where_the_layers_do_not_name_it(tmp_path):
    network = module_tree(state_of(golden("nv_32px_rgb")), clamp=256)
    for module in network.modules():
        module.__dict__.pop("conv_clamp", None)
    assert load(write(tmp_path, "old.pkl", nvidia_bytes(network))).architecture.conv_clamp == 256


def test_the_arguments_decide_no_more_than_the_layers(tmp_path):
    network = module_tree(state_of(golden("nv_32px_rgb")), clamp=256)
    network._init_kwargs["synthesis_kwargs"]["conv_clamp"] = 5
    assert load(write(tmp_path, "a.pkl", nvidia_bytes(network))).architecture.conv_clamp == 256


def test_a_conditional_network_keeps_its_labels(tmp_path):
    arrays = golden("nv_32px_rgb")
    seeded = torch.Generator().manual_seed(0)
    embed = {"weight": torch.randn(32, 10, generator=seeded), "bias": torch.randn(32, generator=seeded)}
    first = torch.randn(32, 64, generator=seeded)
    state = state_of(arrays) | {f"mapping.embed.{k}": v for k, v in embed.items()} | {"mapping.fc0.weight": first}
    path = write(tmp_path, "cifar10.pkl", nvidia_bytes(state))
    assert inspect(path).label_dim == 10
    network = load(path)
    z, label = torch.randn(2, 32, generator=seeded), torch.eye(10)[:2]
    assert network.map(z, label=label).shape == (2, 8, 32)
    with pytest.raises(ValueError, match=r"takes a label \[B, 10\]"):
        network.map(z)


def test_a_network_pickled_alone_and_one_without_its_average_are_read(tmp_path):
    arrays = golden("nv_32px_rgb")
    with pretended():
        alone = pickle.dumps(module_tree(state_of(arrays)))
        plain = pickle.dumps({"G": module_tree(state_of(arrays))})
    for content in (alone, plain):
        assert_nvidia(load(write(tmp_path, "G.pkl", content)), arrays)


def test_a_state_dict_with_nvidias_names_in_a_file_of_torch_is_read(tmp_path):
    arrays = golden("nv_32px_rgb")
    for name, content in (("bare.pt", state_of(arrays)), ("full.pth", {"G_ema": state_of(arrays), "step": 3})):
        assert_nvidia(load(write(tmp_path, name, torch_bytes(content))), arrays)


def test_the_tutorials_dcgan_is_read_from_a_file_of_torch(tmp_path):
    found = inspect("dcgan-faces")
    assert (found.kind, found.resolution, found.layers, found.z_dim, found.w_dim) == ("dcgan", 64, 5, 100, None)
    assert found.licence == "MIT"
    named, read = load("dcgan-faces"), load(file_of("dcgan-faces"))
    assert all(torch.equal(a, b) for a, b in zip(named.state_dict().values(), read.state_dict().values(), strict=True))


def test_the_suffix_does_not_decide_the_format(tmp_path):
    arrays = golden("nv_32px_rgb")
    network = load(write(tmp_path, "network.tar", nvidia_bytes(state_of(arrays))))
    save_generator(network, tmp_path / "ours.safetensors", metadata={})
    (tmp_path / "ours.safetensors").rename(tmp_path / "ours.pt")
    assert inspect(tmp_path / "ours.pt").format == "safetensors"
    assert_nvidia(load(tmp_path / "ours.pt"), arrays)


def test_our_reading_of_torch_files_is_torchs(tmp_path):
    """torch.load, on the same bytes, as the other side."""
    arrays = golden("ros_32px")
    for legacy in (False, True):
        content = torch_bytes({"g_ema": state_of(arrays)}, legacy=legacy)
        theirs = torch.load(BytesIO(content), weights_only=True)["g_ema"]
        data = memoryview(content)
        ours = (read_legacy if legacy else read_zip)(data, Budget(copied=len(data)))["g_ema"]
        assert theirs.keys() == ours.keys()
        assert all(torch.equal(ours[name].tensor(), theirs[name]) for name in theirs)
