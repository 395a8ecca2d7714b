"""The process that keeps the model: client, HTTP over a private socket, one owner thread.

Knows not what a model is.
"""
