"""The wire: LSP messages in, calls to the other rooms, LSP messages out.

The only room that knows pygls and lsprotocol; knows no tokens, sockets or grammar nodes.
"""
