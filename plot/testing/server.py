"""An HTTP server on loopback: one thread per connection, and immediate shutdown."""

from __future__ import annotations

import socket
import socketserver
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from plot.testing.protocol import Response, error_response

HOST = "127.0.0.1"
MOST_BYTES = 64_000_000
POLL_SECONDS = 0.02
JOIN_SECONDS = 2.0

Answer = Callable[[str, str, Mapping[str, str], bytes], Response]  # of method, path, headers and body


class Listener(ThreadingHTTPServer):
    """A server that knows its open connections, so that it can end them."""

    daemon_threads = True
    allow_reuse_port = False
    request_queue_size = 128

    def __init__(self, answer: Answer, port: int) -> None:
        self.answer = answer
        self.closing = threading.Event()
        self._open: dict[Any, threading.Thread] = {}
        self._lock = threading.Lock()
        super().__init__((HOST, port), Handler)
        self._listening = threading.Thread(target=self.serve_forever, args=(POLL_SECONDS,), daemon=True)

    def start(self) -> None:
        """Accept connections, in a thread."""
        self._listening.start()

    def stop(self) -> None:
        """End what goes on, whoever waits for it, and free the port."""
        self.closing.set()
        self.shutdown()
        self.server_close()
        self._listening.join()
        with self._lock:
            still = list(self._open.items())
        for connection, _ in still:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        end = time.monotonic() + JOIN_SECONDS
        for _, thread in still:
            if thread is not threading.current_thread():
                thread.join(max(0.0, end - time.monotonic()))

    def ends_within(self, seconds: float) -> bool:
        """Wait; say whether the server was closed meanwhile."""
        return self.closing.wait(min(seconds, threading.TIMEOUT_MAX))

    def server_bind(self) -> None:
        """Bind without looking up the name of the host, as http.server would, which may take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread; it is known before the thread runs."""
        thread = threading.Thread(target=self.process_request_thread, args=(request, client_address), daemon=True)
        with self._lock:
            self._open[request] = thread
        thread.start()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection until it ends."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                del self._open[request]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away; show what else goes wrong."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection: requests are read whole, and responses delivered as they say."""

    protocol_version = "HTTP/1.1"
    server_version = "plot"
    sys_version = ""
    disable_nagle_algorithm = True
    server: Listener

    def do_GET(self) -> None:
        """Answer a GET."""
        self._exchange()

    def do_POST(self) -> None:
        """Answer a POST."""
        self._exchange()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log nothing."""

    def _exchange(self) -> None:
        size = self.headers.get("content-length", "0")
        if "transfer-encoding" in self.headers or not size.isdecimal() or len(size) > 9 or int(size) > MOST_BYTES:
            self.close_connection = True
            self._deliver(error_response(413, f"the body needs a Content-Length of at most {MOST_BYTES:,}"))
            return
        raw = self.rfile.read(int(size))
        if len(raw) < int(size):
            self.close_connection = True
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._deliver(self.server.answer(self.command, self.path, headers, raw))

    def _deliver(self, response: Response) -> None:
        if self.server.ends_within(response.delay) or response.silent:
            self.close_connection = True
            return
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(response.body)))
        self.end_headers()
        if response.pause:
            self._drip(response)
        else:
            self.wfile.write(response.body[: response.most])
        if response.most is not None:
            self.close_connection = True

    def _drip(self, response: Response) -> None:
        for byte in response.body[: response.most]:
            self.wfile.write(bytes([byte]))
            if self.server.ends_within(response.pause):
                self.close_connection = True
                return
