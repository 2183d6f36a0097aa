"""Why did it die, or why does it not answer: evidence in, findings out."""
