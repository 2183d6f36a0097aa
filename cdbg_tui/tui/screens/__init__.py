"""What covers the panes: dialogs, the inspect tree, the changed files, the help."""
