"""What the command line does without the dashboard, a file a command; each reads what the screens read."""
