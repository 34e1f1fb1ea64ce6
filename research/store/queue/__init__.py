"""Jobs that wait for a worker: the queue, limits, who lives."""
