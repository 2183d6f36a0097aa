"""The dashboard: Textual, and nothing else."""
