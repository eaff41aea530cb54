"""Events in, alerts out: Sigma rules, sequences and behaviour over what happened."""
