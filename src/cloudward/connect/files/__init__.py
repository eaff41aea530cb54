"""Files as input: a Resource Graph export, a Kubernetes dump or manifests, a cloudward snapshot.

The format is recognised by content, each document by its shape (a module beside this one). What
cannot be read is Coverage that names file, line and reason; the rest is not lost.
"""
