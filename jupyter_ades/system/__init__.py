"""What the operating system knows of a job: its worker and the processes it started."""
