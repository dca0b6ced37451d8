"""Where model files come from, where they are kept, and whether they are still what they were.

`registry` is the table of known models, `fetch` gets one from the package registries, `store` finds and checks what
is there.
"""
