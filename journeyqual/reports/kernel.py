"""The kernel of a report's run: this very Python, without the user's kernels, profile or history.

Run as a module (``python -m journeyqual.reports.kernel -f FILE``) it is that kernel.
"""

from __future__ import annotations

import logging
import os
import site
import sys
from pathlib import Path
from typing import Any

from journeyqual.charts.display import REPORT_VARIABLE

LONGEST_SOCKET = 80
"""A socket's path has room for a hundred characters; below a longer folder it is local ports."""
PACKAGE_ROOT = Path(__file__).resolve().parents[2]


def this_python(scratch: Path) -> type[Any]:
    """Return a kernel manager class that starts ``sys.executable`` and looks no kernel up.

    Parameters
    ----------
    scratch
        A folder for what IPython writes (profile, history); nothing of the user's is read.
    """
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    spec = KernelSpec(
        argv=[sys.executable, "-m", "journeyqual.reports.kernel", "-f", "{connection_file}"],
        display_name="Python 3",
        language="python",
        env=environment(scratch),
    )

    class ThisPython(AsyncKernelManager):
        """Starts the Python that runs this, whatever kernels are installed."""

        def __init__(self, **kw: Any) -> None:
            super().__init__(**kw)
            if os.name == "posix" and len(str(scratch)) < LONGEST_SOCKET:
                # Sockets in our own folder: no port is opened, no other account can listen.
                self.transport = "ipc"
                self.connection_file = str(scratch / "kernel.json")

        @property
        def kernel_spec(self) -> KernelSpec:
            return spec

    return ThisPython


def environment(scratch: Path) -> dict[str, str]:
    """Return what the kernel's environment has beside this process's own.

    Examples
    --------
    >>> environment(Path("scratch"))["JOURNEYQUAL_REPORT"]
    '1'
    """
    extra = {
        REPORT_VARIABLE: "1",
        "IPYTHONDIR": str(scratch / "ipython"),
        # A file of the study's that is called pandas.py must not be what a notebook imports.
        "PYTHONSAFEPATH": "1",
    }
    installed = {Path(p).resolve() for p in site.getsitepackages()}
    if PACKAGE_ROOT not in installed:
        # A checkout on sys.path: the kernel must find the same one.
        rest = os.environ.get("PYTHONPATH", "")
        extra["PYTHONPATH"] = os.pathsep.join([str(PACKAGE_ROOT), *filter(None, [rest])])
    return extra


def main() -> None:
    """Be the kernel."""
    from ipykernel.kernelapp import IPKernelApp

    # It is interrupted when it is shut down, and would tell the reader's terminal of it as an
    # error; what goes wrong in a cell comes back as the cell's.
    IPKernelApp.launch_instance(log_level=logging.CRITICAL)


if __name__ == "__main__":
    main()
