"""``make bench``: full-screen programs measured from outside, in a real pty, on a private engine.

Programs take turns within one run, so that a figure is a ratio to another of the same run, not a promise about
a machine.
"""
