"""System V IPC and POSIX message queues: objects of an IPC namespace, not of a process."""
