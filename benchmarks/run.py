"""Measure what users wait for, as ratios within one run: `make bench`.

First start-up and descriptors (start_up.py), the gate of a pipeline (gate.py), then lists, of a
small size (batch.py --quick).
Install cncheck with its `dev` extra first; peers that are not installed are left out
(benchmarks/peers/requirements.txt).
"""

from __future__ import annotations

import batch
import gate
import start_up

if __name__ == "__main__":
    start_up.measure()
    gate.measure()
    print()
    batch.main(quick=True)
