"""cloudward: cloud-native application protection on your own machine."""

__version__ = "0.1.0"
