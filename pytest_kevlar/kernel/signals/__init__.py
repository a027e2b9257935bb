"""Signals: queues, actions, delivery."""
