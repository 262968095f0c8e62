"""Streamable HTTP for an MCP server: on this machine only, and only for who has the token."""

from __future__ import annotations

import hmac
import socket
from typing import Any

import uvicorn
from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.responses import PlainTextResponse

from plot.errors import PlotError

HOST = "127.0.0.1"
PATH = "/mcp"


def app_of(server: MCPServer[Any], port: int, token: str) -> Any:
    """Return the application of a server: requests of other hosts or origins, or without the token, are refused."""
    names = [f"{name}:{port}" for name in (HOST, "localhost")]
    security = TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=names,
        allowed_origins=[f"http://{name}" for name in names],
    )
    inner = server.streamable_http_app(streamable_http_path=PATH, transport_security=security, host=HOST)

    async def checked(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and not _has_token(scope["headers"], token):
            refused = PlainTextResponse("the token is missing, or wrong", 401, {"WWW-Authenticate": "Bearer"})
            await refused(scope, receive, send)
            return
        await inner(scope, receive, send)

    return checked


def _has_token(headers: list[tuple[bytes, bytes]], token: str) -> bool:
    given = [value for name, value in headers if name == b"authorization"]
    return len(given) == 1 and hmac.compare_digest(given[0], b"Bearer " + token.encode())


def listening_at(port: int) -> socket.socket:
    """Return a socket that listens on this machine alone. Raises PlotError where the port is taken."""
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise PlotError(f"port {port} can't be served at: {reason}", hint="leave out --port for a free one") from None


def http_server(server: MCPServer[Any], listener: socket.socket, token: str) -> uvicorn.Server:
    """Return what serves at a socket: `run(sockets=[listener])` ends when the process is interrupted."""
    port = listener.getsockname()[1]
    return uvicorn.Server(uvicorn.Config(app_of(server, port, token), log_level="warning", access_log=False))


__all__ = ["HOST", "PATH", "app_of", "http_server", "listening_at"]
