"""`fillwright train`: corpus, vocabulary, phases, export. Knows no serving."""
