"""A system in other languages, one a file."""
