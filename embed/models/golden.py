"""Makes what the tests of image preparation compare with: Pillow's own results.

    python golden.py ../src/test/resources/dev/kith/embed/image

Pictures are noise of a linear congruential generator that the tests run too, so that only sums of the results are kept.
Files of each format are kept whole, each with the samples that Pillow reads from it.
"""

import io
import sys
import zlib
from pathlib import Path

import numpy as np
from lossy_webp import encoded
from PIL import Image, ImageOps, __version__

SEED = 20261130
FILTERS = {"BILINEAR": Image.BILINEAR, "BICUBIC": Image.BICUBIC}
# Up, down, odd, one side alone, one pixel, far down.
SIZES = [
    (37, 29, 224, 175), (640, 480, 298, 224), (480, 640, 224, 298), (333, 517, 224, 347), (1000, 667, 335, 224),
    (1920, 1080, 398, 224), (225, 225, 224, 224), (224, 300, 224, 224), (300, 224, 224, 224), (1, 1, 224, 224),
    (2, 3, 5, 7), (1023, 1, 224, 1), (511, 509, 3, 2), (256, 256, 256, 256), (150, 150, 256, 256), (97, 1201, 31, 384),
]
FITTED = [
    (1024, 1024), (1001, 77), (77, 1001), (1500, 1000), (2500, 1333), (4100, 300), (1777, 2801), (1280, 853), (1999, 2001),
    (4003, 1007), (6007, 31), (1000, 1000), (800, 1000), (1003, 1001),
]


def noise(width, height, channels, seed):
    """The upper byte of each state; the states of a generator of this kind can be had all at once."""
    count = width * height * channels
    a, c, mask = 1664525, 1013904223, 0xFFFFFFFF
    states = np.zeros(count, np.uint64)
    multiplier, increment, done = 1, 0, 1
    states[0] = (seed * a + c) & mask
    multiplier, increment = a, c
    while done < count:
        step = min(done, count - done)
        states[done:done + step] = (states[:step] * np.uint64(multiplier) + np.uint64(increment)) & np.uint64(mask)
        multiplier, increment = (multiplier * multiplier) & mask, (increment * multiplier + increment) & mask
        done += step
    return (states >> np.uint64(24)).astype(np.uint8).reshape(height, width, channels)


def crc(image):
    return f"{zlib.crc32(image.tobytes()):08x}"


def resized(image, width, height, kind):
    """Columns first and rows then, as Pillow always did until it began to choose by the cost."""
    return image.resize((width, image.height), kind).resize((width, height), kind)


def picture(mode, width, height):
    if mode == "P":
        image = Image.fromarray(noise(width, height, 1, SEED)[:, :, 0], "P")
        image.putpalette(noise(256, 1, 3, SEED + 1).tobytes())
        return image
    channels = {"RGB": 3, "RGBA": 4, "CMYK": 4}[mode]
    return Image.fromarray(noise(width, height, channels, SEED), mode)


def resizes():
    for width, height, to_width, to_height in SIZES:
        for name, kind in FILTERS.items():
            out = resized(picture("RGB", width, height), to_width, to_height, kind)
            yield f"{width}\t{height}\t{to_width}\t{to_height}\t{name}\t{crc(out)}"


def fits():
    for width, height in FITTED:
        for mode in ("RGB", "RGBA", "P", "CMYK"):
            out = picture(mode, width, height)
            out.thumbnail((1000, 1000), Image.BICUBIC, reducing_gap=2.0)
            yield f"{mode}\t{width}\t{height}\t{out.width}\t{out.height}\t{crc(out.convert('RGB'))}"


def crops():
    """The shorter side to what the model wants, the longer one rounded down, and the middle."""
    for width, height in [(640, 480), (333, 517), (150, 151), (1000, 563), (224, 224), (301, 4000)]:
        for shorter, crop in [(224, 224), (256, 224)]:
            long = int(shorter * max(width, height) / min(width, height))
            to = (shorter, long) if width <= height else (long, shorter)
            out = resized(picture("RGB", width, height), *to, Image.BICUBIC)
            left, top = (to[0] - crop) // 2, (to[1] - crop) // 2
            yield f"{width}\t{height}\t{shorter}\t{crop}\t{crc(out.crop((left, top, left + crop, top + crop)))}"


def smooth(width=67, height=45):
    """Something like a photograph: slopes, a disc and a little noise."""
    y, x = np.mgrid[0:height, 0:width]
    disc = ((x - 30) ** 2 + (y - 20) ** 2 < 150) * 70
    layers = [x * 3, y * 4, (x + y) * 2]
    shape = np.stack([np.clip(layer + disc, 0, 255) for layer in layers], 2)
    return np.clip(shape + noise(width, height, 3, SEED).astype(int) // 32, 0, 255).astype(np.uint8)


def scene(width, height):
    """Slopes in all directions, edges and flat parts, so that blocks are predicted in every way there is."""
    y, x = np.mgrid[0:height, 0:width]
    layers = [x * 2 + y, y * 3 - x, (x * y) // 16]
    shape = np.stack(layers, 2) % 256
    for angle in range(12):
        along = x * np.cos(angle) + y * np.sin(angle)
        shape[(along.astype(int) // 9) % 6 == angle % 6] += 20 * (angle % 3) - 20
    shape[height // 3 : height // 2, width // 4 : width // 2] = (200, 30, 90)
    grain = noise(width, height, 3, SEED).astype(int) // 24
    return Image.fromarray(np.clip(shape + grain, 0, 255).astype(np.uint8), "RGB")


def photo(width, height):
    """Soft shapes in many colours, and grain."""
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.sin(x / a + y / b) + np.cos(x / b - y / a) for a, b in ((61, 97), (39, 141), (103, 43))]
    shape = 128 + 35 * np.stack(waves, 2)
    shape[(x - 400) ** 2 + (y - 300) ** 2 < 180**2] += (-40, 25, 30)
    return np.clip(shape + noise(width, height, 3, SEED).astype(int) // 32 - 4, 0, 255).astype(np.uint8)


def veiled(image):
    """Opacity that slopes, for the filters that guess it."""
    y, x = np.mgrid[0 : image.height, 0 : image.width]
    out = image.convert("RGBA")
    out.putalpha(Image.fromarray(((x * 3 + y * 2) % 256).astype(np.uint8), "L"))
    return out


def drafts():
    """JPEG files, and squares that they are made to fit after the decoder has left out detail."""
    # Without edges so hard that samples leave their range: those are cut before they are averaged, or after.
    rgb = Image.fromarray(photo(903, 667), "RGB")
    sources = {
        "draft-420.jpg": rgb.convert("RGB"),
        "draft-422.jpg": rgb.convert("RGB"),
        "draft-444.jpg": rgb.convert("RGB"),
        "draft-grey.jpg": rgb.convert("L"),
        "draft-cmyk.jpg": rgb.convert("CMYK"),
    }
    for name, image in sources.items():
        out = io.BytesIO()
        sampling = {"draft-420.jpg": 2, "draft-422.jpg": 1, "draft-444.jpg": 0}.get(name, -1)
        image.save(out, "JPEG", quality=80, subsampling=sampling)
        yield name, out.getvalue()


def fitted(data, side):
    """`thumbnail` as of Pillow 9, which asks its decoder for a picture of the proportions that come out."""
    image = Image.open(io.BytesIO(data))
    width, height = image.size
    aspect = width / height
    to = (side, max(min(int(side / aspect), int(side / aspect) + 1, key=lambda n: abs(aspect - side / n)), 1))
    _, box = image.draft(None, (to[0] * 2.0, to[1] * 2.0))
    return image.resize(to, Image.BICUBIC, box=box, reducing_gap=2.0).convert("RGB")


def prepared(image, shorter):
    """What a network sees: the shorter side made so long, and the square in the middle."""
    width = int(shorter * image.width / image.height)
    left = (width - shorter) // 2
    return resized(image, width, shorter, Image.BICUBIC).crop((left, 0, left + shorter, shorter))


def files():
    rgb = Image.fromarray(smooth(), "RGB")
    grey = rgb.convert("L")
    alpha = rgb.convert("RGBA")
    alpha.putalpha(Image.fromarray(noise(67, 45, 1, SEED)[:, :, 0], "L"))
    palette = rgb.quantize(50)
    cmyk = rgb.convert("CMYK")
    deep = Image.fromarray((np.asarray(grey).astype(np.uint16) << 8) + 77)

    def save(image, kind, **options):
        out = io.BytesIO()
        image.save(out, kind, **options)
        return out.getvalue()

    yield "plain.jpg", save(rgb, "JPEG", quality=90)
    yield "sharp.jpg", save(rgb, "JPEG", quality=90, subsampling=0)
    yield "half.jpg", save(rgb, "JPEG", quality=90, subsampling=1)
    yield "progressive.jpg", save(rgb, "JPEG", quality=80, progressive=True)
    yield "restart.jpg", save(rgb, "JPEG", quality=80, restart_marker_blocks=2)
    yield "grey.jpg", save(grey, "JPEG", quality=90)
    yield "cmyk.jpg", save(cmyk, "JPEG", quality=90)
    yield "profile.jpg", save(rgb, "JPEG", quality=90, icc_profile=bytes(noise(3000, 1, 1, 1).tobytes()))
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        yield f"turned{orientation}.jpg", save(rgb, "JPEG", quality=90, exif=exif)
    exif = Image.Exif()
    exif[0x0112] = 6
    yield "turned6.png", save(rgb, "PNG", exif=exif)
    yield "turned6.webp", save(rgb, "WEBP", lossless=True, exif=exif)
    yield "plain.png", save(rgb, "PNG")
    yield "alpha.png", save(alpha, "PNG")
    yield "grey.png", save(grey, "PNG")
    yield "grey-alpha.png", save(alpha.convert("LA"), "PNG")
    yield "palette.png", save(palette, "PNG")
    yield "palette-transparent.png", save(palette, "PNG", transparency=3)
    yield "four-colours.png", save(rgb.quantize(4), "PNG", bits=2)
    yield "bits.png", save(grey.convert("1"), "PNG")
    yield "deep-grey.png", save(deep, "PNG")
    yield "dim-grey.png", save(Image.fromarray(np.asarray(grey).astype(np.uint16) * 2), "PNG")
    yield "deep.png", deep_png(smooth(), 2)
    yield "deep-alpha.png", deep_png(np.asarray(alpha), 6)
    yield "interlaced.png", interlaced_png(smooth())
    yield "two-bit-grey.png", packed_png(np.asarray(grey) >> 6, 2)
    yield "four-bit-grey.png", packed_png(np.asarray(grey) >> 4, 4)
    yield "plain.gif", save(palette, "GIF")
    yield "interlaced.gif", save(palette, "GIF", interlace=True)
    yield "animated.gif", save(palette, "GIF", save_all=True, append_images=[palette.rotate(90)], duration=50)
    yield "transparent.gif", save(palette, "GIF", transparency=3)
    yield "grey.gif", save(grey, "GIF")
    yield "plain.bmp", save(rgb, "BMP")
    yield "grey.bmp", save(grey, "BMP")
    yield "palette.bmp", save(palette, "BMP")
    yield "alpha.bmp", save(alpha, "BMP")
    yield "bits.bmp", save(grey.convert("1"), "BMP")
    yield "lossless.webp", save(rgb, "WEBP", lossless=True)
    yield "lossless-alpha.webp", save(alpha, "WEBP", lossless=True, exact=True)
    yield "plain.webp", save(rgb, "WEBP", quality=90)
    yield "alpha.webp", save(alpha, "WEBP", quality=90)
    yield "rough.webp", encoded(rgb, quality=3, filter_strength=100)
    yield "simple.webp", encoded(rgb, quality=30, filter_type=0, filter_strength=80, autofilter=0)
    yield "parts.webp", encoded(scene(203, 149), quality=50, partitions=3, segments=4, filter_sharpness=7, method=6)
    yield "even.webp", encoded(scene(208, 144), quality=20, filter_sharpness=3, segments=1, sns_strength=0)
    yield "unfiltered.webp", encoded(scene(97, 131), quality=60, filter_strength=0)
    yield "tiny.webp", encoded(scene(1, 1), quality=80)
    yield "narrow.webp", encoded(scene(2, 35), quality=80)
    for filtering in (0, 1, 2):
        yield f"opacity{filtering}.webp", encoded(alpha, quality=70, alpha_filtering=filtering, alpha_compression=1)
    yield "opacity-plain.webp", encoded(alpha, quality=70, alpha_compression=0)
    yield "opacity-smooth.webp", encoded(veiled(rgb), quality=70, alpha_filtering=2)
    yield "animated.webp", save(
        rgb, "WEBP", lossless=True, save_all=True, append_images=[rgb.rotate(90)], duration=50
    )


def chunk(kind, data):
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def png(width, height, bits, colour, interlace, raw):
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([bits, colour, 0, 0, interlace])
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b"")
    )


def deep_png(samples, colour):
    """Sixteen bits a sample, which Pillow reads and does not write."""
    wide = (samples.astype(">u2") << 8 | 0x5A).astype(">u2")
    height, width, _ = samples.shape
    return png(width, height, 16, colour, 0, b"".join(b"\0" + row.tobytes() for row in wide))


def packed_png(samples, bits):
    height, width = samples.shape
    rows = []
    for row in samples:
        line = "".join(format(int(v), f"0{bits}b") for v in row)
        line += "0" * (-len(line) % 8)
        rows.append(b"\0" + int(line, 2).to_bytes(len(line) // 8, "big"))
    return png(width, height, bits, 0, 0, b"".join(rows))


def interlaced_png(samples):
    """Adam7's seven passes."""
    raw = b""
    for x, y, dx, dy in [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]:
        part = samples[y::dy, x::dx]
        raw += b"".join(b"\0" + row.tobytes() for row in part)
    height, width, _ = samples.shape
    return png(width, height, 8, 2, 1, raw)


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in [("resize.tsv", resizes()), ("fit.tsv", fits()), ("crop.tsv", crops())]:
        (folder / name).write_text(f"# Pillow {__version__}, seed {SEED}\n" + "\n".join(lines) + "\n")
    for name, data in files():
        (folder / name).write_bytes(data)
        image = Image.open(io.BytesIO(data))
        if name.startswith("turned"):
            turned = ImageOps.exif_transpose(image).convert("RGB")
            (folder / (name + ".turned.rgb.z")).write_bytes(zlib.compress(turned.tobytes(), 9))
        if name.startswith("opacity"):
            (folder / (name + ".rgba.z")).write_bytes(zlib.compress(image.convert("RGBA").tobytes(), 9))
        (folder / (name + ".rgb.z")).write_bytes(zlib.compress(image.convert("RGB").tobytes(), 9))
    for name, data in drafts():
        (folder / name).write_bytes(data)
        for side in (200, 100, 50, 20):
            out = prepared(fitted(data, side), side * 224 // 1000)
            (folder / f"{name}.{side}.rgb.z").write_bytes(zlib.compress(out.tobytes(), 9))
    print(f"{len(list(folder.iterdir()))} files, {sum(f.stat().st_size for f in folder.iterdir())} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
