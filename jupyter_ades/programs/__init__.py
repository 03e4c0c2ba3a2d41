"""The programs that runners' plans call: one job's command, in a process of its own."""
