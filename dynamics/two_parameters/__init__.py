"""What happens over two parameters at once: curves of bifurcations and the points on them."""
