"""Networks: what a network consists of, and how it is run."""
