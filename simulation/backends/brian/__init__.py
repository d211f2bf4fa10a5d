"""Brian2 as it is: the objects of a plan, and their run in this process on numpy or cython."""
