"""The project around the documents: which of its files the engine is to remember, and sending them.

Knows folders, files and the engine's client; knows no protocol, and no fill waits for it.
"""
