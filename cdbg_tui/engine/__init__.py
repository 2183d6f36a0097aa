"""Everything that talks to a container engine. Threads live here; nothing here imports Textual."""
