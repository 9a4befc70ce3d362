package dev.kith.engine.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.engine.rows.RowLayout;
import dev.kith.testkit.Seeded;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.ElementType;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.KeyPolicy;
import dev.kith.vectors.Limits;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Value;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is written is read; what was cut or changed is refused in the one way that counts as damage. */
class CodecTest {
    /** What a decoder may allocate on false bytes, as a multiple of their number, and at least. */
    private static final long ALLOCATION_FACTOR = 64;

    private static final long ALLOCATION_MIN = 64 << 10;

    private record Points(long[] ids, List<byte[]> keys, byte @Nullable [][] payloads, byte[] vectors, int width)
            implements PutSource {
        @Override
        public int count() {
            return ids.length;
        }

        @Override
        public long id(int i) {
            return ids[i];
        }

        @Override
        public byte @Nullable [] key(int i) {
            return keys.isEmpty() ? null : keys.get(i);
        }

        @Override
        public byte @Nullable [] payload(int i) {
            return payloads.length == 0 ? null : payloads[i];
        }

        @Override
        public void vectors(int from, int count, ByteBuffer into) {
            into.put(vectors, from * width, count * width);
        }
    }

    private static Points points(Random random, RowLayout layout) {
        int count = 1 + random.nextInt(20);
        long first = random.nextLong(Limits.ID_MAX - count);
        boolean run = random.nextBoolean();
        long[] ids = new long[count];
        List<byte[]> keys = new ArrayList<>();
        byte @Nullable [][] payloads = new byte[random.nextBoolean() ? count : 0][];
        boolean keyed = random.nextBoolean();
        for (int i = 0; i < count; i++) {
            ids[i] = run ? first + i : random.nextLong(Limits.ID_MAX);
            if (keyed) {
                keys.add(bytes(random, 1 + random.nextInt(30)));
            }
            if (payloads.length > 0 && random.nextInt(3) > 0) {
                payloads[i] = bytes(random, random.nextInt(50));
            }
        }
        return new Points(ids, keys, payloads, bytes(random, count * layout.vectorBytes()), layout.vectorBytes());
    }

    private static byte[] bytes(Random random, int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    private static ByteBuffer buffer(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static RowLayout layout(Random random) {
        return new RowLayout(random.nextBoolean() ? ElementType.FLOAT32 : ElementType.BIT, 1 + random.nextInt(40));
    }

    private static byte[] encoded(Points points, RowLayout layout) {
        ByteBuffer body = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
        PutCodec.encode(points, new PutCodec.Span(0, points.count()), layout, body);
        assertThat((long) body.position()).isLessThanOrEqualTo(PutCodec.bytesAtMost(points, layout, 1));
        return Arrays.copyOf(body.array(), body.position());
    }

    /** Every truncation must be refused, every change refused or read; nothing else may happen. */
    private static void requireGuarded(Random random, byte[] good, Consumer<byte[]> decode, String doing) {
        for (int length = 0; length < good.length; length++) {
            byte[] cut = Arrays.copyOf(good, length);
            assertThatThrownBy(() -> decode.accept(cut))
                    .as("%s, cut at %d", doing, length)
                    .isInstanceOf(MalformedException.class);
        }
        for (int i = 0; i < 200; i++) {
            byte[] changed = good.clone();
            for (int j = 0; j < 1 + random.nextInt(3); j++) {
                int at = random.nextInt(changed.length);
                changed[at] = random.nextBoolean() ? (byte) -1 : (byte) random.nextInt();
            }
            long before = allocated();
            try {
                decode.accept(changed);
            } catch (MalformedException expected) {
                // Refused.
            }
            assertThat(allocated() - before).as(doing).isLessThan(ALLOCATION_MIN + ALLOCATION_FACTOR * changed.length);
        }
    }

    private static long allocated() {
        return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }

    @Test
    void put_randomPoints_areReadAsWritten() {
        for (long seed = 0; seed < 60; seed++) {
            Random random = new Seeded(seed).random();
            RowLayout layout = layout(random);
            Points points = points(random, layout);
            byte[] good = encoded(points, layout);
            PutCodec.Part part = PutCodec.decode(buffer(good), layout);
            assertThat(part.ids()).as("seed %d", seed).containsExactly(points.ids());
            for (int i = 0; i < points.count(); i++) {
                assertThat(part.key(i)).isEqualTo(points.key(i));
                assertThat(part.payload(i)).isEqualTo(points.payload(i));
            }
            assertThat(part.vectors().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(points.vectors());
            requireGuarded(random, good, bytes -> PutCodec.decode(buffer(bytes), layout), "seed " + seed);
        }
    }

    @Test
    void put_ofAnotherShape_isRefused() {
        Random random = new Seeded(1).random();
        RowLayout layout = new RowLayout(ElementType.FLOAT32, 4);
        byte[] good = encoded(points(random, layout), layout);
        for (RowLayout other : List.of(new RowLayout(ElementType.FLOAT32, 5), new RowLayout(ElementType.BIT, 128))) {
            assertThatThrownBy(() -> PutCodec.decode(buffer(good), other)).isInstanceOf(MalformedException.class);
        }
    }

    @Test
    void cuts_ofManyPoints_fitTheirBodiesAndCoverAll() {
        for (long seed = 0; seed < 50; seed++) {
            Random random = new Seeded(seed).random();
            RowLayout layout = layout(random);
            Points points = points(random, layout);
            int bodyMax = 512;
            int[] cuts = PutCodec.cuts(points, layout, bodyMax);
            assertThat(cuts[0]).isZero();
            assertThat(cuts[cuts.length - 1]).isEqualTo(points.count());
            long total = 0;
            List<Long> ids = new ArrayList<>();
            for (int part = 0; part + 1 < cuts.length; part++) {
                ByteBuffer body = ByteBuffer.allocate(bodyMax).order(ByteOrder.LITTLE_ENDIAN);
                PutCodec.encode(points, new PutCodec.Span(cuts[part], cuts[part + 1]), layout, body);
                total += body.position();
                for (long id : PutCodec.decode(body.flip(), layout).ids()) {
                    ids.add(id);
                }
            }
            assertThat(ids).containsExactly(Arrays.stream(points.ids()).boxed().toArray(Long[]::new));
            assertThat(total).isLessThanOrEqualTo(PutCodec.bytesAtMost(points, layout, cuts.length - 1));
        }
    }

    @Test
    void delete_randomIds_areReadAsWritten() {
        for (long seed = 0; seed < 30; seed++) {
            Random random = new Seeded(seed).random();
            long[] ids = random.longs(random.nextInt(30)).toArray();
            ByteBuffer body = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);
            DeleteCodec.encode(ids, 0, ids.length, body);
            byte[] good = Arrays.copyOf(body.array(), body.position());
            assertThat(DeleteCodec.decode(buffer(good))).containsExactly(ids);
            requireGuarded(random, good, bytes -> DeleteCodec.decode(buffer(bytes)), "seed " + seed);
        }
        ByteBuffer full = ByteBuffer.allocate(100).order(ByteOrder.LITTLE_ENDIAN);
        DeleteCodec.encode(new long[20], 0, DeleteCodec.idsPerPart(100), full);
        assertThat(full.remaining()).isLessThan(Long.BYTES);
    }

    private static Value value(Random random, int depth) {
        return switch (random.nextInt(depth > 4 ? 6 : 8)) {
            case 0 -> Value.NULL;
            case 1 -> new Value.Bool(random.nextBoolean());
            case 2 -> new Value.Int(random.nextLong());
            case 3 -> new Value.Real(random.nextInt(5) == 0 ? Double.NaN : random.nextGaussian());
            case 4 -> new Value.Text("text ü " + random.nextInt());
            case 5 -> new Value.Bytes(bytes(random, random.nextInt(9)));
            case 6 -> {
                List<Value> items = new ArrayList<>();
                for (int i = random.nextInt(4); i > 0; i--) {
                    items.add(value(random, depth + 1));
                }
                yield new Value.Items(items);
            }
            default -> fields(random, depth);
        };
    }

    private static Value.Fields fields(Random random, int depth) {
        Map<String, Value> fields = new LinkedHashMap<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            fields.put("f" + random.nextInt(100), value(random, depth + 1));
        }
        return new Value.Fields(fields);
    }

    @Test
    void value_random_isReadAsWritten() {
        for (long seed = 0; seed < 100; seed++) {
            Random random = new Seeded(seed).random();
            Value value = value(random, 0);
            byte[] good = ValueCodec.encode(value);
            assertThat(ValueCodec.decode(good)).as("seed %d", seed).isEqualTo(value);
            requireGuarded(random, good, ValueCodec::decode, "seed " + seed);
        }
    }

    @Test
    void value_tooDeepOrOfFalseCounts_isRefusedWithoutRoomForIt() {
        Value deep = Value.NULL;
        for (int i = 0; i < Limits.DEPTH_MAX; i++) {
            deep = new Value.Items(List.of(deep));
        }
        assertThat(ValueCodec.decode(ValueCodec.encode(deep))).isEqualTo(deep);
        Value deeper = new Value.Items(List.of(deep));
        assertThatThrownBy(() -> ValueCodec.encode(deeper)).isInstanceOf(Rejection.class);
        // Lists in lists, each of which claims as many items as there are bytes.
        ByteBuffer bomb = ByteBuffer.allocate(1 << 20);
        while (bomb.remaining() > 5) {
            bomb.put((byte) 7).putInt(bomb.remaining() - 4);
        }
        long before = allocated();
        assertThatThrownBy(() -> ValueCodec.decode(bomb.array())).isInstanceOf(MalformedException.class);
        assertThat(allocated() - before).isLessThan(8 << 20);
    }

    @Test
    void spec_random_isReadAsWritten() {
        for (long seed = 0; seed < 50; seed++) {
            Random random = new Seeded(seed).random();
            Metric metric = Metric.values()[random.nextInt(Metric.values().length)];
            TreeMap<String, Long> parameters = new TreeMap<>();
            for (int i = random.nextInt(4); i > 0; i--) {
                parameters.put("p" + i, random.nextLong());
            }
            IndexSpec.Kind kind = IndexSpec.Kind.values()[random.nextInt(IndexSpec.Kind.values().length)];
            CollectionSpec spec = CollectionSpec.of(
                            metric.element(),
                            1 + random.nextInt(Limits.DIMENSION_MAX),
                            KeyPolicy.values()[random.nextInt(3)],
                            new IndexSpec(kind, metric, random.nextBoolean() ? "" : "PCA64,NORM", parameters))
                    .withAttributes(fields(random, 0));
            CollectionName name = new CollectionName("t", "n/ä", "a/b." + random.nextInt());
            Value.Fields both =
                    new Value.Fields(Map.of("spec", SpecCodec.encodeSpec(spec), "name", SpecCodec.encodeName(name)));
            byte[] good = ValueCodec.encode(both);
            Consumer<byte[]> decode = bytes -> {
                Value.Fields read = ValueCodec.decodeFields(bytes);
                CollectionSpec unusedSpec = SpecCodec.decodeSpec(SpecCodec.object(read, "spec"));
                CollectionName unusedName = SpecCodec.decodeName(SpecCodec.object(read, "name"));
                assertThat(unusedSpec.dimension() + unusedName.name().length()).isPositive();
            };
            Value.Fields read = ValueCodec.decodeFields(good);
            assertThat(SpecCodec.decodeSpec(SpecCodec.object(read, "spec"))).isEqualTo(spec);
            assertThat(SpecCodec.decodeName(SpecCodec.object(read, "name"))).isEqualTo(name);
            requireGuarded(random, good, decode, "seed " + seed);
        }
    }

    @Test
    void spec_withNumbersOutOfRange_isMalformed() {
        Value.Fields good = SpecCodec.encodeSpec(CollectionSpec.floats(3, Metric.L2));
        for (long dimension : new long[] {0, -1, 10_001, Integer.MAX_VALUE, 1L << 32 | 3, Long.MIN_VALUE}) {
            assertThatThrownBy(() -> SpecCodec.decodeSpec(good.with("dimension", new Value.Int(dimension))))
                    .isInstanceOf(MalformedException.class);
        }
        Value.Fields name = SpecCodec.encodeName(new CollectionName("a", "b", "c"));
        assertThatThrownBy(() -> SpecCodec.decodeName(name.with("name", new Value.Text(""))))
                .isInstanceOf(MalformedException.class);
    }
}
