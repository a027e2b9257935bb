"""Sockets: AF_UNIX, and AF_INET, AF_INET6 and AF_NETLINK on a loopback of the guest's own."""
