"""Measurements: each command prints one line a figure. Nothing here is part of the suite.

python -m tests.bench.figure6     an event sent by the upstream -> visible in a browser
python -m tests.bench.figure9     submit, server side; submit -> first event stored
python -m tests.bench.figure12    submit -> track ready, 30 s track, local engine
"""
