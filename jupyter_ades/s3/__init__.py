"""Buckets: addresses, clients, what their errors mean. Knows no job, no HTTP handler."""
