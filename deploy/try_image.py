"""python3 deploy/try_image.py FOLDER [--bind PATH …] [-- COMMAND …]: the Dockerfile, tried by hand.

As root on Debian with debootstrap, without Docker. Makes a bare Debian in FOLDER, does what the
Dockerfile says, starts its CMD as its user until its HEALTHCHECK succeeds, and then runs COMMAND as
that user. Each path of --bind is seen inside as well; variables PIP_… hold inside.
"""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEALTHY_WITHIN = 120  # seconds


class Image:
    """The folder, and what the lines so far have set."""

    def __init__(self, folder: Path, binds: list[str]):
        self.folder, self.binds = folder, binds
        self.user, self.workdir, self.health = "root", "/", ""
        self.command: list[str] = []
        self.variables = {k: v for k, v in os.environ.items() if k.startswith("PIP_")}
        self.variables["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    def start(self, command: str) -> subprocess.Popen[bytes]:
        """Run a command inside, with mounts that end with it."""
        inside = shlex.quote(str(self.folder))
        mounts = [f"mount -t proc proc {inside}/proc", f"mount --rbind /dev {inside}/dev"]
        for path in map(Path, self.binds):
            place = self.folder / path.relative_to("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.mkdir(exist_ok=True) if path.is_dir() else place.touch()
            mounts.append(f"mount --bind {shlex.quote(str(path))} {shlex.quote(str(place))}")
        home = "/root" if self.user == "root" else f"/home/{self.user}"
        said = [f"{k}={v}" for k, v in (self.variables | {"HOME": home}).items()]
        script = f"cd {shlex.quote(self.workdir)} && {command}"
        words = ["chroot", f"--userspec={self.user}:", str(self.folder)]
        words += ["/usr/bin/env", "-i", *said, "sh", "-c", script]
        last = f"exec {shlex.join(words)}"
        return subprocess.Popen(
            ["unshare", "--mount", "--pid", "--fork", "sh", "-c",
             " && ".join([*mounts, last])],
            start_new_session=True,
        )  # fmt: skip

    def run(self, command: str) -> None:
        """Run a command inside and wait. Errors: SystemExit when it fails."""
        began = time.monotonic()
        print(f"+ {command}", flush=True)
        process = self.start(command)
        try:
            status = process.wait()
        except KeyboardInterrupt:
            end(process)
            raise
        if status:
            sys.exit(f"It ended with status {status}: {command}")
        print(f"  {time.monotonic() - began:.1f} s", flush=True)

    def copy(self, source: str, target: str) -> None:
        """What COPY takes: files that git knows, but for those of .dockerignore."""
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, capture_output=True, text=True, check=True,
        ).stdout.splitlines()  # fmt: skip
        left = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        place = self.folder / self.workdir.strip("/") / target
        for name in listed:
            if source == "." and name.split("/")[0] not in left:
                to = place / name
            elif name == source:
                to = place / Path(name).name
            else:
                continue
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to)

    def do(self, word: str, rest: str) -> None:
        """One line of the Dockerfile."""
        if word == "RUN":
            self.run(rest)
        elif word == "COPY":
            self.copy(*rest.split())
        elif word == "ENV":
            self.variables |= dict(pair.split("=", 1) for pair in shlex.split(rest))
        elif word == "WORKDIR":
            self.workdir = rest
            (self.folder / rest.strip("/")).mkdir(parents=True, exist_ok=True)
        elif word == "USER":
            self.user = rest
        elif word == "HEALTHCHECK":
            self.health = rest.split(" CMD ", 1)[1]
        elif word == "CMD":
            self.command = json.loads(rest)
        elif word not in ("VOLUME", "EXPOSE"):
            sys.exit(f"{word} is not known here.")

    def serve(self) -> None:
        """Start CMD, wait for HEALTHCHECK, stop. Errors: SystemExit when it never succeeds."""
        began = time.monotonic()
        server = self.start(f"exec {shlex.join(self.command)}")
        try:
            while server.poll() is None and time.monotonic() - began < HEALTHY_WITHIN:
                if self.start(f"{self.health} 2>/dev/null").wait() == 0:
                    print(f"healthy after {time.monotonic() - began:.1f} s", flush=True)
                    return
                time.sleep(0.5)
            sys.exit("It did not become healthy.")
        finally:
            end(server)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a command that runs inside, and all that it started."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def lines_of(text: str) -> list[tuple[str, str]]:
    """(instruction, the rest) of each line of a Dockerfile; continued lines are joined."""
    joined = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text, flags=re.M))
    return [tuple(line.split(None, 1)) for line in joined.splitlines() if line.strip()]  # type: ignore[misc]


def main() -> None:
    """Do what the words of the command line say."""
    words = sys.argv[1:]
    split = words.index("--") if "--" in words else len(words)
    command, words = words[split + 1 :], words[:split]
    if not words or words[1::2] != ["--bind"] * len(words[1::2]):
        sys.exit(__doc__)
    folder = Path(words[0]).resolve()
    (_, base), *lines = lines_of((ROOT / "Dockerfile").read_text(encoding="utf-8"))
    if not (folder / "usr").exists():
        suite = base.partition(":")[2].removesuffix("-slim")
        subprocess.run(["debootstrap", "--variant=minbase", suite, str(folder)], check=True)
    image = Image(folder, words[2::2])
    shutil.copy("/etc/resolv.conf", folder / "etc" / "resolv.conf")
    for word, rest in lines:
        image.do(word, rest)
    image.serve()
    if command:
        image.run(shlex.join(command))


if __name__ == "__main__":
    main()
