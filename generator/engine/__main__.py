"""`python -m generator.engine [--port N] [--folder PATH] ...`: the engine without Django."""

from __future__ import annotations

import argparse
from pathlib import Path

from generator.engine.cli import add_arguments, configure
from generator.engine.serve import serve

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m generator.engine")
    add_arguments(parser)
    parser.add_argument("--folder", type=Path, default=Path(".data/engine"))
    options = parser.parse_args()
    serve(configure(vars(options), folder=options.folder, api_key=""))
