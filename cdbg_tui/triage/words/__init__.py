"""What programs say before they die: phrases as data, and which of them tells the reason."""
