"""`fillwright eval`: benchmarks, the sandbox for what a model wrote, scores, the report.

Knows no serving and no editors.
"""
