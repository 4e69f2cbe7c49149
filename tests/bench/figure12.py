"""Figure 12: a newcomer's submit -> track ready, 30 s track, local engine."""

from __future__ import annotations

from .figure9 import IS_DONE
from .newcomer import describe, newcomer

ROUNDS = 5


def main() -> None:
    """Make tracks one after the other, the first in a studio that was just started."""
    ready = []
    with newcomer() as (_, person):
        for _ in range(ROUNDS):
            seconds, row = person.submit(duration=30)
            ready.append(seconds + person.wait_for(IS_DONE, row))
    print(f"figure 12: first {ready[0]:.1f} s; submit -> ready {describe(ready, 's')}")


if __name__ == "__main__":
    main()
