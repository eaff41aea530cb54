"""The logs that are read: one file each, `SOURCE` in it."""
