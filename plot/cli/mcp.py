"""`plot mcp`: worlds as tools of a language model's host."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plot._lazy import late, load
from plot.cli.shared.output import warn
from plot.errors import PlotError
from plot.ways.mcp_talks import TalkLimits, Talks

if TYPE_CHECKING:
    from plot.ways import mcp_http, mcp_server
else:
    mcp_http = late("plot.ways.mcp_http")
    mcp_server = late("plot.ways.mcp_server")

TOKEN = "PLOT_MCP_TOKEN"  # noqa: S105


def mcp(**options: Any) -> None:
    """Serve over the standard streams, or over HTTP, until the host ends it."""
    root = Path(options["root"]) if options["root"] is not None else None
    if root is not None and not root.is_dir():
        raise PlotError(f"'{options['root']}' is not a folder", hint="give a folder of world files")
    seconds = options["budget_seconds"] or TalkLimits().seconds
    talks = Talks(root, TalkLimits(seconds=seconds, conversations=options["conversations"]), options["seed"])
    try:
        server = mcp_server.make_server(talks)
    except ImportError as error:
        if not (error.name or "").startswith("mcp"):
            raise
        raise PlotError("`plot mcp` needs the MCP SDK", hint="pip install 'plot-ppl[mcp]'") from None
    load()
    if not options["http"]:
        server.run("stdio")
        return
    token = os.environ.get(TOKEN) or secrets.token_urlsafe(32)
    listener = mcp_http.listening_at(options["port"])
    warn(f"MCP server at http://{mcp_http.HOST}:{listener.getsockname()[1]}{mcp_http.PATH}")
    warn(f"token from ${TOKEN}" if os.environ.get(TOKEN) else f"token: {token}")
    mcp_http.http_server(server, listener, token).run(sockets=[listener])
