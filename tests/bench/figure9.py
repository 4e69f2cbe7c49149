"""Figure 9: submit on the server's side, and submit -> first event stored, local engine."""

from __future__ import annotations

from .newcomer import describe, newcomer

ROUNDS = 20
HAS_CHUNK = """
    SELECT 1 FROM generator_chunk JOIN generator_attempt ON attempt_id = generator_attempt.id
    WHERE generation_id = ?
"""
IS_DONE = "SELECT 1 FROM generator_generation WHERE id = ? AND status = 'ready'"


def main() -> None:
    """Submit short tracks one after the other and print both figures."""
    submits, stored = [], []
    with newcomer() as (_, person):
        for _ in range(ROUNDS):
            seconds, row = person.submit(duration=5)
            submits.append(seconds)
            stored.append(seconds + person.wait_for(HAS_CHUNK, row))
            person.wait_for(IS_DONE, row)
    print(f"figure 9: submit {describe(submits)}; submit -> first event {describe(stored)}")


if __name__ == "__main__":
    main()
