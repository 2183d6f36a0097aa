"""Widgets that several panes stand on."""
