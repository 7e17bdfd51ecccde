"""Mutants of the readers of files of weights."""

from tests.mutants.mutant import Mutant

FOLDER = "ilo_practice/checkpoints"
HOSTILE, FORMATS = "tests/test_checkpoint_hostile.py", "tests/test_checkpoint_formats.py"
PICKLES, NETWORKS = "tests/test_checkpoint_pickles.py", "tests/test_checkpoint_networks.py"

MUTANTS = [
    Mutant(
        "a name on no list becomes data and passes",
        f"{FOLDER}/pickles.py",
        "    if name.startswith(INERT):",
        "    if name:",
        HOSTILE,
    ),
    Mutant(
        "a length in a pickle is believed",
        f"{FOLDER}/machine.py",
        "if count > len(self.data) - self.at:",
        "if count < 0:",
        PICKLES,
    ),
    Mutant(
        "a frame is believed",
        f"{FOLDER}/machine.py",
        "if (size := self.number(8)) > (left := len(self.data) - self.at):",
        "if (size := self.number(8)) < (left := 0):",
        PICKLES,
    ),
    Mutant(
        "a pickle of any number of parts",
        f"{FOLDER}/inert.py",
        "self.steps -= count",
        "self.steps -= 0 * count",
        PICKLES,
    ),
    Mutant(
        "a part of a name passes for a name",
        f"{FOLDER}/machine.py",
        'if "." in attribute:',
        'if "/" in attribute:',
        HOSTILE,
    ),
    Mutant(
        "keys of any kind",
        f"{FOLDER}/inert.py",
        "if type(value) is str or (type(value) is int and abs(value) < LARGEST_KEY):",
        "if type(value) is not list:",
        PICKLES,
    ),
    Mutant(
        "a tensor beyond its storage",
        f"{FOLDER}/stored.py",
        "if self.count and (self.offset + reach > self.storage.count or self.count > reach):",
        "if self.count and self.count > reach:",
        PICKLES,
    ),
    Mutant(
        "a tensor of one number a billion times",
        f"{FOLDER}/stored.py",
        "if self.count and (self.offset + reach > self.storage.count or self.count > reach):",
        "if self.count and self.offset + reach > self.storage.count:",
        PICKLES,
    ),
    Mutant(
        "tensors that overlap",
        f"{FOLDER}/reading.py",
        "_fits(weights, path.stat().st_size)",
        "_fits(weights, 8 * path.stat().st_size)",
        HOSTILE,
    ),
    Mutant(
        "the offset of a tensor left out",
        f"{FOLDER}/stored.py",
        "self.offset * element.size)",
        "0 * element.size)",
        PICKLES,
    ),
    Mutant(
        "compressed members taken",
        f"{FOLDER}/archive.py",
        "if method or flags & 1 or packed != size:",
        "if flags & 1:",
        "tests/test_checkpoint_archive.py",
    ),
    Mutant(
        "members that overlap",
        f"{FOLDER}/archive.py",
        "if header < end or bytes(",
        "if bytes(",
        "tests/test_checkpoint_archive.py",
    ),
    Mutant(
        "upsampling filters of TensorFlow not turned",
        f"{FOLDER}/tensorflow.py",
        "lambda t: t.flip(0, 1).permute(3, 2, 0, 1)",
        "lambda t: t.permute(3, 2, 0, 1)",
        FORMATS,
    ),
    Mutant(
        "style biases of TensorFlow without their 1",
        f"{FOLDER}/tensorflow.py",
        "lambda t: t + 1",
        "lambda t: t + 0",
        FORMATS,
    ),
    Mutant(
        "TensorFlow's weights without their gain",
        f"{FOLDER}/tensorflow.py",
        "wscale=True",
        "wscale=False",
        FORMATS,
    ),
    Mutant(
        "noises of TensorFlow one block early",
        f"{FOLDER}/tensorflow.py",
        "blocks.{(i + 1) // 2}.conv",
        "blocks.{i // 2}.conv",
        FORMATS,
    ),
    Mutant(
        "G before its running average",
        f"{FOLDER}/nvidia.py",
        'GENERATORS = ("G_ema", "G")',
        'GENERATORS = ("G", "G_ema")',
        FORMATS,
    ),
    Mutant(
        "the bound on features not read",
        f"{FOLDER}/nvidia.py",
        "return None if clamp is None else float(clamp)",
        "return None",
        FORMATS,
    ),
    Mutant(
        "the residual architecture taken for the skip",
        f"{FOLDER}/nvidia.py",
        '("SynthesisBlock", "architecture"): "skip",',
        '("SynthesisBlock", "architectures"): "skip",',
        NETWORKS,
    ),
    Mutant(
        "weights that are not finite",
        f"{FOLDER}/network.py",
        "if not own[name].isfinite().all() and not (",
        "if own[name].isinf().all() and not (",
        HOSTILE,
    ),
    Mutant(
        "a summary that builds the network",
        f"{FOLDER}/summary.py",
        'weights = opened(path, "inspect")',
        'weights = opened(path, "inspect"); __import__("torch").nn.Linear(1, 1)',
        "tests/test_checkpoint_summary.py",
    ),
    Mutant(
        "a conversion that replaces a file unasked",
        f"{FOLDER}/conversion.py",
        "if target.exists() and not force:",
        "if target.exists() and force is None:",
        "tests/test_checkpoint_summary.py",
    ),
]
