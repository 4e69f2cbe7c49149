"""System checks: what would go wrong later is said at the start."""
