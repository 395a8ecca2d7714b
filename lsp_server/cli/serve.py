"""`fillwright serve`: the command line of the language server. Loads the server itself last."""

from collections.abc import Sequence

from fillwright.engine.allocator import stay_small
from fillwright.lsp_server.cli.arguments import Parser, sentence, whole


def main(argv: Sequence[str]) -> int:
    """Serve over stdin and stdout until the editor ends it; gives the exit code."""
    parser = Parser(
        prog="fillwright serve", description="The language server, over stdin and stdout."
    )
    # what libraries add by themselves to the command of any language server
    parser.add_argument("--stdio", action="store_true", help="which is the only way there is")
    parser.add_argument(
        "--clientProcessId",
        type=sentence(whole("process id", 1, 2**31 - 1)),
        dest="client_process_id",
        metavar="N",
        help="the editor's process: leave when it is gone",
    )
    arguments = parser.parse_args(argv)
    stay_small()
    from fillwright.lsp_server.lsp.server import serve

    serve(arguments.client_process_id)
    return 0
