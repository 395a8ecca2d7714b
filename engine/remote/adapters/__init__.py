"""What each kind of model server is asked and how it answers, one file each.

Knows JSON; of HTTP only paths, and of fills only text.
"""
