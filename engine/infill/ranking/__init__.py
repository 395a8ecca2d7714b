"""Which candidate is best, and how sure that is: syntax, names, a second reading, calibration.

Knows not how a candidate was written.
"""
