"""The local engine: composes, renders and serves instrumental music on the API page's own wire.

`generate(request)` is the whole engine in one call; `python -m generator.engine` serves it.
"""
