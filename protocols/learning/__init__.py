"""Spiking classifiers: a cell's F-I curve for training, and trained weights in cells."""
