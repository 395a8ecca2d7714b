"""What other people's clients ask over HTTP, one file per protocol. Knows no model."""
