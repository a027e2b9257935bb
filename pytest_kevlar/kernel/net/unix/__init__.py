"""AF_UNIX sockets: streams, datagrams, sequenced packets, and what can be sent with them."""
