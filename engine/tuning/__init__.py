"""`fillwright tune`: a LoRA adapter of the user's own code. Knows no serving, no folders."""
