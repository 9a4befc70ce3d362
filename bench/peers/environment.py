"""Makes the peers' Python environment once, outside the repository, and prints the path of its interpreter.

It is made again whenever requirements.txt changes. Needs Python 3.11 or later with the venv module, nothing else.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

PYTHON_MIN = (3, 11)


def main() -> None:
    if sys.version_info < PYTHON_MIN:
        sys.exit("bench: python3 is %d.%d; the peers need 3.11 or later" % sys.version_info[:2])
    try:
        import ensurepip  # noqa: F401
        import venv
    except ImportError:
        sys.exit("bench: the Python modules venv and ensurepip are missing (Debian and Ubuntu: python3-venv)")
    requirements = Path(__file__).resolve().parent / "requirements.txt"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "kith" / "bench-peers"
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
    print(python)


if __name__ == "__main__":
    main()
