"""What is changed in the C++ that Brian2 generates.

`sources` finds a place and changes it, or says that it is not there; `brian2_edits` lists the
places; the other files make the changes: in any program, in a network, on several threads.
"""
