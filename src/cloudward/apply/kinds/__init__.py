"""One module a kind of thing that files may hold. Its name is the key under which files write it.

Each has what `plan.Kind` asks for.
"""
