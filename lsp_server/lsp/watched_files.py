"""Asks an editor to say which files of its workspace change, where it can be asked."""

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from fillwright.engine.syntax.grammars import has_queries
from fillwright.engine.syntax.languages import SUFFIXES
from fillwright.lsp_server.lsp.convert import capability
from fillwright.lsp_server.privacy.ignore_files import IGNORE_FILES


def watch_files(client: LanguageServer) -> bool:
    """Whether the editor tells of files of code, and of those that say what is ignored."""
    capabilities = client.client_capabilities
    if not capability(capabilities, "workspace.did_change_watched_files.dynamic_registration"):
        return False
    code = sorted(suffix for suffix, language in SUFFIXES.items() if has_queries(language))
    globs = [f"**/*.{{{','.join(code)}}}", *(f"**/{name}" for name in IGNORE_FILES)]
    options = types.DidChangeWatchedFilesRegistrationOptions(
        [types.FileSystemWatcher(glob) for glob in globs]
    )
    registration = types.Registration(
        id="fillwright-files",
        method=types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
        register_options=options,
    )
    client.client_register_capability(types.RegistrationParams([registration]))
    return True
