"""One module is one command; the function or group in it bears the module's name."""
