package dev.kith.doors.faissx;

import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.IndexSpec.Kind;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Rejection;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Reads type strings: FAISSx's own, FAISS's factory forms of the same structures, and faiss-proxy's class names. Case
 * matters. What is not understood is refused with the position of the first character that does not fit.
 */
final class IndexTypes {
    /** Characters of a type string; the longest sensible one has some 60. */
    static final int TEXT_CHARS_MAX = 300;
    /** Links per node: FAISS's own examples end at 64, and recall has stopped growing long before this. */
    private static final int HNSW_M_MAX = 512;
    /** Lists of an inverted file: a million serves a billion vectors. */
    private static final int LISTS_MAX = 1_000_000;
    /** Bits of one sub-quantiser's code, as in FAISS. */
    private static final int PQ_BITS_MAX = 16;
    /** Greatest of the quantiser numbers that any client knows. */
    private static final int SQ_TYPE_MAX = 16;
    /** Bits of a binary hash. */
    private static final int HASH_BITS_MAX = 64;

    private static final int HNSW_M = 32;
    private static final int EF_CONSTRUCTION = 40;
    /** FAISS's default. */
    static final int EF_SEARCH = 16;

    private static final int LISTS = 100;
    private static final int PQ_M = 8;
    private static final int PQ_BITS = 8;
    private static final int HASH_BITS = 8;

    private static final Map<String, IndexSpec> FLAT = Map.of(
            "L2", IndexSpec.flat(Metric.L2),
            "Flat", IndexSpec.flat(Metric.L2),
            "FLAT", IndexSpec.flat(Metric.L2),
            "IndexFlatL2", IndexSpec.flat(Metric.L2),
            "IP", IndexSpec.flat(Metric.INNER_PRODUCT),
            "IndexFlatIP", IndexSpec.flat(Metric.INNER_PRODUCT),
            "BINARY", IndexSpec.flat(Metric.HAMMING),
            "BINARY_FLAT", IndexSpec.flat(Metric.HAMMING));

    private static final Set<String> SEPARATORS = Set.of(":", ",");

    private final String text;
    private final int dimension;
    private int position;

    private IndexTypes(String text, int dimension, int position) {
        this.text = text;
        this.dimension = dimension;
        this.position = position;
    }

    /**
     * The type that a string names. For an IDMap only the outer form is read: what it wraps may be an index's id, so
     * {@link #parsePlain} reads that, if it is not.
     */
    static IndexType parse(String text, int dimension) {
        if (text.length() > TEXT_CHARS_MAX) {
            throw Rejection.invalid("Unsupported index type: longer than %d characters".formatted(TEXT_CHARS_MAX));
        }
        for (int kind = 2; kind >= 1; kind--) {
            String word = kind == 2 ? "IDMap2" : "IDMap";
            if (text.startsWith(word)
                    && text.length() > word.length()
                    && SEPARATORS.contains(text.substring(word.length(), word.length() + 1))) {
                return new IndexType(text, IndexSpec.flat(Metric.L2), kind, text.substring(word.length() + 1));
            }
        }
        return parsePlain(text, dimension);
    }

    /** The type that a string without an IDMap names. */
    static IndexType parsePlain(String text, int dimension) {
        return new IndexType(text, new IndexTypes(text, dimension, 0).whole());
    }

    private Rejection unsupported() {
        return Rejection.invalid("Unsupported index type: %s (from position %d on)".formatted(text, position));
    }

    private IndexSpec whole() {
        StringBuilder transform = new StringBuilder();
        int width = dimension;
        while (looksLikeTransform()) {
            int start = position;
            width = transformWidth(width);
            transform.append(transform.isEmpty() ? "" : ",").append(text, start, position);
            // The project's own test list writes a plus sign here.
            if (!take(",") && !take("+")) {
                throw unsupported();
            }
        }
        IndexSpec plain = plain(width);
        return new IndexSpec(plain.kind(), plain.metric(), transform.toString(), plain.parameters());
    }

    private boolean looksLikeTransform() {
        return text.startsWith("PCA", position)
                || text.startsWith("OPQ", position)
                || text.startsWith("NORM", position)
                || text.startsWith("L2norm", position);
    }

    /** Reads one transform; returns the width of what it puts out. */
    private int transformWidth(int input) {
        if (take("NORM") || take("L2norm")) {
            return input;
        }
        if (take("PCA")) {
            return number(1, input);
        }
        take("OPQ");
        int parts = number(1, input);
        int output = take("_") ? number(1, input) : input;
        if (output % parts != 0) {
            throw Rejection.invalid("Unsupported index type: %s: %d components do not split into %d parts"
                    .formatted(text, output, parts));
        }
        return output;
    }

    private IndexSpec plain(int width) {
        IndexSpec flat = FLAT.get(text.substring(position));
        if (flat != null) {
            if (position > 0 && flat.metric() == Metric.HAMMING) {
                throw unsupported();
            }
            return flat;
        }
        if (position == 0 && take("BINARY_")) {
            return binary();
        }
        SortedMap<String, Long> parameters = new TreeMap<>();
        Kind kind;
        if (take("HNSW")) {
            kind = Kind.HNSW;
            put(parameters, "m", numberOr(HNSW_M, 1, HNSW_M_MAX));
            put(parameters, "ef_construction", EF_CONSTRUCTION);
            put(parameters, "ef_search", EF_SEARCH);
            take(",Flat");
        } else if (take("IVF")) {
            kind = inverted(parameters, width);
        } else if (take("PQ")) {
            kind = Kind.PQ;
            quantiser(parameters, width, PQ_M);
        } else if (take("SQ")) {
            kind = Kind.SQ;
            put(parameters, "sq_type", number(0, SQ_TYPE_MAX));
        } else {
            throw unsupported();
        }
        Metric metric = take("_IP") ? Metric.INNER_PRODUCT : Metric.L2;
        if (position < text.length()) {
            throw unsupported();
        }
        return new IndexSpec(kind, metric, "", parameters);
    }

    private Kind inverted(SortedMap<String, Long> parameters, int width) {
        put(parameters, "nlist", numberOr(LISTS, 1, LISTS_MAX));
        put(parameters, "nprobe", 1);
        if (take(",PQ")) {
            quantiser(parameters, width, 0);
            return Kind.IVF_PQ;
        }
        if (take("_SQ")) {
            put(parameters, "sq_type", number(0, SQ_TYPE_MAX));
            return Kind.IVF_SQ;
        }
        take(",Flat");
        return Kind.IVF_FLAT;
    }

    /** Reads {@code <M>[x<bits>]}; M may be left out where there is a default. */
    private void quantiser(SortedMap<String, Long> parameters, int width, int defaultParts) {
        int parts = defaultParts > 0 ? numberOr(defaultParts, 1, width) : number(1, width);
        int bits = take("x") ? number(1, PQ_BITS_MAX) : PQ_BITS;
        if (width % parts != 0) {
            throw Rejection.invalid(
                    "Unsupported index type: %s: dimension %d is not a multiple of M=%d".formatted(text, width, parts));
        }
        put(parameters, "pq_m", parts);
        put(parameters, "pq_bits", bits);
    }

    private IndexSpec binary() {
        SortedMap<String, Long> parameters = new TreeMap<>();
        Kind kind;
        if (take("IVF")) {
            kind = Kind.BINARY_IVF;
            put(parameters, "nlist", numberOr(LISTS, 1, LISTS_MAX));
            put(parameters, "nprobe", 1);
        } else if (take("HASH")) {
            kind = Kind.BINARY_HASH;
            put(parameters, "hash_bits", numberOr(HASH_BITS, 1, HASH_BITS_MAX));
        } else {
            throw unsupported();
        }
        if (position < text.length()) {
            throw unsupported();
        }
        return new IndexSpec(kind, Metric.HAMMING, "", parameters);
    }

    private static void put(SortedMap<String, Long> parameters, String name, long value) {
        parameters.put(name, value);
    }

    private boolean take(String word) {
        if (!text.startsWith(word, position)) {
            return false;
        }
        position += word.length();
        return true;
    }

    private boolean atDigit() {
        return position < text.length() && text.charAt(position) >= '0' && text.charAt(position) <= '9';
    }

    private int numberOr(int otherwise, int min, int max) {
        return atDigit() ? number(min, max) : otherwise;
    }

    private int number(int min, int max) {
        int start = position;
        long value = 0;
        while (atDigit() && value <= max) {
            value = value * 10 + (text.charAt(position) - '0');
            position++;
        }
        if (position == start) {
            throw unsupported();
        }
        if (value < min || value > max) {
            throw Rejection.invalid("Unsupported index type: %s: the number at position %d is not in %d to %d"
                    .formatted(text, start, min, max));
        }
        return (int) value;
    }
}
