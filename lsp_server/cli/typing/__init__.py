"""`fillwright eval typing`: types files as a person does, and counts what was suggested."""
