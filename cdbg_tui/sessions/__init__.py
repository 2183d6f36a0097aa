"""What a key launches, as plans, which are pure; and `running`, which runs one on a terminal."""
