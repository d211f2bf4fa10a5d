"""Small classifiers on arrays: activation functions that cells have, exact gradients, training.

Nothing here runs a simulation; ``excitable.protocols`` measures the curves of cells and puts
trained weights into spiking ones.
"""
