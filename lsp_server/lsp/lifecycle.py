"""A connection's life: initialize, settings and folders that change, shutdown. Knows no fills."""

from functools import partial

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from fillwright.lsp_server.lsp.configuration import Configuration
from fillwright.lsp_server.lsp.watched_files import watch_files
from fillwright.lsp_server.session.session import Session
from fillwright.lsp_server.text.positions import PositionEncoding


def register(
    client: LanguageServer, session: Session, greeting: types.InitializeParams | None
) -> None:
    """Teach the server these methods; `greeting` is what `initialize` said."""
    configuration = Configuration(client)
    if greeting is not None:
        initialize(client, session, configuration, greeting)
    for method, handler in (
        (types.INITIALIZED, partial(initialized, client, session, configuration)),
        (types.WORKSPACE_DID_CHANGE_CONFIGURATION, partial(configured, session, configuration)),
        (
            types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS,
            partial(folders_changed, client, session, configuration),
        ),
        (types.WORKSPACE_DID_CHANGE_WATCHED_FILES, partial(files_changed, session)),
        (types.SHUTDOWN, partial(shutdown, session)),
    ):
        client.feature(method)(handler)


def initialize(
    client: LanguageServer,
    session: Session,
    configuration: Configuration,
    params: types.InitializeParams,
) -> None:
    """What `initialize` said holds for the session."""
    chosen = client.workspace.position_encoding or types.PositionEncodingKind.Utf16
    name = chosen.value if isinstance(chosen, types.PositionEncodingKind) else chosen
    session.documents.encoding = PositionEncoding(name)
    session.folders = folders_of(client)
    given = configuration.initial(params.initialization_options)
    session.start(given, more_to_come=configuration.can_be_read)
    if params.client_info is not None:
        session.report.editor = params.client_info.name


async def initialized(
    client: LanguageServer,
    session: Session,
    configuration: Configuration,
    params: types.InitializedParams,
) -> None:
    """`initialized`: settings are read, and the engine is started if they say so."""
    configuration.watch()
    session.project.is_watched = watch_files(client)
    await session.configure(await configuration.read(session.folders))


async def configured(
    session: Session, configuration: Configuration, params: types.DidChangeConfigurationParams
) -> None:
    """`workspace/didChangeConfiguration`."""
    await session.configure(await configuration.read(session.folders, params.settings))


async def folders_changed(
    client: LanguageServer,
    session: Session,
    configuration: Configuration,
    params: types.DidChangeWorkspaceFoldersParams,
) -> None:
    """`workspace/didChangeWorkspaceFolders`: the new ones may have settings of their own."""
    session.folders = folders_of(client)
    await session.configure(await configuration.read(session.folders))


def files_changed(session: Session, params: types.DidChangeWatchedFilesParams) -> None:
    """`workspace/didChangeWatchedFiles`: of a project, which is looked at again."""
    session.project.written()


async def shutdown(session: Session, params: None) -> None:
    """`shutdown`: the engine stays, other editors may use it."""
    await session.shutdown()


def folders_of(client: LanguageServer) -> tuple[str, ...]:
    """The URIs of the workspace's folders; an editor that names none may have a root."""
    folders = tuple(folder.uri for folder in client.workspace.folders.values())
    root = client.workspace.root_uri
    return folders or ((root,) if root else ())
