"""``make soak``: a week of a busy engine in some minutes, with the real program open all the time."""
