"""pygls' protocol, made to answer every request once, whatever it is sent.

Each override names what pygls 2.1.1 does instead. Knows nothing of documents or fills.
"""

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, TypeVar

from cattrs import Converter
from cattrs.errors import CattrsError
from lsprotocol import types
from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInternalError,
    JsonRpcInvalidParams,
    JsonRpcInvalidRequest,
    JsonRpcMethodNotFound,
    JsonRpcRequestCancelled,
)
from pygls.protocol import (
    JsonRPCNotification,
    JsonRPCResponseMessage,
    LanguageServerProtocol,
    lsp_method,
)

from fillwright.engine.errors import FillwrightError
from fillwright.lsp_server.session.document_changed import DocumentChanged

logger = logging.getLogger(__name__)

Typed = TypeVar("Typed")
NOT_INITIALIZED = -32002
REQUEST_FAILED = -32803
CONTENT_MODIFIED = -32801
CHANGED = "The document changed in the meantime"


class AnsweringProtocol(LanguageServerProtocol):
    """One editor's connection."""

    _initialized = False
    _messages: Mapping[str, type[Any]] = {}

    @property
    def is_initialized(self) -> bool:
        """Whether `initialize` has been answered, or is about to be."""
        return self._initialized

    @property
    def was_shut_down(self) -> bool:
        """Whether the editor asked for a shutdown."""
        return self._shutdown

    def get_message_type(self, method: str) -> type[Any] | None:  # type: ignore[override]
        """Those that it has learnt; pygls knows the protocol's own."""
        return self._messages.get(method) or super().get_message_type(method)

    def learn(self, messages: Mapping[str, type[Any]], teach: Callable[[Converter], None]) -> None:
        """Take messages that are not the protocol's, by their methods; `teach` has a converter read
        them."""
        self._messages = messages
        teach(self._converter)

    def structure_message(self, data: dict[str, Any]) -> dict[str, Any]:
        """Leaves the JSON as it is; pygls calls this for every nested object of a message."""
        return data

    def handle_message(self, message: Any) -> None:
        """Answers what cannot be handled with an error; pygls leaves such requests hanging."""
        if not isinstance(message, dict) or message.get("jsonrpc") != self.VERSION:
            logger.warning("Ignoring a message that is not JSON-RPC 2.0")
            return
        is_request = "method" in message and "id" in message
        try:
            typed = self._typed(message)
        except JsonRpcException as error:
            unknown = isinstance(error, JsonRpcMethodNotFound)
            level = logging.DEBUG if unknown else logging.WARNING
            logger.log(level, "Refusing %s: %s", message.get("method", "a response"), error)
            msg_id = message.get("id")
            answered = msg_id if isinstance(msg_id, int | str) else None
            if is_request:
                self._send_data(
                    types.ResponseErrorMessage(id=answered, error=error.to_response_error())
                )
            elif "method" not in message and answered in self._request_futures:
                # the one that waits for this answer is told, and does not wait for ever
                self._handle_response(answered, error=error.to_response_error())
            return
        if typed is not None:
            super().handle_message(typed)

    def _typed(self, message: dict[str, Any]) -> Any:
        """The message as its lsprotocol type, None to drop it, or JsonRpcException to refuse it."""
        method, is_request = message.get("method"), "id" in message
        if method is None:
            return self._structured(message, self._response_type(message))
        if is_request:
            self._admit(message["id"], method)
        if not self._knows(method):
            if is_request:
                raise JsonRpcMethodNotFound(f"There is no method {method}")
            return None
        if not is_request and not self._initialized and method != types.EXIT:
            return None
        return self._structured(message, self.get_message_type(method) or JsonRPCNotification)

    def _response_type(self, message: dict[str, Any]) -> type:
        msg_id = message.get("id")
        if not isinstance(msg_id, int | str):
            raise JsonRpcInvalidRequest("A response needs the id of its request")
        kind = self._result_types.pop(msg_id, None) or JsonRPCResponseMessage
        return types.ResponseErrorMessage if "error" in message else kind

    def _admit(self, msg_id: object, method: object) -> None:
        """Whether a request may come at this moment; pygls ignores it, or fails inside."""
        if not isinstance(msg_id, int | str):
            raise JsonRpcInvalidRequest("A request id is a number or a string")
        if self._shutdown:
            raise JsonRpcInvalidRequest("The server is shutting down")
        if self._initialized and method == types.INITIALIZE:
            raise JsonRpcInvalidRequest("The server is already initialized")
        if not self._initialized and method != types.INITIALIZE:
            raise JsonRpcException("The server is not initialized yet", code=NOT_INITIALIZED)

    def _knows(self, method: object) -> bool:
        return isinstance(method, str) and (
            method in self.fm.builtin_features
            or method in self.fm.features
            or method == types.CANCEL_REQUEST
        )

    def _structured(self, message: dict[str, Any], kind: type) -> Any:
        return self.structured(message, kind, str(message.get("method", "the response")))

    def structured(self, plain: object, kind: type[Typed], of: str = "the command") -> Typed:
        """Plain JSON as `kind`; -32602 when it has another shape."""
        try:
            typed: Typed = self._converter.structure(plain, kind)
        except (CattrsError, TypeError, ValueError, KeyError, AttributeError):
            # the exception's text may quote the document
            raise JsonRpcInvalidParams(
                f"The parameters of {of} do not have the shape that the protocol gives them"
            ) from None
        return typed

    def _send_handler_result(self, future: "Future[Any]", *, msg_id: int | str) -> None:
        """Answers with a sentence for people; pygls sends the traceback and shows a popup."""
        self._request_futures.pop(msg_id, None)
        if future.cancelled():
            error: JsonRpcException = JsonRpcRequestCancelled()
        elif (raised := future.exception()) is None:
            self._send_response(msg_id, result=future.result())
            return
        elif isinstance(raised, JsonRpcException):
            error = raised
        elif isinstance(raised, DocumentChanged):
            # editors drop this one silently
            error = JsonRpcException(str(raised) or CHANGED, code=CONTENT_MODIFIED)
        elif isinstance(raised, FillwrightError):
            error = JsonRpcException(str(raised), code=REQUEST_FAILED)
        else:
            logger.error("A request handler failed", exc_info=raised)
            error = JsonRpcInternalError("Fillwright met a bug; its log has the traceback")
        self._send_response(msg_id, error=error.to_response_error())

    def _check_handler_result(self, future: "Future[Any]") -> None:
        """Logs what a notification's handler raised; pygls shows a popup."""
        if not future.cancelled() and (raised := future.exception()) is not None:
            logger.error("A notification handler failed", exc_info=raised)

    def _handle_cancel_notification(self, msg_id: Any) -> None:
        """Leaves alone what is no id; pygls fails at it."""
        if isinstance(msg_id, int | str):
            super()._handle_cancel_notification(msg_id)

    def _handle_response(
        self, msg_id: int | str, result: Any = None, error: types.ResponseError | None = None
    ) -> None:
        """Drops the answer to a request that nobody awaits any more; pygls raises InvalidState."""
        future = self._request_futures.get(msg_id)
        if future is not None and future.done():
            del self._request_futures[msg_id]
            return
        super()._handle_response(msg_id, result, error)

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(self, params: types.InitializeParams) -> Any:
        """Reads what the client can do before pygls works out our capabilities."""
        result = yield from super().lsp_initialize(params)
        self._initialized = True
        return result

    @lsp_method(types.WINDOW_WORK_DONE_PROGRESS_CANCEL)
    def lsp_work_done_progress_cancel(self, params: types.WorkDoneProgressCancelParams) -> None:
        """Takes any token; pygls' converter lets everything through as one."""
        token: object = params.token
        future = self.progress.tokens.get(token) if isinstance(token, int | str) else None
        if future is not None:
            future.cancel()

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(  # type: ignore[override]
        self, params: types.ExecuteCommandParams
    ) -> Any:
        """Runs the command within the request's own task, so that `$/cancelRequest` reaches it;
        pygls runs it in a second task that a cancel does not reach."""
        command = self.fm.commands.get(params.command)
        if command is None:
            raise JsonRpcInvalidParams(f"There is no command {params.command}")
        return await command(params)
