"""The Soundverse v5 client. Standard library and httpx only; knows neither Django nor our models.

`client` talks, `framing` turns bytes into JSON objects, `wire` turns those into typed events,
`replies` turns refusals into the tree of `errors`, `replay` reads a spooled body again.
Nothing is imported here, so that the types can be used without loading httpx.
"""
