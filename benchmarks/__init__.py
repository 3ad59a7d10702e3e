"""How much CPU the service costs beside the bare driver and a bare route: `make bench`."""
