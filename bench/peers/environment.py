"""Makes one of the peers' Python environments once, outside the repository, and prints the path of its interpreter.

    environment.py [NAME]     of requirements-NAME.txt, or of requirements.txt

It is made again whenever its requirements change. Needs Python 3.11 or later with the venv module, nothing else.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

PYTHON_MIN = (3, 11)


def cache() -> Path:
    """Kith's folder for what is made once and can be made again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kith"


def interpreter(name: str = "") -> Path:
    """The interpreter of an environment, which is made if it has to be."""
    try:
        import ensurepip  # noqa: F401
        import venv
    except ImportError:
        sys.exit("bench: the Python modules venv and ensurepip are missing (Debian and Ubuntu: python3-venv)")
    suffix = f"-{name}" if name else ""
    requirements = Path(__file__).resolve().parent / f"requirements{suffix}.txt"
    folder = cache() / f"bench-peers{suffix}"
    stamp = folder / "requirements.sha256"
    python = folder / "bin" / "python"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"bench: making the peers' Python environment in {folder}", file=sys.stderr)
        venv.create(folder, clear=True, with_pip=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        if subprocess.call([*install, "--requirement", str(requirements)], stdout=sys.stderr) != 0:
            sys.exit(f"bench: pip could not install {requirements} (see above)")
        stamp.write_text(wanted)
    return python


def main() -> None:
    if sys.version_info < PYTHON_MIN:
        sys.exit("bench: python3 is %d.%d; the peers need 3.11 or later" % sys.version_info[:2])
    print(interpreter(*sys.argv[1:]))


if __name__ == "__main__":
    main()
