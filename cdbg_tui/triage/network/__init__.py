"""What stands between a container and those who speak with it: names, ports, firewalls, probes."""
