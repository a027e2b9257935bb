"""AF_INET and AF_INET6 on the machine's own loopback: addresses, ports, UDP and TCP."""
