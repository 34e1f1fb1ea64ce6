"""What a process of ours is like: its interpreter, its garbage, what it keeps and what its
children inherit."""
