"""Who calls, how he proves it, and what he may: sign-in, sessions, tokens, roles."""
