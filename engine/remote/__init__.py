"""Somebody else's model server in the place of our own model: adapters, manners, and an infiller.

Each server's requests and answers are in a file of their own below `adapters`; knows no sockets of
our own, no editors, and loads no torch.
"""
