"""Several processes and threads: how many, what each does, how far it is."""
