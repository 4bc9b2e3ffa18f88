"""A PostgreSQL server of the tests' own: in a temporary folder, on a free port, gone afterwards."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

USER = "postgres"


def programs():
    """Return the folder of the server's programs; None if there is no server here."""
    on_path = shutil.which("initdb")
    # Debian keeps each version apart, and off the path.
    folders = (
        [Path(on_path).resolve().parent] if on_path else Path("/usr/lib/postgresql").glob("*/bin")
    )
    there = [f for f in folders if (f / "initdb").exists() and (f / "postgres").exists()]
    return max(
        there, key=lambda f: int(f.parent.name) if f.parent.name.isdigit() else 0, default=None
    )


def _free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """A running server that trusts whoever comes from this machine."""

    def __init__(self, bin):
        self.bin = bin
        self.folder = Path(tempfile.mkdtemp(prefix="journeyqual-pg-"))
        self.data = self.folder / "data"
        self.port = _free_port()
        self._process = None
        self._served = False
        self._made = 0
        # It refuses to run as root.
        self._as = []
        if os.geteuid() == 0:
            user = pwd.getpwnam(USER)
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self._as = [
                "setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups",
                # If the tests are killed, the server goes with them.
                "--pdeathsig=INT", "--",
            ]  # fmt: skip
        self._run(
            "initdb", "-D", self.data, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-locale",
            "--no-sync",
        )  # fmt: skip

    def _run(self, program, *arguments, check=True):
        command = [*self._as, str(self.bin / program), *map(str, arguments)]
        return subprocess.run(
            command, check=check, capture_output=True, text=True, cwd=self.folder,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def start(self, *settings):
        """Start it, and wait until it answers.

        A port that was free when it was asked for may be taken by now; one that has served stays.
        """
        for left in reversed(range(5)):
            try:
                self._start(settings)
                self._served = True
                return
            except AssertionError as error:
                if self._served or not left or "in use" not in str(error):
                    raise
                self.port = _free_port()

    def _start(self, settings):
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *self._as, str(self.bin / "postgres"), "-D", str(self.data),
                    "-p", str(self.port), "-h", "127.0.0.1", "-k", str(self.folder),
                    "-c", "fsync=on", "-c", "max_connections=50",
                    *(part for setting in settings for part in ("-c", setting)),
                ],
                stdout=log, stderr=log, cwd=self.folder,
            )  # fmt: skip
        # The machine may be busy, and nothing here is a measure of speed.
        last = time.monotonic() + 180
        while self._run("pg_isready", "-h", "127.0.0.1", "-p", self.port, check=False).returncode:
            said = (self.folder / "log").read_text(errors="replace")
            assert self._process.poll() is None, said
            assert time.monotonic() < last, said
            time.sleep(0.05)

    def stop(self, how=signal.SIGINT):
        """Stop it, its clients' connections notwithstanding."""
        self._process.send_signal(how)
        self._process.wait(180)

    def crash(self):
        """Stop it with nothing written out: what is on the disk must do for the next start."""
        self.stop(signal.SIGQUIT)

    def own(self, path):
        """Give a file to the server, and to nobody else."""
        path.chmod(0o600)
        if self._as:
            user = pwd.getpwnam(USER)
            os.chown(path, user.pw_uid, user.pw_gid)

    def remove(self):
        """Stop it and take its folder away."""
        if self._process is not None and self._process.poll() is None:
            self.stop()
        shutil.rmtree(self.folder)

    def sql(self, *statements, database="postgres", user=USER):
        """Run statements, and return what the last one said."""
        commands = [part for statement in statements for part in ("-c", statement)]
        return self._run(
            "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.folder,
            "-p", self.port, "-U", user, "-d", database, *commands,
        ).stdout.strip()  # fmt: skip

    def database(self, like="template0"):
        """Make a database like another, and return its name.

        It sorts as an English dictionary does, as many a team's server: what the store puts in
        order must not depend on that.
        """
        self._made += 1
        name = f"study{self._made}"
        english = " LOCALE_PROVIDER icu ICU_LOCALE 'en-US'" if like == "template0" else ""
        self.sql(f"CREATE DATABASE {name} TEMPLATE {like}{english}")
        return name

    def drop(self, name):
        """Drop a database, even if someone still holds it open."""
        self.sql(f"DROP DATABASE {name} WITH (FORCE)")

    def url(self, name, user=USER):
        """Return the address of a database."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{name}"
