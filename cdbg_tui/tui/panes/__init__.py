"""One pane a file. A pane is handed what it shows and posts messages; it knows no engine."""
