"""What people decide, as files under version control: read, compared with the store, and made so.

A file holds things by kind and id. The files of a folder own what they name: a thing that is no longer there
is removed, one that was made by hand or by another folder is left alone.
"""
