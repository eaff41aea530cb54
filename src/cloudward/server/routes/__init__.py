"""The resources of the API, a file each: `router` holds its routes."""
