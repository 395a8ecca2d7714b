"""The memory of an engine that has none."""

from fillwright.engine.request import FileText, WorkspaceMemory


class Forgetful:
    """A server remembers nothing of a project."""

    is_used = False

    def take(self, workspace: str, file: FileText) -> None:
        """Nothing is kept, and nothing sent."""

    def known(self) -> tuple[WorkspaceMemory, ...]:
        """Of no workspace."""
        return ()

    def renew(self, workspace: str) -> None:
        """Nothing to keep."""

    def forget_unused(self) -> None:
        """Nothing to forget."""

    def clear(self) -> None:
        """Nothing to forget."""
