"""That a document is not, or no longer, the version that was meant."""


class DocumentChanged(Exception):  # noqa: N818 - an outcome, not an error
    """The document is not, or no longer, the version that was meant."""
