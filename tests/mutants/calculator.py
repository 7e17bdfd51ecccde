"""Mutants of the calculator, of upper bounds of Lipschitz constants, and of what radii imply."""

from tests.mutants.mutant import Mutant

ROWS, UPPER, SYMBOLS = "ilo_theory/calculator/rows.py", "ilo_practice/lipschitz.py", "ilo_practice/symbols.py"
SREC = "ilo_theory/bounds/srec.py"

MUTANTS = [
    Mutant(
        "the printed theorem asked beyond sqrt(p)",
        ROWS,
        "beyond = root < s.K",
        "beyond = s.p < s.K",
        "tests/test_calculator.py",
    ),
    Mutant(
        "an m of n says something",
        ROWS,
        "bound.measurements >= s.n",
        "bound.measurements > 2 * s.n",
        "tests/test_calculator.py",
    ),
    Mutant(
        "the chain of differences of one point for two",
        SREC,
        "    return [entropies[i] + entropies[i + 1] + u",
        "    return [entropies[i] + u",
        "tests/test_calculator.py",
    ),
    Mutant(
        "the largest ||S|| of a grid for that of all frequencies",
        SYMBOLS,
        "* (1 + 1e-9) / shrink)",
        "* (1 + 1e-9))",
        "tests/test_symbols.py",
    ),
    Mutant(
        "a doubling convolution by one of its phases",
        SYMBOLS,
        "return symbol_norm(phases.permute(2, 4, 3, 5, 1, 0).flatten(2, 4))",
        "return symbol_norm(phases.permute(2, 4, 3, 5, 1, 0)[:, :, 0, 0])",
        "tests/test_symbols.py",
    ),
    Mutant(
        "the way of rgb lost in the upper bound",
        UPPER,
        "rgb = {name: UPSAMPLED * rgb[name] + image * bound",
        "rgb = {name: 0 * rgb[name] + image * bound",
        "tests/test_upper_bounds.py",
    ),
    Mutant(
        "one channel's noise for that of all",
        UPPER,
        "x[key] += sqrt(2 * len(layer.bias))",
        "x[key] += sqrt(2)",
        "tests/test_upper_bounds.py",
    ),
    Mutant(
        "L2 of G2 measured at the image of another entry",
        "ilo_practice/splits.py",
        "L2 = lipschitz_lower(generator, here, start, keys=[key]",
        "L2 = lipschitz_lower(generator, here, start, keys=None",
        "tests/test_implied.py",
    ),
    Mutant(
        "K by the upper bound of L2",
        "ilo_practice/implied.py",
        "K=radius * split.L2 / delta,",
        "K=radius * (split.L2_most or split.L2) / delta,",
        "tests/test_implied.py",
    ),
]
