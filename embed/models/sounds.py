"""Makes what the tests of sounds and faces compare with, in numpy and nothing else.

    python sounds.py ../src/test/resources/dev/kith/embed
"""

import sys
from pathlib import Path

import numpy as np

from golden import noise

SEED = 20261130


def resampled(samples, old, new):
    """All zeros put in, the whole convolution, and every so many of its results."""
    common = np.gcd(old, new)
    up, down = new // common, old // common
    half = 10 * max(up, down)
    at = np.arange(-half, half + 1)
    filter = np.sinc(at / max(up, down)) * np.kaiser(2 * half + 1, 5.0)
    filter *= up / filter.sum()
    spread = np.zeros(len(samples) * up)
    spread[::up] = samples
    return np.convolve(spread, filter)[half:half + len(samples) * up:down]


def mel(hertz):
    return np.where(hertz < 1000, 3 * hertz / 200, 15 + np.log(np.maximum(hertz, 1) / 1000) * 27 / np.log(6.4))


def hertz(mels):
    return np.where(mels < 15, 200 * mels / 3, 1000 * np.exp(np.log(6.4) / 27 * (mels - 15)))


def spectrogram(sound, rate=48000, window=1024, hop=480, bands=64, low=50, high=14000):
    padded = np.pad(sound.astype(np.float64), window // 2, mode="reflect")
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    frames = np.stack([padded[at:at + window] * hann for at in range(0, len(padded) - window + 1, hop)])
    powers = np.abs(np.fft.rfft(frames)) ** 2
    corners = hertz(np.linspace(mel(np.float64(low)), mel(np.float64(high)), bands + 2))
    bins = np.linspace(0, rate / 2, window // 2 + 1)
    slopes = corners[:, None] - bins[None]
    width = np.diff(corners)
    rising = -slopes[:-2] / width[:-1, None]
    falling = slopes[2:] / width[1:, None]
    filters = np.maximum(0, np.minimum(rising, falling)) * (2 / (corners[2:] - corners[:-2]))[:, None]
    return 10 * np.log10(np.maximum(1e-10, powers @ filters.T))


def tone(count, rate):
    """A chord that fades, and a little noise."""
    at = np.arange(count) / rate
    hiss = noise(count, 1, 1, SEED)[0, :, 0] / 255 - 0.5
    return np.exp(-at) * (0.4 * np.sin(2 * np.pi * 440 * at) + 0.2 * np.sin(2 * np.pi * 3300 * at)) + 0.02 * hiss


def similarity(points, wanted):
    """Umeyama 1991, with the decomposition."""
    source, target = points.reshape(5, 2), wanted.reshape(5, 2)
    a, b = source - source.mean(0), target - target.mean(0)
    u, s, v = np.linalg.svd(b.T @ a / 5)
    sign = np.array([1, np.sign(np.linalg.det(u @ v))])
    turn = u @ np.diag(sign) @ v
    scale = (s * sign).sum() / (a ** 2).sum() * 5
    return scale * turn, target.mean(0) - scale * turn @ source.mean(0)


UPRIGHT = np.array([38.2946, 51.6963, 73.5318, 51.5014, 56.0252, 71.7366, 41.5493, 92.3655, 70.7299, 92.2041])


def main(folder):
    sounds, faces = folder / "audio", folder / "face"
    sounds.mkdir(exist_ok=True)
    faces.mkdir(exist_ok=True)
    for old, count in [(44100, 3000), (16000, 1500), (96000, 5000), (11025, 777)]:
        resampled(tone(count, old).astype(np.float32), old, 48000).astype("<f4").tofile(sounds / f"rate-{old}.f32")
    seconds = 48000
    spectrogram(tone(seconds, 48000).astype(np.float32)).astype("<f4").tofile(sounds / "spectrogram.f32")
    lines = []
    for turn in range(8):
        angle = turn * 0.7 - 2
        rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        jitter = noise(10, 1, 1, SEED + turn)[0, :, 0].reshape(5, 2) / 64
        points = (UPRIGHT.reshape(5, 2) @ rotation.T) * (0.5 + turn / 3) + [100 + turn * 9, 80] + jitter
        matrix, move = similarity(points.astype(np.float32).astype(np.float64).ravel(), UPRIGHT)
        numbers = [*points.astype(np.float32).ravel(), matrix[0, 0], matrix[1, 0], *move]
        lines.append("\t".join(repr(float(number)) for number in numbers))
    (faces / "similarity.tsv").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
