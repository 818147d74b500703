#!/usr/bin/env python3
# SPDX-License-Identifier: MIT

"""A guest book over HTTP, which keeps notes in PostgreSQL and counts visits in Redis.

GET / counts a visit and gives {"visits": …, "notes": […]}, POST / adds a note, and GET /health
answers when both servers do. It is one of the services of asyncio-services.py.

usage: guestbook.py PORT REDIS_SOCKET, with libpq's PGHOST, PGPORT, … in the environment
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

try:
    import psycopg2
    import redis
except ImportError as error:
    sys.exit(f"{error} (apt-get install python3-psycopg2 python3-redis)")

port, redis_socket = sys.argv[1:]

visits = redis.Redis(unix_socket_path=redis_socket)
notes = psycopg2.connect("")
notes.autocommit = True


def query(statement, *arguments):
    with notes.cursor() as cursor:
        cursor.execute(statement, arguments)
        return [row[0] for row in cursor] if cursor.description else []


class Guestbook(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/health":
            visits.ping()
            self.answer({"notes": query("SELECT count(*) FROM note")[0]})
        else:
            entries = query("SELECT words FROM note ORDER BY number")
            self.answer({"visits": visits.incr("visits"), "notes": entries})

    def do_POST(self):
        words = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.answer(query("INSERT INTO note (words) VALUES (%s) RETURNING number", words))

    def answer(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


query("CREATE TABLE IF NOT EXISTS note (number serial PRIMARY KEY, words text NOT NULL)")
HTTPServer(("127.0.0.1", int(port)), Guestbook).serve_forever()
