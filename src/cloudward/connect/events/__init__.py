"""Events: what logs say happened."""
