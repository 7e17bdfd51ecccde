"""The published networks, one row each. A hash or an address stands here only with the public page it was read from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mirror:
    """One address that sends the file, and the public page that names the address."""

    address: str
    page: str


@dataclass(frozen=True)
class Published:
    """A network as others published it.

    Args:
        name: how our commands call it.
        file: the name of the file, also on this machine.
        what: in a few words.
        resolution: of the images in pixels; None for what makes no images.
        licence: of the weights.
        mirrors: the same bytes from several places, tried in this order.
        sha256: of the file, None where no public page that we read states it.
        page: where the hash was read; None with no hash.
        size: in bytes, None where no page that we read states it to the byte.
        torchvision: the name of these weights in torchvision, which knows the first address, where it is installed.
    """

    name: str
    file: str
    what: str
    resolution: int | None
    licence: str
    mirrors: tuple[Mirror, ...]
    sha256: str | None = None
    page: str | None = None
    size: int | None = None
    torchvision: str | None = None


# The licences of NVIDIA/stylegan2 and stylegan2-ada-pytorch; both allow non-commercial use only.
NVIDIA = "NVIDIA Source Code License-NC"
NVIDIA_ADA = "NVIDIA Source Code License (StyleGAN2-ADA), non-commercial"

CDN = "https://nvlabs-fi-cdn.nvidia.com"
NGC = "https://api.ngc.nvidia.com/v2/models/nvidia/research/stylegan2/versions/1/files"
CDN_PAGE = "https://github.com/caopulan/GANInverter/blob/4793aaebb65b68963e04f83e77b3f4033d345133/docs/dataset.md"
ADA_PAGE = "https://github.com/NVlabs/stylegan2-ada-pytorch/blob/main/README.md"
ADA_TRAIN = "https://github.com/NVlabs/stylegan2-ada-pytorch/blob/main/train.py"
NGC_PAGE = "https://github.com/NVlabs/stylegan3/blob/main/README.md"
# States the hashes of all five, which agree with those of COPY's pages.
RELEASES = "https://github.com/clibdev/stylegan2-pytorch"
RELEASES_PAGE = f"{RELEASES}/blob/1a63296eb90ab3e92ffbe1b300ccf01bf8324273/README.md"
# Files at the Hugging Face Hub: HUB/repository/blob/revision/path is the page, …/resolve/… sends the file.
HUB = "https://huggingface.co"
COPY, COPY_ADA = f"{HUB}/aaronb/StyleGAN2-pkl", f"{HUB}/ZeqiangLai/StyleGAN2-pkl"
COPY_PAGE = f"{COPY}/commit/422f40439ddaa6d041cf698347f08e9bdf9f6036"
COPY_ADA_PAGE = f"{COPY_ADA}/tree/main"
DRAG = f"{HUB}/DragGan/DragGan-Models"
VGG, VGG_PATH = f"{HUB}/Keiser41/mangaaa", "8ff9b84704d31282dd9b896e4abf7dec089dbe15/model/vgg16-397923af.pth"
ALEX, ALEX_PATH = f"{HUB}/blanchon/image-gs-models-utils", "main/torch/checkpoints/alexnet-owt-7be5be79.pth"


def _config_f(name: str, data: str, what: str, resolution: int, sha256: str, size: int) -> Published:
    """A network of the StyleGAN2 paper, configuration F, as a pickle of TensorFlow's time."""
    file = f"stylegan2-{data}-config-f.pkl"
    mirrors = (
        Mirror(f"{CDN}/stylegan2/networks/{file}", ADA_PAGE if data == "cat" else CDN_PAGE),
        Mirror(f"{RELEASES}/releases/latest/download/{file}", RELEASES_PAGE),
        Mirror(f"{COPY}/resolve/main/stylegan2/{file}", COPY_PAGE),
    )
    return Published(name, file, what, resolution, NVIDIA, mirrors, sha256, RELEASES_PAGE, size)


_ROWS = (
    _config_f(
        *("ffhq-1024", "ffhq", "faces (FFHQ), StyleGAN2 config F", 1024),
        *("adf127ea7bb8a7788c8bdeda3c9937f7310b669b09ecf799ca53a631ff46948d", 381673535),
    ),
    _config_f(
        *("car-512", "car", "cars (LSUN, 512 x 384 in a square), StyleGAN2 config F", 512),
        *("e1618eee2b3ce87c4a3849442f7850ef12a478556bff035c8e09ee7e23b3794c", 364027523),
    ),
    _config_f(
        *("cat-256", "cat", "cats (LSUN), StyleGAN2 config F", 256),
        *("08940fd616cfaf6bc7b0286b5d1a0b3f70febb26e136d64716c8d3f5e9bd3883", 357418027),
    ),
    _config_f(
        *("church-256", "church", "churches (LSUN), StyleGAN2 config F", 256),
        *("4090c5f83b44b83475c84864188aa39a0fb72694492302b7e6af36aad0d18104", 357418027),
    ),
    _config_f(
        *("horse-256", "horse", "horses (LSUN), StyleGAN2 config F", 256),
        *("cbc73372c7d82d095913ca8b4b9f170560777175bd7c3b8a75dd55d70807f32b", 357418027),
    ),
    Published(
        *("ffhq-1024-ada", "ffhq.pkl", "faces (FFHQ), the same network for PyTorch", 1024, NVIDIA_ADA),
        (
            Mirror(f"{CDN}/stylegan2-ada-pytorch/pretrained/ffhq.pkl", ADA_PAGE),
            Mirror(f"{COPY_ADA}/resolve/main/ada/ffhq.pkl", COPY_ADA_PAGE),
        ),
        "a205a346e86a9ddaae702e118097d014b7b8bd719491396a162cca438f2f524c",
        f"{HUB}/spaces/edemana/my-stylegan-model/commit/da64592673081d7d05abe1437c383f5ad91bf529",
        381624121,
    ),
    Published(
        *("ffhq-512", "stylegan2-ffhq-512x512.pkl", "faces (FFHQ)", 512, NVIDIA_ADA),
        (
            Mirror(f"{NGC}/stylegan2-ffhq-512x512.pkl", NGC_PAGE),
            Mirror(
                f"{DRAG}/resolve/main/stylegan2-ffhq-512x512.pkl",
                f"{DRAG}/blob/refs%2Fpr%2F2/stylegan2-ffhq-512x512.pkl",
            ),
        ),
        "d2b1c92f41ce8a64c55f7a75ef06c4c0eef9e17b1eb29aae8c10fb37b3e60478",
        f"{DRAG}/blob/refs%2Fpr%2F2/stylegan2-ffhq-512x512.pkl",
    ),
    Published(
        *("ffhq-256", "ffhq-res256-mirror-paper256-noaug.pkl", "faces (FFHQ)", 256, NVIDIA_ADA),
        (
            Mirror(
                f"{CDN}/stylegan2-ada-pytorch/pretrained/transfer-learning-source-nets/ffhq-res256-mirror-paper256-noaug.pkl",
                ADA_TRAIN,
            ),
        ),
    ),
    Published(
        *("afhq-cat-512", "stylegan2-afhqcat-512x512.pkl", "faces of cats (AFHQ)", 512, NVIDIA_ADA),
        (
            Mirror(f"{NGC}/stylegan2-afhqcat-512x512.pkl", NGC_PAGE),
            Mirror(
                f"{DRAG}/resolve/main/stylegan2-afhqcat-512x512.pkl",
                f"{DRAG}/blob/refs%2Fpr%2F2/stylegan2-afhqcat-512x512.pkl",
            ),
        ),
        "17a83abee464242f8bb40dc6363d33c2fb087066b68fc0147677fdbf21f7a7a9",
        f"{DRAG}/blob/refs%2Fpr%2F2/stylegan2-afhqcat-512x512.pkl",
    ),
    Published(
        *("afhq-dog-512", "afhqdog.pkl", "faces of dogs (AFHQ)", 512, NVIDIA_ADA),
        (
            Mirror(f"{CDN}/stylegan2-ada-pytorch/pretrained/afhqdog.pkl", CDN_PAGE),
            Mirror(f"{COPY_ADA}/resolve/main/ada/afhqdog.pkl", f"{COPY_ADA}/blob/main/ada/afhqdog.pkl"),
        ),
        "f124ff3f23206052473a7212cbc1f4e095a73c231500411e9c3b81a11eac3662",
        f"{COPY_ADA}/blob/main/ada/afhqdog.pkl",
    ),
    Published(
        *("afhq-wild-512", "afhqwild.pkl", "faces of wild animals (AFHQ)", 512, NVIDIA_ADA),
        (
            Mirror(f"{CDN}/stylegan2-ada-pytorch/pretrained/afhqwild.pkl", ADA_PAGE),
            Mirror(f"{COPY_ADA}/resolve/main/ada/afhqwild.pkl", COPY_ADA_PAGE),
        ),
        "b848043b0518e809f854fdd8b6a6daa7c7e1cce7abaaf8eb883a901c6c6bd347",
        # A pointer whose size is the one that NVIDIA's own listing of the folder gives (quoted on CDN_PAGE).
        "https://github.com/Metacreation-Lab/autolume/blob/86bd919e849d792bc05b837270dc16a2375dadcb/models/afhqwild.pkl",
        363959591,
    ),
    Published(
        *("lpips-vgg16", "vgg16-397923af.pth", "trunk of LPIPS (VGG-16 of torchvision)", None, "BSD-3-Clause"),
        (Mirror(f"{VGG}/resolve/{VGG_PATH}", f"{VGG}/blob/{VGG_PATH}"),),
        "397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
        f"{VGG}/blob/{VGG_PATH}",
        torchvision="VGG16_Weights.IMAGENET1K_V1",
    ),
    Published(
        *("lpips-alexnet", "alexnet-owt-7be5be79.pth", "trunk of LPIPS (AlexNet of torchvision)", None, "BSD-3-Clause"),
        (Mirror(f"{ALEX}/resolve/{ALEX_PATH}", f"{ALEX}/blob/{ALEX_PATH}"),),
        "7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02",
        f"{ALEX}/commit/e25ea78723b26f9d07fa98940d137c7569f05439",
        244408911,
        "AlexNet_Weights.IMAGENET1K_V1",
    ),
)
PUBLISHED = {row.name: row for row in _ROWS}


def named(name: str) -> Published:
    """The row of a name. Raises ValueError that lists the names for any other."""
    if name not in PUBLISHED:
        raise ValueError(f"`fetch(name=...)` must be one of {', '.join(PUBLISHED)}, got {name!r}.")
    return PUBLISHED[name]


def known_as(sha256: str) -> Published | None:
    """The row whose file has this hash, None where there is none."""
    return next((row for row in PUBLISHED.values() if row.sha256 == sha256), None)
