"""Errors that a person can do something about; each message is one sentence that says what to do.

Knows nothing of how they are shown: the command line prints them, the language server sends them
as a status.
"""


class FillwrightError(Exception):
    """Base of every error whose message is meant for a person."""


class BadRequest(FillwrightError):
    """A position, hole or argument that the caller can correct."""


class CheckpointError(FillwrightError):
    """A model folder that cannot be used; names the tensor and the file where there is one."""


class MissingExtra(FillwrightError):
    """Something for which the package has an extra that is not installed."""


class EngineUnavailable(FillwrightError):
    """The engine daemon cannot be started or reached."""


class EngineFailed(FillwrightError):
    """The engine failed while it worked on a request."""


class DownloadFailed(FillwrightError):
    """A model that did not come whole; the same command again may go on."""
