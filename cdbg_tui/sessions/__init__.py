"""What a key launches, as plans: pure, no engine and no terminal."""
