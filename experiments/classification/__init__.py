"""What the studies of classifiers share: data sets, cells with their curves, intervals."""
