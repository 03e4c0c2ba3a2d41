"""Processes that come with this service."""
