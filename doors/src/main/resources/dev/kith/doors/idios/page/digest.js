// SHA-256 (FIPS 180-4) of bytes. The browser's own is missing where the page came over plain HTTP from another machine.

const WORDS = 16;
const BLOCK_BYTES = 4 * WORDS;
const LENGTH_BYTES = 8;
const ROUNDS = 64;

const { starts, factors } = constants();

/** The first 32 bits of the fractions of the square roots of eight primes, and of the cube roots of sixty-four. */
function constants() {
  const fraction = (root) => ((root - Math.floor(root)) * 2 ** 32) | 0;
  const primes = [];
  for (let number = 2; primes.length < ROUNDS; number++) {
    if (primes.every((prime) => number % prime !== 0)) primes.push(number);
  }
  return { starts: primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime))), factors: primes.map((prime) => fraction(Math.cbrt(prime))) };
}

const turned = (word, bits) => (word >>> bits) | (word << (32 - bits));

/** What is hashed at the end: the bytes that fill no block, one bit, zeros, the length in bits. */
function ending(bytes) {
  const rest = bytes.subarray(bytes.length - (bytes.length % BLOCK_BYTES));
  const blocks = Math.ceil((rest.length + 1 + LENGTH_BYTES) / BLOCK_BYTES);
  const end = new Uint8Array(blocks * BLOCK_BYTES);
  end.set(rest);
  end[rest.length] = 0x80;
  new DataView(end.buffer).setBigUint64(end.length - LENGTH_BYTES, BigInt(bytes.length) * 8n);
  return end;
}

/** Works whole blocks into the state. */
function work(state, bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const words = new Int32Array(ROUNDS);
  for (let at = 0; at + BLOCK_BYTES <= bytes.length; at += BLOCK_BYTES) {
    for (let i = 0; i < WORDS; i++) words[i] = view.getInt32(at + 4 * i);
    for (let i = WORDS; i < ROUNDS; i++) {
      const early = words[i - 15];
      const late = words[i - 2];
      words[i] = words[i - 16] + words[i - 7]
        + (turned(early, 7) ^ turned(early, 18) ^ (early >>> 3))
        + (turned(late, 17) ^ turned(late, 19) ^ (late >>> 10));
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < ROUNDS; i++) {
      const one = (h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g)) + factors[i] + words[i]) | 0;
      const two = ((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + one) | 0;
      d = c;
      c = b;
      b = a;
      a = (one + two) | 0;
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => { state[i] += word; });
  }
}

/** @returns the 32 bytes of the digest in hexadecimal */
export function sha256(bytes) {
  const state = Int32Array.from(starts);
  work(state, bytes.subarray(0, bytes.length - (bytes.length % BLOCK_BYTES)));
  work(state, ending(bytes));
  return [...state].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}
