"""The squid-axon F-I sweep in other simulators, each run by an interpreter that has it.

``python FILE CELLS SECONDS DT_MS REPEATS`` prints as JSON the seconds of each run, compiling not
counted, and the rates after the first 300 ms.
"""
