"""The API and the portal: a route parses, calls and shapes, no more."""
