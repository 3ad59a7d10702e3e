"""What a user can do: one function per verb. Who may is its first line; it never commits."""
