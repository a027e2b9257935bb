"""Tasks, thread groups, the process tree, the scheduler, wait queues."""
