#!/usr/bin/env python3
"""Command line of Shifumi.

    python3 manage.py run        start everything; one Ctrl-C stops it
    python3 manage.py test       install what the tests need and run all checks
    python3 manage.py bench      measure, and write docs/benchmarks.md
    python3 manage.py prove      run the long system tests: containers, load, several hosts
    python3 manage.py mutate     run mutation tests: do the tests notice small faults?
    python3 manage.py worker     execute work items, here or on another machine
    python3 manage.py migrate    migrate the catalog's tables
    python3 manage.py user       add, list, disable, enable users; set a password
    python3 manage.py token      create, list, revoke tokens for the prediction API
    python3 manage.py doctor     report problems and how to fix them
    python3 manage.py backup       write everything to one archive, also while Shifumi runs
    python3 manage.py restore      restore an archive into an empty data folder
    python3 manage.py report WORKLOAD   write an evidence report, as HTML and PDF
    python3 manage.py fetch-landmarker   install MediaPipe and its hand model, to propose boxes (optional)

The first call creates `.venv` and installs `requirements.txt` into it; later calls start immediately.
`python3 manage.py COMMAND --help` describes one command.

Only the standard library is used here: this file must run before anything is installed.
"""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import venv
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SUPPORTED = ("3.11", "3.12", "3.13")
COMMANDS = (
    "run",
    "test",
    "bench",
    "prove",
    "mutate",
    "worker",
    "migrate",
    "user",
    "token",
    "doctor",
    "backup",
    "restore",
    "report",
    "fetch-landmarker",
)
NEEDS_DEV = ("test", "bench", "prove", "mutate")
NEEDED_DISK_GB = 3
ROOT = Path(__file__).resolve().parent


def version_problem(version: tuple) -> str:  # type: ignore[type-arg]  # has to load on any Python 3
    """What to tell a user whose Python is not supported; empty when it is."""
    current = "{}.{}".format(*version[:2])
    if current in SUPPORTED:
        return ""
    others = [name for name in (f"python{number}" for number in SUPPORTED) if shutil.which(name)]
    advice = f"Use `{others[-1]} manage.py`." if others else "Install one from https://www.python.org/downloads/."
    return f"Shifumi needs Python {', '.join(SUPPORTED[:-1])} or {SUPPORTED[-1]}; this one is {current}. {advice}"


if version_problem(sys.version_info):
    # Before the definitions below: their annotations are already too new for an old Python.
    sys.exit(version_problem(sys.version_info))


class InstallError(Exception):
    """The environment could not be created; the message says what to do."""


class Environment:
    """The project's `.venv`, and whether it matches the requirements."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / ".venv"
        self.marker = self.folder / ".installing"
        scripts = self.folder / ("Scripts" if os.name == "nt" else "bin")
        self.python = scripts / ("python.exe" if os.name == "nt" else "python")

    def ready(self, files: list[Path]) -> bool:
        """True when nothing has to be installed. Reads a few small files, starts nothing."""
        return self._usable() and all(self._stamp(file).is_file() for file in files) and self._stamped(files)

    def prepare(self, files: list[Path]) -> None:
        """Create the environment and install ``files``; raises :class:`InstallError`."""
        self.folder.mkdir(exist_ok=True)
        with _alone(self.folder / ".lock"):
            if self.ready(files):
                return  # another call did it while this one waited
            if not self._usable():
                self._make()
            for file in files:
                self._stamp(file).unlink(missing_ok=True)
            # While the marker exists the packages may be incomplete: the next call starts over.
            self.marker.touch()
            _pip_install(self.python, files)
            self.marker.unlink()
            for file in files:
                _write_atomically(self._stamp(file), _digest(file))

    def _stamp(self, file: Path) -> Path:
        return self.folder / f".installed-{file.stem}"

    def _stamped(self, files: list[Path]) -> bool:
        return all(self._stamp(file).read_text(encoding="ascii") == _digest(file) for file in files)

    def _usable(self) -> bool:
        """The interpreter exists, its base still exists, and no installation was interrupted."""
        try:
            lines = (self.folder / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
        except OSError:
            return False
        facts = {key.strip(): value.strip() for key, _, value in (line.partition("=") for line in lines)}
        base = Path(facts.get("executable", self.python))
        supported = ".".join(facts.get("version", "").split(".")[:2]) in SUPPORTED
        return supported and base.exists() and self.python.exists() and not self.marker.exists()

    def _make(self) -> None:
        for entry in self.folder.iterdir():
            if entry.name == ".lock":
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
        print(
            f"Creating a Python {sys.version_info.major}.{sys.version_info.minor} environment in .venv ...", flush=True
        )
        try:
            venv.EnvBuilder(with_pip=True, symlinks=os.name != "nt").create(self.folder)
        except (subprocess.CalledProcessError, OSError) as error:
            raise InstallError(
                f"Python could not create the environment ({error}). On Debian and Ubuntu: "
                "`sudo apt-get install python3-venv`; then run this command again."
            ) from error


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _write_atomically(path: Path, text: str) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text, encoding="ascii")
    fresh.replace(path)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Hold ``lock``: two first calls at once must not install into the same folder."""
    with lock.open("a+") as handle:
        if sys.platform == "win32":
            import msvcrt

            while True:
                try:
                    msvcrt.locking(handle.fileno(), msvcrt.LK_LOCK, 1)
                    break
                except OSError:  # raised after ten seconds; an installation takes longer
                    continue
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


class Progress:
    """One line that is updated on a terminal; an occasional line elsewhere, for logs."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.started = time.monotonic()
        self.text = "querying the package index"
        self.seen = 0
        self._terminal = sys.stdout.isatty()
        self._done = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True)
        self._ticker.start()

    @property
    def elapsed(self) -> str:
        seconds = int(time.monotonic() - self.started)
        return f"{seconds // 60}:{seconds % 60:02d}"

    def saw(self, line: str) -> None:
        """Process one line of pip's output."""
        if line.startswith(("Collecting ", "Requirement already satisfied: ")):
            self.seen = min(self.seen + 1, self.total)
            name = line.split(": ")[-1] if line.startswith("Req") else line[len("Collecting ") :]
            self.text = f"{self.seen:>3}/{self.total} {name.split('==')[0].split()[0]}"
            if not self._terminal and self.seen % 40 == 0:
                print(f"  {self.elapsed} {self.text}", flush=True)
        elif line.startswith("Installing collected packages"):
            self.text = f"unpacking {self.total} packages (the longest part)"
            if not self._terminal:
                print(f"  {self.elapsed} {self.text}", flush=True)

    def _tick(self) -> None:
        while self._terminal and not self._done.wait(0.2):
            width = shutil.get_terminal_size().columns - 1
            print("\r" + f"  {self.elapsed} {self.text}"[:width].ljust(width), end="", flush=True)

    def close(self) -> None:
        self._done.set()
        self._ticker.join()
        if self._terminal:
            print("\r" + " " * (shutil.get_terminal_size().columns - 1) + "\r", end="", flush=True)


def _pip_install(python: Path, files: list[Path]) -> None:
    """Run pip on ``files`` with visible progress; raises :class:`InstallError` with pip's last output."""
    free_gb = shutil.disk_usage(python.parent).free / 1e9
    if free_gb < NEEDED_DISK_GB:
        raise InstallError(f"The installation needs at least {NEEDED_DISK_GB} GB; only {free_gb:.1f} GB are free here.")
    names = " and ".join(file.name for file in files)
    print(f"Installing {names}: once, about two minutes with a good connection ...", flush=True)
    command = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar=off"]
    if not sys.dont_write_bytecode:
        # Compiling all modules of 350 packages is a third of the work. Python compiles the imported ones itself and
        # caches them unless told not to: then each process would compile them again.
        command.append("--no-compile")
    for file in files:
        command += ["-r", str(file)]
    progress = Progress(sum(_packages(file) for file in files))
    tail: deque[str] = deque(maxlen=15)
    try:
        code = _follow(command, progress, tail)
    finally:
        progress.close()
    if code:
        raise InstallError("pip could not install the requirements. Its last output:\n\n" + "".join(tail))
    print(f"Installed in {progress.elapsed}.", flush=True)


def _packages(file: Path) -> int:
    return sum("==" in line for line in file.read_text(encoding="utf-8").splitlines())


def _follow(command: list[str], progress: Progress, tail: "deque[str]") -> int:
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as pip:
        assert pip.stdout is not None  # noqa: S101 - tells the type checker what PIPE means
        try:
            for line in pip.stdout:
                tail.append(line)
                progress.saw(line)
        except BaseException:
            # Ctrl-C or a stop signal: pip must not keep writing in the background.
            pip.terminate()
            raise
    return pip.returncode


def hand_over(environment: Environment, arguments: list[str]) -> int:
    """Replace this process by `python -m core.cli` in the environment (a child process on Windows)."""
    command = [str(environment.python), "-m", "core.cli", *arguments]
    os.chdir(environment.root)
    os.environ.setdefault("PYTHONUTF8", "1")
    sys.stdout.flush()
    if os.name == "posix":
        # The same process: Ctrl-C and SIGTERM reach the supervisor directly.
        os.execv(command[0], command)  # noqa: S606 - our own interpreter, no shell
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the console sends Ctrl-C to the child as well
    return subprocess.call(command)


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Run one command; returns the exit code."""
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(__doc__)
        return 0
    if arguments[0] not in COMMANDS:
        print(f"Unknown command {arguments[0]!r}. Choose one of: {', '.join(COMMANDS)}.", file=sys.stderr)
        return 2
    environment = Environment(root)
    files = [root / "requirements.txt"]
    if arguments[0] in NEEDS_DEV:
        files.append(root / "requirements-dev.txt")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if not environment.ready(files):
            environment.prepare(files)
    except InstallError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. The next call starts the installation again.", file=sys.stderr)
        return 130
    return hand_over(environment, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
