"""How each editor is set up: where its settings are, and what belongs in them.

Shows changes before it writes them; knows no engine.
"""
