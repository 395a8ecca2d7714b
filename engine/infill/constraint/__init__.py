"""What the text of a hole has to be: sound syntax, a match of a pattern, one of some texts.

Knows text and grammars; knows no ids and no model.
"""
