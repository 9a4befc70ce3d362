package dev.kith.engine;

import dev.kith.testkit.Oracle;
import dev.kith.vectors.CollectionInfo;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.ElementType;
import dev.kith.vectors.FieldPath;
import dev.kith.vectors.Filter;
import dev.kith.vectors.KeyPolicy;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Points;
import dev.kith.vectors.Put;
import dev.kith.vectors.Query;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Selection;
import dev.kith.vectors.Value;
import dev.kith.vectors.VectorBlock;
import dev.kith.vectors.Vectors;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.stream.LongStream;

/**
 * What an engine should hold, in plain maps, and what it should answer. Answers of both are lines of text, so that they
 * can be compared and read. Owned by one thread.
 */
final class World {
    private final Map<CollectionName, Shelf> shelves = new HashMap<>();

    /** One point; the vector as its bytes. */
    private record Point(byte[] vector, Optional<Put.Key> key, Value.Fields payload) {}

    /** One collection. */
    private static final class Shelf {
        private CollectionSpec spec;
        private final TreeMap<Long, Point> points = new TreeMap<>();
        private long nextId;

        Shelf(CollectionSpec spec) {
            this.spec = spec;
        }

        Shelf copy() {
            Shelf copy = new Shelf(spec);
            copy.points.putAll(points);
            copy.nextId = nextId;
            return copy;
        }

        Optional<Long> idOf(Put.Key key) {
            return points.entrySet().stream()
                    .filter(entry -> entry.getValue().key().equals(Optional.of(key)))
                    .map(Map.Entry::getKey)
                    .findFirst();
        }
    }

    World copy() {
        World copy = new World();
        shelves.forEach((name, shelf) -> copy.shelves.put(name, shelf.copy()));
        return copy;
    }

    private Shelf require(CollectionName name) {
        Shelf shelf = shelves.get(name);
        if (shelf == null) {
            throw new Rejection(Rejection.Code.NOT_FOUND, "no collection");
        }
        return shelf;
    }

    String create(CollectionName name, CollectionSpec spec) {
        if (shelves.containsKey(name)) {
            throw new Rejection(Rejection.Code.ALREADY_EXISTS, "the name is taken");
        }
        shelves.put(name, new Shelf(spec));
        return "created";
    }

    String alter(CollectionName name, String parameter, long value) {
        Shelf shelf = require(name);
        shelf.spec = shelf.spec.withIndex(shelf.spec.index().with(parameter, value));
        return shelf.spec.toString();
    }

    String index(CollectionName name, SortedSet<FieldPath> fields) {
        Shelf shelf = require(name);
        shelf.spec = shelf.spec.withPayloadIndexes(fields);
        return shelf.spec.toString();
    }

    String drop(CollectionName name) {
        require(name);
        shelves.remove(name);
        return "dropped";
    }

    String put(CollectionName name, Put put) {
        Shelf shelf = require(name);
        int count = put.vectors().count();
        for (int i = 0; put.known() == Put.Known.REQUIRE && i < count; i++) {
            boolean there = put.keys().isEmpty()
                    ? shelf.points.containsKey(put.ids().orElseThrow()[i])
                    : shelf.idOf(put.keys().get(i)).isPresent();
            if (!there) {
                throw new Rejection(Rejection.Code.NOT_FOUND, "an id or a key is not there");
            }
        }
        java.util.Set<Long> ending = new java.util.HashSet<>();
        put.instead()
                .ifPresent(filter -> shelf.points.forEach((id, point) -> {
                    if (PlainFilter.accepts(filter, point.payload())) {
                        ending.add(id);
                    }
                }));
        long[] ids = new long[count];
        boolean[] existed = new boolean[count];
        for (int i = 0; i < count; i++) {
            int at = i;
            Optional<Put.Key> key = put.keys().isEmpty()
                    ? Optional.empty()
                    : Optional.of(put.keys().get(i));
            ids[i] = key.flatMap(shelf::idOf)
                    .orElseGet(() -> put.ids().map(given -> given[at]).orElse(shelf.nextId));
            existed[i] = shelf.points.containsKey(ids[i]);
            Value.Fields payload = put.payloads().isEmpty()
                    ? Value.Fields.EMPTY
                    : put.payloads().get(i);
            if (!existed[i] || put.known() != Put.Known.KEEP) {
                shelf.points.put(ids[i], new Point(bytes(put.vectors(), i), key, payload));
            }
            shelf.nextId = Math.max(shelf.nextId, ids[i] + 1);
            ending.remove(ids[i]);
        }
        ending.forEach(shelf.points::remove);
        return "%s existed %s of %d".formatted(Arrays.toString(ids), Arrays.toString(existed), shelf.points.size());
    }

    String scanByKey(CollectionName name, Optional<Put.Key> after, int limit) {
        Shelf shelf = require(name);
        if (shelf.spec.keyPolicy() != KeyPolicy.BYTES) {
            throw new Rejection(Rejection.Code.CONFLICT, "no keys");
        }
        return shelf.points.entrySet().stream()
                .sorted(java.util.Comparator.comparing(
                        entry -> entry.getValue().key().orElseThrow()))
                .filter(entry -> after.map(
                                key -> entry.getValue().key().orElseThrow().compareTo(key) > 0)
                        .orElse(true))
                .limit(limit)
                .map(entry -> line(entry.getKey(), entry.getValue()))
                .toList()
                .toString();
    }

    String delete(CollectionName name, Selection selection) {
        Shelf shelf = require(name);
        int before = shelf.points.size();
        switch (selection) {
            case Selection.Ids(long[] ids) -> LongStream.of(ids).forEach(shelf.points::remove);
            case Selection.Keys(List<Put.Key> keys) -> {
                if (shelf.spec.keyPolicy() == KeyPolicy.NONE) {
                    throw new Rejection(Rejection.Code.CONFLICT, "no keys");
                }
                keys.forEach(key -> shelf.idOf(key).ifPresent(shelf.points::remove));
            }
            case Selection.Vectors _ -> throw new IllegalArgumentException("the model has no keys that are vectors");
            case Selection.Matching(Filter filter) ->
                shelf.points.values().removeIf(point -> PlainFilter.accepts(filter, point.payload()));
        }
        return "removed " + (before - shelf.points.size());
    }

    String reset(CollectionName name) {
        Shelf shelf = require(name);
        shelf.points.clear();
        shelf.nextId = 0;
        return "reset";
    }

    /** Changes nothing that anybody sees. */
    String checkpoint(CollectionName name) {
        require(name);
        return "made";
    }

    String merge(CollectionName target, List<CollectionName> sources, boolean keepIds) {
        Shelf into = require(target);
        List<Shelf> from = sources.stream().map(this::require).toList();
        if (into.spec.keyPolicy() != KeyPolicy.NONE) {
            throw new Rejection(Rejection.Code.CONFLICT, "keyed");
        }
        for (Shelf source : from) {
            if (source.spec.element() != into.spec.element()) {
                throw new Rejection(Rejection.Code.CONFLICT, "element type");
            }
            if (source.spec.dimension() != into.spec.dimension()) {
                throw Rejection.invalid("dimension");
            }
        }
        List<Shelf> copies = from.stream().map(Shelf::copy).toList();
        List<Integer> counts = new ArrayList<>();
        for (Shelf source : copies) {
            counts.add(source.points.size());
            source.points.forEach((id, point) -> {
                long given = keepIds ? id : into.nextId;
                into.points.put(given, new Point(point.vector(), Optional.empty(), point.payload()));
                into.nextId = Math.max(into.nextId, given + 1);
            });
        }
        return "merged " + counts;
    }

    /** Answers of L2, inner product and Hamming, which are exact for vectors of small whole numbers. */
    String search(CollectionName name, Query query) {
        Shelf shelf = require(name);
        Metric metric = query.metric().orElse(shelf.spec.index().metric());
        List<String> lines = new ArrayList<>();
        for (int q = 0; q < query.vectors().count(); q++) {
            List<Oracle.Hit> all = ranked(shelf, query, metric, bytes(query.vectors(), q));
            List<Oracle.Hit> hits = switch (query.reach()) {
                case Query.Reach.Nearest(int k, int _, boolean _) -> all.subList(0, Math.min(k, all.size()));
                case Query.Reach.Within(float above) ->
                    all.stream().filter(hit -> hit.score() > above).toList();
            };
            lines.add(hits.stream()
                    .map(hit -> hit.id() + "=" + ((float) hit.score() + 0f))
                    .toList()
                    .toString());
        }
        return lines.toString();
    }

    private static List<Oracle.Hit> ranked(Shelf shelf, Query query, Metric metric, byte[] q) {
        if (metric == Metric.HAMMING) {
            Map<Long, long[]> points = new HashMap<>();
            shelf.points.forEach((id, point) -> {
                if (PlainFilter.accepts(query.filter(), point.payload())) {
                    points.put(id, words(point.vector()));
                }
            });
            return Oracle.topKBits(points, words(q), Integer.MAX_VALUE);
        }
        Map<Long, float[]> points = new HashMap<>();
        shelf.points.forEach((id, point) -> {
            if (PlainFilter.accepts(query.filter(), point.payload())) {
                points.put(id, floats(point.vector()));
            }
        });
        return Oracle.topK(points, floats(q), Oracle.Likeness.valueOf(metric.name()), Integer.MAX_VALUE);
    }

    String select(CollectionName name, Filter filter, long afterId, int limit) {
        return require(name).points.tailMap(afterId, false).entrySet().stream()
                .filter(entry -> PlainFilter.accepts(filter, entry.getValue().payload()))
                .limit(limit)
                .map(entry -> line(entry.getKey(), entry.getValue()))
                .toList()
                .toString();
    }

    String scan(CollectionName name, long start, int limit) {
        Shelf shelf = require(name);
        return shelf.points.entrySet().stream()
                .skip(start)
                .limit(limit)
                .map(entry -> line(entry.getKey(), entry.getValue()))
                .toList()
                .toString();
    }

    String get(CollectionName name, long[] ids) {
        Shelf shelf = require(name);
        List<String> lines = new ArrayList<>();
        for (long id : ids) {
            if (!shelf.points.containsKey(id)) {
                throw new Rejection(Rejection.Code.NOT_FOUND, "no id " + id);
            }
            lines.add(line(id, shelf.points.get(id)));
        }
        return lines.toString();
    }

    /** All that is there, a line a collection and a line a point. */
    List<String> everything() {
        List<String> lines = new ArrayList<>();
        shelves.entrySet().stream()
                .sorted(java.util.Comparator.comparing(entry -> entry.getKey().toString()))
                .forEach(entry -> {
                    Shelf shelf = entry.getValue();
                    lines.add(entry.getKey() + " " + shelf.spec + " " + shelf.points.size());
                    shelf.points.forEach((id, point) -> lines.add(line(id, point)));
                });
        return lines;
    }

    private static String line(long id, Point point) {
        return line(id, point.key(), point.payload(), point.vector());
    }

    private static String line(long id, Optional<Put.Key> key, Value.Fields payload, byte[] vector) {
        return id + " " + key.map(Put.Key::text).orElse("-") + " " + new TreeMap<>(payload.values()) + " "
                + HexFormat.of().formatHex(vector);
    }

    /** What {@link #everything} says, as the engine has it. */
    static List<String> everything(Vectors engine, List<String> tenants) {
        List<String> lines = new ArrayList<>();
        tenants.stream()
                .flatMap(tenant -> engine.list(tenant).stream())
                .sorted(java.util.Comparator.comparing(info -> info.name().toString()))
                .forEach(info -> {
                    lines.add(info.name() + " " + info.spec() + " " + info.points() + damage(info));
                    lines.addAll(lines(engine.scan(info.name(), 0, Integer.MAX_VALUE)));
                });
        return lines;
    }

    private static String damage(CollectionInfo info) {
        return info.damage().map(text -> " damaged: " + text).orElse("");
    }

    static List<String> lines(Points points) {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < points.ids().length; i++) {
            Optional<Put.Key> key = points.keys().isEmpty()
                    ? Optional.empty()
                    : Optional.of(points.keys().get(i));
            lines.add(line(points.ids()[i], key, points.payloads().get(i), bytes(points.vectors(), i)));
        }
        return lines;
    }

    static byte[] bytes(VectorBlock block, int i) {
        int bytes = block.element().bytesPerVector(block.dimension());
        MemorySegment all = switch (block) {
            case VectorBlock.Floats floats -> MemorySegment.ofArray(floats.values());
            case VectorBlock.Bits bits -> MemorySegment.ofArray(bits.values());
        };
        return all.asSlice((long) i * bytes, bytes).toArray(ValueLayout.JAVA_BYTE);
    }

    private static float[] floats(byte[] bytes) {
        float[] floats = new float[bytes.length / Float.BYTES];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats);
        return floats;
    }

    private static long[] words(byte[] bytes) {
        ByteBuffer padded = ByteBuffer.wrap(Arrays.copyOf(bytes, Math.ceilDiv(bytes.length, 8) * 8))
                .order(ByteOrder.LITTLE_ENDIAN);
        long[] words = new long[padded.capacity() / Long.BYTES];
        padded.asLongBuffer().get(words);
        return words;
    }

    /** Vectors of whole numbers from −3 to 3, or of bits. */
    static VectorBlock smallVectors(java.util.Random random, CollectionSpec spec, int count) {
        int dimension = spec.dimension();
        if (spec.element() == ElementType.FLOAT32) {
            float[] values = new float[count * dimension];
            for (int i = 0; i < values.length; i++) {
                values[i] = random.nextInt(7) - 3;
            }
            return new VectorBlock.Floats(values, count, dimension);
        }
        int bytes = spec.element().bytesPerVector(dimension);
        byte[] values = new byte[count * bytes];
        random.nextBytes(values);
        for (int last = bytes - 1; dimension % 8 != 0 && last < values.length; last += bytes) {
            values[last] &= (byte) ((1 << dimension % 8) - 1);
        }
        return new VectorBlock.Bits(values, count, dimension);
    }
}
