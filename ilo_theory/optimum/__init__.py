"""Global optima in the extended range, certified: min ||A G2(G1(z) + b) - y|| over z in B_2^k(r1), b in B_1^p(r2).

With A = I and y = x this is (3), with the measurements y = A x it is (4). Three cases, by the kind of layers:

* G1 and G2 affine: one convex problem with its duality gap (`convex`);
* G2 affine, k small: branch and bound on z with Lipschitz certificates, the problem in b convex with its gap;
* ReLU in G2, k + p small: branch and bound on z and b (`boxes`, and `enclosure` for the certificates of both).

Elsewhere the search ends at its limit with a lower bound that is true but far off: an interval, not a number.
"""

from ilo_theory.optimum.enclosure import slopes
from ilo_theory.optimum.minimum import Optimum, minimise

__all__ = ["Optimum", "minimise", "slopes"]
