"""What a process of ours is like: its interpreter, its garbage, what its children inherit."""
