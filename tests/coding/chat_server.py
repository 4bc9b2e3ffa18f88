"""A chat model's endpoint on this machine: real HTTP, and as bad manners as a test asks for."""

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def honest(text):
    """Answer as a model would that reads nothing: the first stage, its own words as evidence."""
    return {
        "stage": "buying", "touchpoint": "(none)", "valence": 0.5, "emotion": "joy",
        "evidence": text.split(".")[0], "rationale": "It says so.",
    }  # fmt: skip


def answered(asked, say=honest):
    """Return the body of an honest answer to a request's body."""
    told = json.loads(asked["messages"][-1]["content"])
    units = [{"unit": u["unit"], **say(u["text"])} for u in told["units"]]
    content = json.dumps({"units": units})
    return {"choices": [{"message": {"content": content}}], "usage": {"total_tokens": 100}}


class Server:
    """What was asked, and what to answer: each request takes the next manner, then is honest."""

    def __init__(self, say=honest):
        self.say, self.manners, self.asked, self.headers = say, [], [], []
        self.turn = threading.Lock()

    def answer(self, handler, body):
        asked = json.loads(body)
        with self.turn:
            self.asked.append(asked)
            self.headers.append(dict(handler.headers))
            manner = self.manners.pop(0) if self.manners else None
        if manner is None:
            send(handler, 200, answered(asked, self.say))
        else:
            manner(handler, asked)


def send(handler, status, body, **headers):
    """Send an answer; a body that is not text is sent as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    handler.send_response(status)
    for name, value in {"content-length": str(len(data)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(data)


def status(number, body=b"", **headers):
    """Refuse with this status."""
    return lambda handler, asked: send(handler, number, body, **headers)


def content(text):
    """Answer with these words in place of the model's."""
    return lambda handler, asked: send(handler, 200, {"choices": [{"message": {"content": text}}]})


def silence(seconds):
    """Say nothing for so long, then hang up."""
    return lambda handler, asked: time.sleep(seconds)


def dripping(handler, asked):
    """Send a byte now and then, for ever."""
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.02)
    except OSError:
        return


def half(handler, asked):
    """Send an honest answer's first half and hang up."""
    data = json.dumps(answered(asked)).encode()
    handler.send_response(200)
    handler.send_header("content-length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data[: len(data) // 2])


@contextmanager
def serving(say=honest):
    """Serve on a free port of this machine; yields the server's state, with its ``url``."""
    state = Server(say)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            state.path = self.path
            state.answer(self, body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
