"""A registry that refuses, each repository in another way: ``python -m tests.engine.registry`` prints its port."""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event

ANSWERS = {
    "limited": (429, "TOOMANYREQUESTS", "You have reached your pull rate limit."),
    "private": (401, "UNAUTHORIZED", "authentication required"),
    "denied": (403, "DENIED", "requested access to the resource is denied"),
    "missing": (404, "MANIFEST_UNKNOWN", "manifest unknown"),
    "broken": (503, "UNAVAILABLE", "service unavailable"),
}


class Handler(BaseHTTPRequestHandler):
    """Answers by the repository's name; ``silent`` is never answered."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer."""
        repository = self.path.removeprefix("/v2/").partition("/")[0]
        if repository == "silent":
            Event().wait()
        if repository == "elsewhere":
            platform = {"os": "plan9", "architecture": "mips"}
            row = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "size": 2, "platform": platform}
            self._send(
                200,
                {
                    "schemaVersion": 2,
                    "mediaType": "application/vnd.oci.image.index.v1+json",
                    "manifests": [{**row, "digest": "sha256:" + "a" * 64}],
                },
                "application/vnd.oci.image.index.v1+json",
            )
        elif repository in ANSWERS:
            status, code, message = ANSWERS[repository]
            self._send(status, {"errors": [{"code": code, "message": message}]}, "application/json")
        else:
            self._send(200, {}, "application/json")

    do_HEAD = do_GET  # noqa: N815 - the library's names

    def _send(self, status: int, body: object, kind: str) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    def log_message(self, *_words: object) -> None:
        """Be quiet."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()
