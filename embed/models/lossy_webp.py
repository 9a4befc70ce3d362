"""WebP files of kinds that Pillow does not write, by the libwebp that Pillow's wheel brings along.

The structures are those of libwebp's `encode.h`, of which only what is set here matters.
"""

import ctypes
from pathlib import Path

import PIL

ABI = 0x0210
CONFIG = [
    "lossless", "quality", "method", "image_hint", "target_size", "target_psnr", "segments", "sns_strength",
    "filter_strength", "filter_sharpness", "filter_type", "autofilter", "alpha_compression", "alpha_filtering",
    "alpha_quality", "pass_", "show_compressed", "preprocessing", "partitions", "partition_limit", "emulate_jpeg_size",
    "thread_level", "low_memory", "near_lossless", "exact", "use_delta_palette", "use_sharp_yuv", "qmin", "qmax",
]


class Config(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_float if name in ("quality", "target_psnr") else ctypes.c_int) for name in CONFIG
    ]


class Picture(ctypes.Structure):
    _fields_ = [
        ("use_argb", ctypes.c_int), ("colorspace", ctypes.c_int), ("width", ctypes.c_int), ("height", ctypes.c_int),
        ("planes", ctypes.c_void_p * 3), ("strides", ctypes.c_int * 2), ("a", ctypes.c_void_p),
        ("a_stride", ctypes.c_int), ("pad1", ctypes.c_uint32 * 2), ("argb", ctypes.c_void_p),
        ("argb_stride", ctypes.c_int), ("pad2", ctypes.c_uint32 * 3), ("writer", ctypes.c_void_p),
        ("custom", ctypes.c_void_p), ("rest", ctypes.c_byte * 256),
    ]


class Writer(ctypes.Structure):
    _fields_ = [
        ("memory", ctypes.POINTER(ctypes.c_ubyte)), ("size", ctypes.c_size_t), ("most", ctypes.c_size_t),
        ("pad", ctypes.c_uint32),
    ]


def library():
    folder = Path(PIL.__file__).resolve().parent.parent / "pillow.libs"
    ctypes.CDLL(str(next(folder.glob("libsharpyuv*"))), ctypes.RTLD_GLOBAL)
    return ctypes.CDLL(str(next(folder.glob("libwebp-*"))))


def encoded(image, **options):
    """The file of an image, by libwebp's own options."""
    webp = library()
    config, picture, writer = Config(), Picture(), Writer()
    quality = options.pop("quality", 75)
    assert webp.WebPConfigInitInternal(ctypes.byref(config), 0, ctypes.c_float(quality), ABI)
    for name, value in options.items():
        setattr(config, name, value)
    assert webp.WebPPictureInitInternal(ctypes.byref(picture), ABI)
    picture.width, picture.height = image.size
    channels = len(image.getbands())
    reader = webp.WebPPictureImportRGBA if channels == 4 else webp.WebPPictureImportRGB
    assert reader(ctypes.byref(picture), image.tobytes(), image.width * channels)
    webp.WebPMemoryWriterInit(ctypes.byref(writer))
    picture.writer = ctypes.cast(webp.WebPMemoryWrite, ctypes.c_void_p).value
    picture.custom = ctypes.addressof(writer)
    assert webp.WebPEncode(ctypes.byref(config), ctypes.byref(picture))
    return bytes(writer.memory[: writer.size])
