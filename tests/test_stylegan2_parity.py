"""StyleGAN-2 against arrays computed by the two public implementations: images, features, skip images, gradients."""

from pathlib import Path

import numpy as np
import pytest
import torch

from ilo_practice.checkpoints import from_state_dict

GOLDEN = Path(__file__).parent / "golden"
IMAGE, GRADIENT, FLOAT32 = 1e-8, 1e-6, 1e-4


@pytest.fixture(autouse=True, scope="module", params=["in strips", "plain"])
def layers(request):
    """Each test runs with all layers in strips, as large ones are, and with all plain, as small ones are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ilo_practice.stylegan2.layers.LARGE", 0 if request.param == "in strips" else float("inf"))
        yield


def relative(ours, theirs):
    theirs = torch.as_tensor(theirs).double()
    return ((ours.double() - theirs).abs().max() / theirs.abs().max()).item()


def golden(name):
    arrays = np.load(GOLDEN / f"{name}.npz", allow_pickle=False)
    return {key: torch.from_numpy(arrays[key]) for key in arrays}


def state(arrays):
    return {key[3:]: value for key, value in arrays.items() if key.startswith("sd/")}


@pytest.fixture(scope="module", params=["nv_32px_rgb", "nv_64px_rgb"])
def nvidia(request):
    arrays = golden(request.param)
    return arrays, from_state_dict(state(arrays)).double()


@pytest.fixture(scope="module")
def rosinality():
    arrays = golden("ros_32px")
    return arrays, from_state_dict(state(arrays), w_avg=arrays["in/truncation_latent"]).double()


def stored_noises(network):
    layers = [network.blocks[0].conv1] + [c for block in network.blocks[1:] for c in (block.conv0, block.conv1)]
    return {f"noise_{i}": layer.noise.clone() for i, layer in enumerate(layers)}


def test_nvidia_mapping_and_truncation(nvidia):
    arrays, network = nvidia
    z = arrays["in/z"].double()
    assert relative(network.map(z), arrays["out/ws_from_z"]) < IMAGE
    assert relative(network.map(z, truncation=0.7), arrays["out/ws_from_z_psi0.7"]) < IMAGE
    assert relative(network.map(z, truncation=0.5, cutoff=3), arrays["out/ws_from_z_psi0.5_cutoff3"]) < IMAGE


def test_nvidia_images(nvidia):
    arrays, network = nvidia
    z, w = arrays["in/z"].double(), arrays["in/ws"].double()
    silent = {key: torch.zeros(1, *shape).double() for key, shape in network.noise_shapes.items()}
    assert relative(network({"z": z}), arrays["out/img_from_z_const"]) < IMAGE
    assert relative(network({"w": network.map(z, truncation=0.7)}), arrays["out/img_from_z_psi0.7_const"]) < IMAGE
    assert relative(network({"w": w}), arrays["out/img_from_ws_const"]) < IMAGE
    assert relative(network({"w": w} | silent), arrays["out/img_from_ws_none"]) < IMAGE


def test_nvidia_every_intermediate(nvidia):
    arrays, network = nvidia
    latent = {"w": arrays["in/ws"].double()}
    for j in range(1, network.num_layers):
        passed = network(latent, stop=j)
        assert relative(passed["x"], arrays[f"out/act_x_b{2 ** (j + 1)}"]) < IMAGE
        assert relative(passed["rgb"], arrays[f"out/act_img_b{2 ** (j + 1)}"]) < IMAGE


def test_nvidia_gradients_to_codes_and_noises(nvidia):
    arrays, network = nvidia
    w = arrays["in/ws"].double().requires_grad_()
    noises = {key: noise.requires_grad_() for key, noise in stored_noises(network).items()}
    loss = network({"w": w} | noises).square().mean()
    w_grad, *noise_grads = torch.autograd.grad(loss, [w, *noises.values()])
    assert relative(w_grad, arrays["grad/ws"]) < GRADIENT
    names = ["b4.conv1"] + [f"b{4 * 2**j}.conv{i}" for j in range(1, network.num_layers) for i in (0, 1)]
    for name, grad in zip(names, noise_grads, strict=True):
        assert relative(grad[0, 0], arrays[f"grad/synthesis.{name}.noise_const"]) < GRADIENT


def test_nvidia_float32():
    arrays = golden("nv_64px_rgb")
    network = from_state_dict(state(arrays))
    assert relative(network({"w": arrays["in/ws"]}), arrays["out/img_from_ws_const"]) < FLOAT32
    assert relative(network({"z": arrays["in/z"]}), arrays["out/img_from_z_const"]) < FLOAT32


def test_rosinality_images(rosinality):
    arrays, network = rosinality
    z, z2 = arrays["in/z"].double(), arrays["in/z2"].double()
    noises = {f"noise_{i}": arrays[f"in/noise_{i}"].double() for i in range(7)}
    mixed = torch.cat((network.map(z)[:, :3], network.map(z2)[:, 3:]), dim=1)
    assert relative(network.map(z)[:, 0], arrays["out/w_from_z"]) < IMAGE
    assert relative(network({"z": z} | noises), arrays["out/img_from_z"]) < IMAGE
    assert relative(network({"z": z}), arrays["out/img_from_z_stored_noise"]) < IMAGE
    assert relative(network({"w": network.map(z, truncation=0.7)} | noises), arrays["out/img_from_z_trunc0.7"]) < IMAGE
    assert relative(network({"w": mixed} | noises), arrays["out/img_mix_inject3"]) < IMAGE
    single = from_state_dict(state(arrays))
    in_float32 = single({"w": arrays["in/latent"]} | {key: noise.float() for key, noise in noises.items()})
    assert relative(in_float32, arrays["out/img_from_latent"]) < FLOAT32


def test_rosinality_intermediates_and_gradients(rosinality):
    arrays, network = rosinality
    noises = {f"noise_{i}": arrays[f"in/noise_{i}"].double().requires_grad_() for i in range(7)}
    w = arrays["in/latent"].double().requires_grad_()
    image = network({"w": w} | noises)
    assert relative(image, arrays["out/img_from_latent"]) < IMAGE
    w_grad, *noise_grads = torch.autograd.grad(image.square().mean(), [w, *noises.values()])
    assert relative(w_grad, arrays["grad/latent"]) < GRADIENT
    for i, grad in enumerate(noise_grads):
        assert relative(grad, arrays[f"grad/noise_{i}"]) < GRADIENT
    for j in range(1, network.num_layers):
        passed = network({"w": w} | noises, stop=j)
        assert relative(passed["x"], arrays[f"out/act_x_layer{j - 1}"]) < IMAGE
        assert relative(passed["rgb"], arrays[f"out/act_skip_layer{j - 1}"]) < IMAGE


def test_gaussianised_codes_follow_the_released_formula():
    arrays = golden("ilo_ops")
    network = from_state_dict(state(golden("nv_32px_rgb")))
    mean, std, x, y = (arrays[f"mpl/{key}"] for key in ("mean", "std", "x", "y"))
    network.v_mean, network.v_std = mean, std
    assert relative(network.codes(x), y) < FLOAT32
