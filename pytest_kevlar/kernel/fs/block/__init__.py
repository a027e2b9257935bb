"""Block devices: disks that the host gave, loop devices, and mounting what is on them."""
