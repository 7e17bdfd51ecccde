"""Our own files with headers that lie, and files of other kinds under the names of weights."""

import json
import struct

import torch

from tests.hostile import valid


def ours() -> dict[str, bytes]:
    """Safetensors that claim other sizes, other types and other networks."""
    whole, state = valid.safetensors_bytes(), valid.our_state()
    size = int.from_bytes(whole[:8], "little")
    header, data = json.loads(whole[8 : 8 + size]), whole[8 + size :]

    def written(**changes: object) -> bytes:
        text = json.dumps(header | changes).encode()
        return struct.pack("<Q", len(text)) + text + data

    def tensor(**changes: object) -> bytes:
        return written(w_avg=header["w_avg"] | changes)

    def about(text: str) -> bytes:
        return written(__metadata__={"architecture": text})

    sizes = {
        "widths": ([10**9, 10**9], [3], [], [0, 2], [3, "2"], "32", [3, 2.0], [3, True]),
        "resolution": (16, 2**40, "8", None),
        "mapping_layers": (10**9, 0, -1, 2.5),
        "label_dim": (-1, 10**12, 5),
        "z_dim": (10**12, 0),
        "channels": (0, 3),
        "conv_clamp": ("x", -1, 0, [], 1e999),
        "wscale": (1, "yes"),
        "kind": ("progan", "dcgan", 3, None, []),
        "mystery": (1,),
    }
    lies = {
        f"{name} {value!r}"[:60]: valid.safetensors_bytes(**{name: value})
        for name, values in sizes.items()
        for value in values
    }
    return lies | {
        "a header of 10 GB": struct.pack("<Q", 10 * 2**30) + whole[8:],
        "a header of 2^64 bytes": b"\xff" * 8 + whole[8:],
        "a header of the file's length": struct.pack("<Q", len(whole)) + whole[8:],
        "a header cut": whole[:8] + whole[8 : 8 + size // 2],
        "offsets beyond the file": tensor(data_offsets=[0, 10 * 2**30]),
        "offsets backwards": tensor(data_offsets=[16, 0]),
        "negative offsets": tensor(data_offsets=[-16, 0]),
        "a shape of 10 GB": tensor(shape=[10 * 2**30]),
        "a shape that overflows": tensor(shape=[2**33, 2**33]),
        "a type unknown": tensor(dtype="F1"),
        "integers": valid.safetensors_bytes(state | {"w_avg": torch.ones(4, dtype=torch.int32)}),
        "a tensor missing": valid.safetensors_bytes({k: v for k, v in state.items() if "const" not in k}),
        "a tensor more": valid.safetensors_bytes(state | {"extra": torch.ones(1)}),
        "bytes after the end": whole + b"x",
        "no architecture": about("")[:-1] + b"x",
        "an architecture that is not JSON": about("{"),
        "an architecture a thousand deep": about("[" * 4000),
        "an architecture of a megabyte": about(json.dumps(valid.ARCHITECTURE | {"x": "y" * 2**20})),
        "an architecture that is a list": about("[]"),
        "an architecture that is null": about("null"),
        "metadata that are numbers": written(__metadata__={"architecture": 3}),
    }


def others() -> dict[str, bytes]:
    """What a failed download leaves, and what is no weights at all."""
    return {
        "a web page": b"<!DOCTYPE html><html><body>Quota exceeded</body></html>",
        "a web page after blanks": b"\n\n  <html lang='en'>",
        "a pointer of Git LFS": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n",
        "gzip": b"\x1f\x8b\x08" + bytes(30),
        "HDF5": b"\x89HDF\r\n\x1a\n" + bytes(30),
        "a picture": b"\x89PNG\r\n\x1a\n" + bytes(30),
        "text": b"weights\n",
        "an error in JSON": b'{"error": "not found"}',
        "nothing": b"",
        "one byte": b"\x80",
        "zeros": bytes(4096),
        "ones": b"\xff" * 4096,
        "a program": b"\x7fELF" + bytes(60),
        "a pickle of protocol 0": b"cposix\nsystem\n(S'true'\ntR.",
        "a tar archive": b"weights/" + bytes(249) + b"ustar\x0000" + bytes(240),
    }
